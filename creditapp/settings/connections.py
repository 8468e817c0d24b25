"""Connections to other hosts that anybody on the way could read or answer."""

import os
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import make_url

from creditapp.settings.settings import Settings

VERIFIED = ("verify-ca", "verify-full")


def server_hosts(address: str) -> list[str]:
    """The hosts of a database's address, which may name several: `?host=a:5432&host=b:5432`."""
    url = make_url(address)
    several = url.query.get("host", ())
    named = several.split(",") if isinstance(several, str) else [*several]
    hosts = [url.host or "", *(one.rpartition(":")[0] or one for one in named)]
    return [host for host in hosts if host and not host.startswith("/")]


def unprotected_connections(settings: Settings) -> list[str]:
    """Name the settings in which another host is reached without a certificate that is verified.

    A name without a dot is on a network of its own, such as Compose makes; it is not another host here.
    """
    return list(_unprotected(settings))


def _unprotected(settings: Settings) -> Iterator[str]:
    database = make_url(settings.database_url)
    mode = database.query.get("sslmode", os.environ.get("PGSSLMODE"))
    if any(map(_is_elsewhere, server_hosts(settings.database_url))) and mode not in VERIFIED:
        yield _warning("DATABASE_URL", "add sslmode=verify-full&sslrootcert=FILE")
    for name, address, remedy in (
        ("CREDITAPP_LIMITS_STORAGE", settings.limits_storage, "set rediss://…?ssl_ca_certs=FILE"),
        ("MLFLOW_TRACKING_URI", settings.mlflow_tracking_uri, "set an https address"),
    ):
        parts = urlsplit(address)
        if parts.scheme in ("redis", "http") and _is_elsewhere(parts.hostname or ""):
            yield _warning(name, remedy)


def _is_elsewhere(host: str) -> bool:
    try:
        return not ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return "." in host


def _warning(name: str, remedy: str) -> str:
    return (
        f"{name}: the connection to another host is not protected by a verified certificate; "
        f"{remedy}, unless the network between protects it"
    )
