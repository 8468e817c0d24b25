"""Names of settings that do not exist: a misspelt one would be ignored without a word."""

from collections.abc import Iterable
from difflib import get_close_matches

from creditapp.exceptions import InvalidSetting
from creditapp.settings.settings import SETTINGS

PREFIX = "CREDITAPP_"
OF_COMPOSE = (
    "CREDITAPP_HOSTNAME",
    "CREDITAPP_HTTP_PORT",
    "CREDITAPP_HTTPS_PORT",
    "CREDITAPP_PORTFOLIO_FOLDER",
    "CREDITAPP_TLS",
    "CREDITAPP_TLS_FOLDER",
)
"""Variables of docker-compose.yml, which may stand in the environment too."""
OTHERS = ("CREDITAPP_TESTS_", "CREDITAPP_OWN_")
"""What the names of variables of the tests, and of the service's own processes, begin with."""


def check_names(given: Iterable[str]) -> None:
    """Check that each variable with the product's name in front is a setting.

    Raises:
        InvalidSetting: one is not; the message has the nearest setting.
    """
    known = [setting.name for setting in SETTINGS.values()]
    for name in sorted(given):
        if not name.startswith(PREFIX) or name.startswith(OTHERS) or name in OF_COMPOSE:
            continue
        if name.removesuffix("_FILE") not in known:
            near = get_close_matches(name.removesuffix("_FILE"), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; README.md lists all settings"
            raise InvalidSetting(f"{name}: there is no such setting{hint}")
