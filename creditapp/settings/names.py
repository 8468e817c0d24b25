"""Names of settings that do not exist: a misspelt one would be ignored without a word."""

from collections.abc import Mapping
from difflib import get_close_matches

from creditapp.exceptions import InvalidSetting
from creditapp.settings.settings import SETTINGS

PREFIX = "CREDITAPP_"
OF_COMPOSE = (
    "CREDITAPP_DATA_ADDRESS",
    "CREDITAPP_DATA_HOST",
    "CREDITAPP_HOSTNAME",
    "CREDITAPP_HTTP_PORT",
    "CREDITAPP_DOCUMENTATION_URL",
    "CREDITAPP_HTTPS_PORT",
    "CREDITAPP_LOG_DRIVER",
    "CREDITAPP_PORTFOLIO_FOLDER",
    "CREDITAPP_TLS",
    "CREDITAPP_TLS_FOLDER",
)
"""Variables of docker-compose.yml, which may stand in the environment too."""
OURS = (
    "CREDITAPP_EXPORT_SEARCH",
    "CREDITAPP_OWN_METRICS_FOLDER",
    "CREDITAPP_TESTS_TRAINED",
)
"""Variables of the service's own processes, and of the tests."""


def check_names(environment: Mapping[str, str]) -> None:
    """Check that each variable with the product's name in front is a setting.

    Raises:
        InvalidSetting: one is not; the message has the nearest setting.
    """
    known = [setting.name for setting in SETTINGS.values()]
    for name, value in sorted(environment.items()):
        if not name.startswith(PREFIX) or name in (*OF_COMPOSE, *OURS):
            continue
        if _is_of_kubernetes(name, value):
            continue
        if name.removesuffix("_FILE") not in known:
            near = get_close_matches(name.removesuffix("_FILE"), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; README.md lists all settings"
            raise InvalidSetting(f"{name}: there is no such setting{hint}")


def _is_of_kubernetes(name: str, value: str) -> bool:
    """Whether Kubernetes sets the variable in all pods beside a service that is named creditapp."""
    is_address = name == "CREDITAPP_PORT" and value.startswith("tcp://")
    return is_address or name.startswith(("CREDITAPP_SERVICE_", "CREDITAPP_PORT_"))
