"""Who does something: kept with every change and in the audit trail."""

import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts, and in which request; `request_id` is empty outside a request."""

    label: str
    request_id: str = ""


def operator() -> Actor:
    """The user who runs a command on this machine, as the operating system names them."""
    # why: environment variables such as USER can be set to anything.
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Actor(f"command line: {name}")
