"""The reader's language and theme: chosen with the switch, or what the browser asks for."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, has_request_context, request, url_for
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from creditapp.phrases import marked
from creditapp.web.entering import is_ours
from creditapp.web.prefix import absolute

LANGUAGES = {"en": "English", "fr": "Français"}
"""The languages of the pages and of the API, by code, each with its own name."""

DEFAULT_LANGUAGE = "en"

THEMES = {"": marked("As the system"), "light": marked("Light"), "dark": marked("Dark")}
"""The themes, each with its name; without one the browser's setting applies."""

ONE_YEAR = 365 * 24 * 3600


class Preference(NamedTuple):
    """What a reader chooses: the name of its parameter, its cookie, and the values it may have."""

    name: str
    cookie: str
    values: dict[str, str]


LANGUAGE = Preference("language", "creditapp_language", LANGUAGES)
THEME = Preference("theme", "creditapp_theme", THEMES)
PREFERENCES = (LANGUAGE, THEME)


def init_app(app: Flask) -> None:
    """Let the templates show the preferences and offer others."""
    app.jinja_env.globals.update(
        languages=LANGUAGES,
        themes=THEMES,
        chosen_theme=lambda: chosen(THEME),
        this_page=this_page,
    )


def select_language() -> str:
    """The language of the request: the chosen one on a page, else the best of `Accept-Language`."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    wanted = "" if request.path.startswith("/api/") else chosen(LANGUAGE)
    return wanted or _best_match(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=1000)
def _best_match(header: str) -> str:
    return parse_accept_header(header, LanguageAccept).best_match(LANGUAGES, DEFAULT_LANGUAGE)


def chosen(preference: Preference) -> str:
    """What the reader chose; nothing without a choice, or if it does not exist."""
    value = request.cookies.get(preference.cookie, "")
    return value if value in preference.values else ""


def keep(response: Response, preference: Preference, value: str) -> None:
    """Keep a choice for a year in this browser."""
    response.set_cookie(
        preference.cookie,
        value,
        max_age=ONE_YEAR,
        path=request.script_root or "/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def this_page() -> str:
    """The address that shows the current page again; where it was answered to a form, that of the form."""
    if request.method in ("GET", "HEAD"):
        return absolute(request.full_path.rstrip("?"))
    form = urlsplit(request.referrer or "")
    if form.netloc != request.host or not is_ours(form.path):
        return url_for("scoring.form")
    return f"{form.path}?{form.query}" if form.query else form.path
