"""Answers only to the names that the service is called by: another name may be an attack on its cookies."""

import re
from collections.abc import Collection

from flask import Flask, request
from werkzeug.exceptions import SecurityError

HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(:[0-9]{0,5})?")


def init_app(app: Flask, names: Collection[str]) -> None:
    """Refuse requests to other names, before anything else looks at them."""
    known = [name.lower() for name in names]

    @app.before_request
    def check() -> None:
        if not is_known(request.headers.get("Host", ""), known):
            raise SecurityError


def is_known(host: str, names: Collection[str]) -> bool:
    """Whether a Host header has one of these names, which are in small letters; a port does not matter.

    A name with a dot in front stands for all names that end with it, and for the name itself.
    """
    # why: not Werkzeug's check, which distinguishes capitals and knows no IPv6 address.
    found = HOST.fullmatch(host.lower())
    if found is None:
        return False
    name = found["name"]
    return any(
        name == one.removeprefix(".") or (one.startswith(".") and name.endswith(one))
        for one in names
    )
