"""Begin a session in the browser at hand, or keep it with a new token."""

from urllib.parse import unquote

from flask import redirect, request, url_for
from flask_login import current_user, login_user
from werkzeug import Response

from creditapp.identity import sign_ins
from creditapp.identity.sign_ins import SignedIn
from creditapp.observability import request_ids


def enter(person: SignedIn, wanted: str) -> Response:
    """Begin the session, end an older one of this browser, and go to the page, or to the first one."""
    if current_user.is_authenticated:
        sign_ins.sign_out(current_user, request_ids.current())
    login_user(person)
    return redirect(wanted if is_ours(wanted) else url_for("home.overview"))


def keep() -> None:
    """Give the browser at hand the new token of its session, after a proof of who is there."""
    login_user(current_user._get_current_object())


def is_ours(address: str) -> bool:
    """Whether an address is a page of this service."""
    root = f"{request.script_root}/"
    is_path = address.startswith(root) and not address.startswith("//") and "\\" not in address
    # why: a browser takes "..", however it is written, as the way up and out of the prefix.
    path = unquote(address.partition("?")[0])
    return is_path and address.isprintable() and ".." not in path.split("/")
