"""Answers that were sent without a session: sealed in the cookie until the person signs in again."""

import json
from collections.abc import Mapping

from flask import request, session, url_for
from flask_babel import get_locale
from werkzeug.exceptions import RequestEntityTooLarge

from creditapp.decisions import log as decision_log
from creditapp.identity.keyed import alias_of, seal, unseal
from creditapp.settings.current import current_settings
from creditapp.web import access

KEY = "draft"
LONGEST = 2500
"""A browser keeps cookies of 4096 bytes; the rest of the session needs room too."""
SECONDS = 3600
NOT_KEPT = ("csrf_token", "once", "repeat")
LANGUAGE = "typed_in"
"""The key of the language that the answers were typed in."""


def owner() -> str:
    """Whose a draft is: an alias that the form carries, and that nobody else can have."""
    return alias_of(f"draft of {access.current().label}", current_settings().secret_key)


def keep_posted() -> str:
    """Keep the answers that were posted, unless they are too long for a cookie; the page of their form."""
    try:
        sent = {name: text for name, text in request.form.items() if name not in NOT_KEPT}
    except RequestEntityTooLarge:
        return url_for("scoring.form")
    sealed = seal(json.dumps({**sent, LANGUAGE: str(get_locale())}), current_settings().secret_key)
    if len(sealed) <= LONGEST:
        session[KEY] = sealed
    corrects = sent.get("corrects", "")
    if decision_log.is_id(corrects):
        return url_for("scoring.correct", decision_id=corrects)
    return url_for("scoring.form")


def take(corrects: str = "") -> Mapping[str, str] | None:
    """The answers that were kept, once; none if they are old, another person's, or those of another form.

    `corrects` is the id of the decision that the form corrects, where it corrects one.
    """
    text = unseal(session.get(KEY, ""), current_settings().secret_key, SECONDS)
    answers: dict[str, str] = json.loads(text) if text else {}
    if text and answers.get("corrects", "") != corrects:
        return None
    forget()
    return answers if answers.pop("owner", None) == owner() else None


def forget() -> None:
    """Forget what was kept."""
    session.pop(KEY, None)
