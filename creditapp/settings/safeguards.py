"""Settings that the service refuses to start with: always, and in production."""

import ipaddress
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from limits import parse
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from creditapp.exceptions import InvalidSetting
from creditapp.settings.settings import Settings

KNOWN_SECRETS = (
    "secret",
    "changeme",
    "change-me",
    "change_me",
    "password",
    "example",
    "default",
    "development",
    "production",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
)
"""Words of examples, and the key of Flask's documentation."""
KNOWN_PASSWORDS = ("admin", "creditapp", "mlflow", "postgres", "root")
SHORTEST_SECRET = 32
FEWEST_DIFFERENT_CHARACTERS = 10
WIDEST = {4: 8, 6: 16}
"""No network of one's own is wider than 10.0.0.0/8 or fc00::/16."""
MOST_SIGN_INS_A_SECOND = 1
KEYBOARD_ROWS = ("0123456789abcdef", "abcdefghijkl", "123456789")
HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-f:]+\]")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?")
FEWEST_LABELS = 2


@dataclass(frozen=True)
class Safeguard:
    """One reason not to start: the setting to name, when it is broken, and what is expected."""

    setting: str
    broken: Callable[[Settings], bool]
    expected: str


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _parses(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    return _parses(ipaddress.ip_address, text)


def _are_networks(texts: Iterable[str]) -> bool:
    return all(_parses(ipaddress.ip_network, text) for text in texts)


def _hold_everybody(texts: Iterable[str]) -> bool:
    """Whether a network is so wide that it is nobody's own."""
    networks = map(ipaddress.ip_network, texts)
    return any(network.prefixlen < WIDEST[network.version] for network in networks)


def _are_origins(texts: Iterable[str]) -> bool:
    return all(ORIGIN.fullmatch(text) for text in texts)


def _is_rate(text: str) -> bool:
    return _parses(parse, text)


def _is_database(address: str) -> bool:
    try:
        make_url(address).get_dialect()
    except (ArgumentError, ImportError):
        return False
    return True


def _holds_other_files(folder: str) -> bool:
    """Whether a folder that is wiped at the start holds anything but metrics."""
    metrics = ("counter_", "gauge_", "histogram_", "summary_")
    path = Path(folder)
    return path.is_dir() and any(not file.name.startswith(metrics) for file in path.iterdir())


def _is_known(secret: str) -> bool:
    """Whether somebody could have read it somewhere: a word of examples, or a row of the keyboard."""
    plain = secret.lower()
    return any(known in plain for known in (*KNOWN_SECRETS, *KEYBOARD_ROWS))


def _is_weak(secret: str) -> bool:
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_DIFFERENT_CHARACTERS


def _is_known_password(password: str) -> bool:
    return password.lower() in KNOWN_PASSWORDS or _is_known(password)


def _is_open(database: str) -> bool:
    """Whether a database on the network lets anybody in: with no password, or with one that is known."""
    url = make_url(database)
    return bool(url.host) and (not url.password or _is_known_password(url.password))


def _is_generous(rate: str) -> bool:
    limit = parse(rate)
    return limit.amount / limit.get_expiry() > MOST_SIGN_INS_A_SECOND


def _is_storage(address: str) -> bool:
    try:
        parts = urlsplit(address)
        names_a_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme == "memory" or (parts.scheme in ("redis", "rediss") and names_a_host)


def _is_in_memory(address: str) -> bool:
    url = make_url(address)
    names = ((url.database or ":memory:"), *map(str, url.query.values()))
    return url.get_backend_name() == "sqlite" and any("memory" in name for name in names)


def _is_wide(host: str) -> bool:
    """Whether a trusted name is no name, or everything under a top-level domain."""
    return not HOST.fullmatch(host) or (host.startswith(".") and host.count(".") < FEWEST_LABELS)


ALWAYS = (
    Safeguard(
        "CREDITAPP_HOST",
        lambda s: s.host != "localhost" and not _is_address(s.host),
        "an IP address, or localhost",
    ),
    Safeguard("DATABASE_URL", lambda s: not _is_database(s.database_url), "an SQLAlchemy address"),
    Safeguard(
        "PROMETHEUS_MULTIPROC_DIR",
        lambda s: _holds_other_files(s.prometheus_multiproc_dir or "/nowhere"),
        "a folder of its own: it is wiped at the start, and holds other files",
    ),
    Safeguard("CREDITAPP_PROXIES", lambda s: not _are_networks(s.proxies), "addresses or networks"),
    Safeguard(
        "CREDITAPP_METRICS_NETWORKS",
        lambda s: not _are_networks(s.metrics_networks),
        "addresses or networks",
    ),
    Safeguard(
        "CREDITAPP_CORS_ORIGINS",
        lambda s: not _are_origins(o for o in s.cors_origins if o != "*"),
        "origins such as https://app.example",
    ),
    Safeguard(
        "CREDITAPP_SCORING_LIMIT",
        lambda s: not _is_rate(s.scoring_limit),
        "a rate such as 1000 per minute",
    ),
    Safeguard(
        "CREDITAPP_SIGN_IN_LIMIT",
        lambda s: not _is_rate(s.sign_in_limit),
        "a rate such as 10 per minute",
    ),
    Safeguard(
        "CREDITAPP_LIMITS_STORAGE",
        lambda s: not _is_storage(s.limits_storage),
        "memory://, redis://… or rediss://…",
    ),
)

IN_DEVELOPMENT = (
    Safeguard(
        "CREDITAPP_HOST",
        lambda s: not _is_loopback(s.host),
        "a loopback address: development needs no sign-in, so no other machine may reach it",
    ),
)

IN_PRODUCTION = (
    Safeguard("SECRET_KEY", lambda s: not s.secret_key, "to be set in production"),
    Safeguard("SECRET_KEY", lambda s: _is_known(s.secret_key), "a secret that nobody knows"),
    Safeguard(
        "SECRET_KEY",
        lambda s: _is_weak(s.secret_key),
        f"at least {SHORTEST_SECRET} random characters",
    ),
    Safeguard(
        "FLASK_DEBUG",
        lambda _: os.environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"),
        "to be unset in production: the debugger runs anybody's code",
    ),
    Safeguard("DATABASE_URL", lambda s: "DATABASE_URL" not in s.given, "to be set in production"),
    Safeguard(
        "DATABASE_URL",
        lambda s: _is_in_memory(s.database_url),
        "a database that outlives the process",
    ),
    Safeguard(
        "DATABASE_URL",
        lambda s: _is_open(s.database_url),
        "an address with a password that nobody knows",
    ),
    Safeguard(
        "CREDITAPP_FIRST_ADMIN_PASSWORD",
        lambda s: _is_known_password(s.first_admin_password),
        "a password that nobody knows",
    ),
    Safeguard(
        "MLFLOW_TRACKING_URI",
        lambda s: "MLFLOW_TRACKING_URI" not in s.given,
        "to be set in production",
    ),
    Safeguard(
        "CREDITAPP_TRUSTED_HOSTS",
        lambda s: not s.trusted_hosts,
        "the names by which the service is called, in production",
    ),
    Safeguard(
        "CREDITAPP_TRUSTED_HOSTS",
        lambda s: any(_is_wide(host) for host in s.trusted_hosts),
        "names: a wildcard would let any web page call itself this service",
    ),
    Safeguard(
        "CREDITAPP_PROXIES",
        lambda s: _hold_everybody(s.proxies),
        "the proxies' own addresses: this network holds everybody",
    ),
    Safeguard(
        "CREDITAPP_METRICS_NETWORKS",
        lambda s: _hold_everybody(s.metrics_networks),
        "the monitoring's own networks: this one holds everybody",
    ),
    Safeguard(
        "CREDITAPP_CORS_ORIGINS",
        lambda s: "*" in s.cors_origins,
        "origins by name: a wildcard lets any web page call the API",
    ),
    Safeguard(
        "CREDITAPP_CORS_ORIGINS",
        lambda s: any(origin.startswith("http://") for origin in s.cors_origins),
        "https origins in production",
    ),
    Safeguard(
        "CREDITAPP_SIGN_IN_LIMIT",
        lambda s: _is_generous(s.sign_in_limit),
        "at most one attempt a second in production",
    ),
    Safeguard(
        "CREDITAPP_LIMITS_STORAGE",
        lambda s: s.limits_storage.startswith("memory://") and s.workers > 1,
        "redis://… with several workers: in memory each would count for itself",
    ),
    Safeguard(
        "CREDITAPP_MAX_BODY_BYTES",
        lambda s: "CREDITAPP_MAX_BODY_BYTES" not in s.given,
        "to be set in production, to what the proxy in front allows",
    ),
)


def checked_settings() -> Settings:
    """The settings of the environment, if the service may start with them.

    Raises:
        InvalidSetting: with one line that names the setting and says what is expected.
    """
    settings = Settings.from_environment()
    for safeguard in (*ALWAYS, *(IN_PRODUCTION if settings.production else IN_DEVELOPMENT)):
        if safeguard.broken(settings):
            raise InvalidSetting(f"{safeguard.setting}: expected is {safeguard.expected}")
    return settings
