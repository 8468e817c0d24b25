"""Answers only to the names that the service is called by: another name may be an attack on its cookies."""

import re
from collections.abc import Collection

from flask import Request
from werkzeug.exceptions import SecurityError

HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(:[0-9]{0,5})?")


def check(asked: Request, names: Collection[str]) -> None:
    """Refuse a request to another name than these, which are in small letters."""
    if not is_known(asked.headers.get("Host", ""), names):
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
