"""Safeguards: settings with which the service does not start, in development and in production."""

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
from creditapp.settings.connections import server_hosts
from creditapp.settings.names import check_names
from creditapp.settings.networks import read_network
from creditapp.settings.paths import METRICS_LOCK
from creditapp.settings.prefixes import is_prefix
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
"""Words from examples, and the key in the documentation of Flask."""
KNOWN_PASSWORDS = ("admin", "creditapp", "mlflow", "postgres", "root")
SHORTEST_SECRET = 32
FEWEST_DIFFERENT_CHARACTERS = 10
SHORTEST_PREFIX = {4: 8, 6: 16}
"""By IP version; private networks are not wider than 10.0.0.0/8 or fc00::/16."""
MOST_SIGN_INS_A_SECOND = 1
KEYBOARD_ROWS = ("0123456789abcdef", "abcdefghijkl", "123456789")
HOST = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-f:]+\]")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?")
ISSUER = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?")
FEWEST_LABELS = 2
DRIVERS = ("sqlite", "postgresql", "postgresql+psycopg")


@dataclass(frozen=True)
class Safeguard:
    """A reason not to start: the setting, a test that tells whether it is broken, and what to set."""

    setting: str
    broken: Callable[[Settings], bool]
    message: str


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
    return all(_parses(read_network, text) for text in texts)


def _include_wide_network(texts: Iterable[str]) -> bool:
    """Whether a network is wider than any private network."""
    networks = map(read_network, texts)
    return any(network.prefixlen < SHORTEST_PREFIX[network.version] for network in networks)


def _are_origins(texts: Iterable[str]) -> bool:
    return all(ORIGIN.fullmatch(text) for text in texts)


def _are_roles(settings: Settings) -> bool:
    return _parses(lambda _: settings.oidc_role_map, "")


def _is_rate(text: str) -> bool:
    """Whether a text is a rate that lets something through."""
    return _parses(parse, text) and parse(text).amount > 0


def _is_database(address: str) -> bool:
    try:
        return make_url(address).drivername in DRIVERS
    except (ArgumentError, ValueError):
        return False


def _holds_other_files(folder: str) -> bool:
    """Whether a folder holds files other than metrics; they would be deleted at the start."""
    ours = ("counter_", "gauge_", "histogram_", "summary_", METRICS_LOCK)
    path = Path(folder)
    return path.is_dir() and any(not file.name.startswith(ours) for file in path.iterdir())


def _is_guessable(secret: str) -> bool:
    """Whether a secret contains a word from an example or a row of the keyboard."""
    lowered = secret.lower()
    return any(text in lowered for text in (*KNOWN_SECRETS, *KEYBOARD_ROWS))


def _is_weak(secret: str) -> bool:
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_DIFFERENT_CHARACTERS


def _is_guessable_password(password: str) -> bool:
    return password.lower() in KNOWN_PASSWORDS or _is_guessable(password)


def _lacks_safe_password(database: str) -> bool:
    """Whether the address of a database server has no password, or a guessable one."""
    url = make_url(database)
    return bool(server_hosts(database)) and (
        not url.password or _is_guessable_password(url.password)
    )


def _allows_many_attempts(rate: str) -> bool:
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


def _is_wildcard(host: str) -> bool:
    """Whether a trusted host is not a host name, or one below which everybody may have a name."""
    if not HOST.fullmatch(host):
        return True
    covers_single_label = host.startswith(".") and host.count(".") < FEWEST_LABELS
    return covers_single_label or _is_public(host.removeprefix(".").lower())


def _is_public(name: str) -> bool:
    """Whether everybody may register a name below this one, as below com, co.uk or github.io."""
    # why: the list is read only where it is needed, as it takes memory; unknown names are a lender's own.
    from publicsuffixlist import PublicSuffixList

    return bool(PublicSuffixList(accept_unknown=False).is_public(name))


ALWAYS = (
    Safeguard(
        "CREDITAPP_HOST",
        lambda s: s.host != "localhost" and not _is_address(s.host),
        "set an IP address or localhost",
    ),
    Safeguard(
        "DATABASE_URL",
        lambda s: not _is_database(s.database_url),
        "not the address of a SQLite or PostgreSQL database; set one such as "
        "postgresql://USER@HOST:5432/NAME",
    ),
    Safeguard(
        "PROMETHEUS_MULTIPROC_DIR",
        lambda s: _holds_other_files(s.prometheus_multiproc_dir or "/nowhere"),
        "the folder holds other files, and is emptied at the start; set a folder of its own",
    ),
    Safeguard(
        "CREDITAPP_PROXIES",
        lambda s: not _are_networks(s.proxies),
        "set IP addresses or networks such as 10.0.0.0/24",
    ),
    Safeguard(
        "CREDITAPP_METRICS_NETWORKS",
        lambda s: not _are_networks(s.metrics_networks),
        "set IP addresses or networks such as 10.0.0.0/24",
    ),
    Safeguard(
        "CREDITAPP_PREFIX",
        lambda s: bool(s.prefix) and not is_prefix(s.prefix),
        "set a path such as /credit, without a slash at its end",
    ),
    Safeguard(
        "CREDITAPP_CORS_ORIGINS",
        lambda s: not _are_origins(o for o in s.cors_origins if o != "*"),
        "set origins such as https://app.example",
    ),
    Safeguard(
        "CREDITAPP_SCORING_LIMIT",
        lambda s: not _is_rate(s.scoring_limit),
        "set a rate such as 1000 per minute",
    ),
    Safeguard(
        "CREDITAPP_READING_LIMIT",
        lambda s: not _is_rate(s.reading_limit),
        "set a rate such as 1000 per minute",
    ),
    Safeguard(
        "CREDITAPP_SIGN_IN_LIMIT",
        lambda s: not _is_rate(s.sign_in_limit),
        "set a rate such as 10 per minute",
    ),
    Safeguard(
        "CREDITAPP_OIDC_ISSUER",
        lambda s: bool(s.oidc_issuer) and not ISSUER.fullmatch(s.oidc_issuer),
        "set the address of the provider, such as https://login.example/realm",
    ),
    Safeguard(
        "CREDITAPP_OIDC_CLIENT_ID",
        lambda s: bool(s.oidc_issuer) and not s.oidc_client_id,
        "not set; CREDITAPP_OIDC_ISSUER needs it",
    ),
    Safeguard(
        "CREDITAPP_OIDC_ROLES",
        lambda s: not _are_roles(s) or (bool(s.oidc_issuer) and not s.oidc_roles),
        "set groups with the roles officer, analyst or admin, such as risk-analysts=analyst,credit=officer",
    ),
    Safeguard(
        "CREDITAPP_LIMITS_STORAGE",
        lambda s: not _is_storage(s.limits_storage),
        "set memory://, redis://HOST/0 or rediss://HOST/0",
    ),
)

IN_DEVELOPMENT = (
    Safeguard(
        "CREDITAPP_HOST",
        lambda s: not _is_loopback(s.host),
        "development has no sign-in; set a loopback address such as 127.0.0.1",
    ),
)

IN_PRODUCTION = (
    Safeguard("SECRET_KEY", lambda s: not s.secret_key, "not set; production needs it"),
    Safeguard(
        "SECRET_KEY",
        lambda s: _is_guessable(s.secret_key),
        "the secret is guessable; set a random one",
    ),
    Safeguard(
        "SECRET_KEY",
        lambda s: _is_weak(s.secret_key),
        f"the secret is too weak; set at least {SHORTEST_SECRET} random characters",
    ),
    Safeguard(
        "SECRET_KEY_FALLBACKS",
        lambda s: any(map(_is_guessable, s.secret_key_fallbacks)),
        "an older secret is guessable, so sessions could be forged; remove it",
    ),
    Safeguard(
        "FLASK_DEBUG",
        lambda _: os.environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"),
        "the debugger lets visitors run code; unset it in production",
    ),
    Safeguard(
        "DATABASE_URL", lambda s: "DATABASE_URL" not in s.given, "not set; production needs it"
    ),
    Safeguard(
        "DATABASE_URL",
        lambda s: _is_in_memory(s.database_url),
        "an in-memory database is lost at a restart; set a file or a database server",
    ),
    Safeguard(
        "DATABASE_URL",
        lambda s: _lacks_safe_password(s.database_url),
        "the password is missing or guessable; set a URL with a random password",
    ),
    Safeguard(
        "CREDITAPP_FIRST_ADMIN_PASSWORD",
        lambda s: _is_guessable_password(s.first_admin_password),
        "the password is guessable; set another one",
    ),
    Safeguard(
        "MLFLOW_TRACKING_URI",
        lambda s: "MLFLOW_TRACKING_URI" not in s.given,
        "not set; production needs it",
    ),
    Safeguard(
        "CREDITAPP_TRUSTED_HOSTS",
        lambda s: not s.trusted_hosts,
        "not set; production needs the host names of the service",
    ),
    Safeguard(
        "CREDITAPP_TRUSTED_HOSTS",
        lambda s: any(_is_wildcard(host) for host in s.trusted_hosts),
        "a wildcard would accept forged host names; set the host names of the service",
    ),
    Safeguard(
        "CREDITAPP_PROXIES",
        lambda s: _include_wide_network(s.proxies),
        "the network is too wide, so clients could forge their address; set the proxies' addresses",
    ),
    Safeguard(
        "CREDITAPP_METRICS_NETWORKS",
        lambda s: _include_wide_network(s.metrics_networks),
        "the network is too wide; set the networks of the monitoring",
    ),
    Safeguard(
        "CREDITAPP_CORS_ORIGINS",
        lambda s: "*" in s.cors_origins,
        "a wildcard lets any web page call the API; set the allowed origins",
    ),
    Safeguard(
        "CREDITAPP_CORS_ORIGINS",
        lambda s: any(origin.startswith("http://") for origin in s.cors_origins),
        "http origins are not safe in production; set https origins",
    ),
    Safeguard(
        "CREDITAPP_OIDC_ISSUER",
        lambda s: s.oidc_issuer.startswith("http://"),
        "http is not safe in production; set an https address",
    ),
    Safeguard(
        "CREDITAPP_OIDC_CLIENT_SECRET",
        lambda s: bool(s.oidc_issuer) and not s.oidc_client_secret,
        "not set; production needs it with CREDITAPP_OIDC_ISSUER",
    ),
    Safeguard(
        "CREDITAPP_OIDC_STRENGTH",
        lambda s: bool(s.oidc_issuer) and s.second_factor == "required" and not s.oidc_strength,
        "not set; CREDITAPP_SECOND_FACTOR=required needs it with CREDITAPP_OIDC_ISSUER, such as mfa",
    ),
    Safeguard(
        "CREDITAPP_SIGN_IN_LIMIT",
        lambda s: _allows_many_attempts(s.sign_in_limit),
        "the rate is too high; set at most one attempt a second in production",
    ),
    Safeguard(
        "CREDITAPP_LIMITS_STORAGE",
        lambda s: s.limits_storage.startswith("memory://") and s.workers > 1,
        "with several workers, limits in memory count separately; set redis://HOST/0",
    ),
    Safeguard(
        "CREDITAPP_MAX_BODY_BYTES",
        lambda s: "CREDITAPP_MAX_BODY_BYTES" not in s.given,
        "not set; production needs it, equal to the limit of the proxy",
    ),
)


def checked_settings() -> Settings:
    """Read the settings from the environment, and check them.

    Raises:
        InvalidSetting: the service must not start; one line names the setting and what to set.
    """
    settings = Settings.from_environment()
    check_names(os.environ)
    for safeguard in (*ALWAYS, *(IN_PRODUCTION if settings.production else IN_DEVELOPMENT)):
        if safeguard.broken(settings):
            raise InvalidSetting(f"{safeguard.setting}: {safeguard.message}")
    return settings
