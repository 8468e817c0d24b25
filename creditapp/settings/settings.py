"""Settings: read from the environment once, checked at the start, then plain values."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import EnvError, FileAwareEnv
from marshmallow.validate import OneOf, Range, Validator

from creditapp.exceptions import InvalidSetting
from creditapp.settings.paths import INSTANCE, ROOT


@dataclass(frozen=True)
class Setting:
    """One environment variable; the type of its default says how it is read, `check` what it may be."""

    name: str
    default: int | str | tuple[str, ...]
    about: str
    check: Validator | None = None

    @property
    def field(self) -> str:
        """The name of its value in `Settings`."""
        return self.name.removeprefix("CREDITAPP_").lower()

    def read(self, env: FileAwareEnv) -> Any:
        """The value in force.

        Raises:
            EnvError, ValueError: it cannot be read, or the check refuses it.
        """
        match self.default:
            case int():
                return env.int(self.name, self.default, validate=self.check)
            case str():
                return env.str(self.name, self.default, validate=self.check)
            case tuple():
                return tuple(env.list(self.name, list(self.default), subcast=str.strip))


SETTINGS = (
    Setting(
        "CREDITAPP_ENV",
        "development",
        "`development` or `production`",
        OneOf(["development", "production"]),
    ),
    Setting(
        "CREDITAPP_HOST",
        "127.0.0.1",
        "the address to serve on; in development the loopback address alone",
    ),
    Setting("PORT", 8000, "the port to serve on", Range(1, 65535)),
    Setting(
        "DATABASE_URL",
        "sqlite:///creditapp.db",
        "the decision log; a relative SQLite path lies in `instance/`",
    ),
    Setting(
        "CREDITAPP_SQLITE_SYNCHRONOUS",
        "FULL",
        "`FULL`: a decision is on disk before it is answered; "
        "`NORMAL`: a power failure may take the last ones",
        OneOf(["FULL", "NORMAL"]),
    ),
    Setting(
        "SECRET_KEY",
        "",
        "signs sessions and forms; in development one is made and kept in `instance/`",
    ),
    Setting(
        "CREDITAPP_FIRST_ADMIN_PASSWORD",
        "",
        "the password of `admin`, whom `flask user first-admin` adds where nobody is an admin",
    ),
    Setting("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db", "the model registry"),
    Setting(
        "PROMETHEUS_MULTIPROC_DIR",
        "",
        "where workers share their metrics; a private directory is made when unset",
    ),
    Setting("CREDITAPP_WORKERS", 2, "gunicorn worker processes", Range(1, 64)),
    Setting("CREDITAPP_THREADS", 4, "threads of each worker", Range(1, 64)),
    Setting(
        "CREDITAPP_MAX_BODY_BYTES",
        16 * 1024 * 1024,
        "the largest request body",
        Range(10_000, 1_000_000_000),
    ),
    Setting(
        "CREDITAPP_MAX_BATCH",
        10_000,
        "the most applications in one batch",
        Range(1, 1_000_000),
    ),
    Setting(
        "CREDITAPP_TRUSTED_HOSTS",
        (),
        "names by which the service may be called, separated by commas; needed in production",
    ),
    Setting(
        "CREDITAPP_PROXIES",
        (),
        "addresses or networks of the proxies whose forwarded headers count, separated by commas",
    ),
    Setting(
        "CREDITAPP_METRICS_NETWORKS",
        (),
        "networks that may read `/metrics` without a key, separated by commas",
    ),
    Setting(
        "CREDITAPP_LIMITS_STORAGE",
        "memory://",
        "where rate limits are counted: `memory://` or `redis://…`; memory serves one worker",
    ),
    Setting(
        "CREDITAPP_SCORING_LIMIT",
        "100000 per minute",
        "applications that one key or address may score",
    ),
    Setting(
        "CREDITAPP_SIGN_IN_LIMIT",
        "10 per minute",
        "attempts to sign in from one address, and at one name",
    ),
    Setting(
        "CREDITAPP_DRIFT_SECONDS",
        300,
        "how often recent decisions are compared with the population the model knows",
        Range(1, 86_400),
    ),
    Setting(
        "CREDITAPP_LENDER_NAME",
        "Example Lender",
        "who writes the notice to an applicant; without it there is none in production",
    ),
    Setting(
        "CREDITAPP_LENDER_ADDRESS",
        "1 Example Street, Example Town",
        "the lender's address, its lines separated by commas; needed as the name is",
    ),
    Setting(
        "CREDITAPP_REVIEW_CONTACT",
        "reviews@lender.example",
        "where an applicant asks for a review by a person; needed as the name is",
    ),
    Setting("CREDITAPP_SESSION_HOURS", 12, "how long a sign-in lasts", Range(1, 168)),
    Setting(
        "CREDITAPP_CORS_ORIGINS",
        (),
        "origins whose pages may call the API, separated by commas; none when empty",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The values in force; each field is a setting's name without its prefix, in lower case.

    `given` holds the names of those that the environment sets, and leaves to no default.
    """

    env: str
    host: str
    port: int
    database_url: str
    sqlite_synchronous: str
    secret_key: str
    first_admin_password: str
    mlflow_tracking_uri: str
    prometheus_multiproc_dir: str
    workers: int
    threads: int
    max_body_bytes: int
    max_batch: int
    trusted_hosts: tuple[str, ...]
    proxies: tuple[str, ...]
    metrics_networks: tuple[str, ...]
    limits_storage: str
    scoring_limit: str
    sign_in_limit: str
    drift_seconds: int
    lender_name: str
    lender_address: str
    review_contact: str
    session_hours: int
    cors_origins: tuple[str, ...]
    given: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read and check all settings; the first bad one is named.

        Raises:
            InvalidSetting: with one line that names the setting and what it accepts.
        """
        values = {setting.field: _read(setting) for setting in SETTINGS}
        if not values["secret_key"] and values["env"] == "development":
            values["secret_key"] = _development_secret()
        given = {setting.name for setting in SETTINGS if _is_given(setting.name)}
        return cls(**values, given=frozenset(given))

    @property
    def production(self) -> bool:
        """Whether the safeguards of production are on."""
        return self.env == "production"

    @property
    def database_address(self) -> str:
        """The database's address; a relative SQLite path lies in the instance folder."""
        return _absolute(self.database_url, INSTANCE)

    @property
    def tracking_uri(self) -> str:
        """The registry's address; a relative SQLite path lies in the project's folder."""
        return _absolute(self.mlflow_tracking_uri, ROOT)


def _absolute(address: str, folder: Path) -> str:
    scheme, separator, path = address.partition(":///")
    if scheme.startswith("sqlite") and separator and path and not path.startswith(("/", ":")):
        return f"{scheme}:///{folder / path}"
    return address


def _read(setting: Setting) -> Any:
    try:
        return setting.read(FileAwareEnv(strip_whitespace=True))
    except (EnvError, ValueError) as error:
        raise InvalidSetting(f"{setting.name}: {setting.about}; {error}") from error


def _is_given(name: str) -> bool:
    return name in os.environ or f"{name}_FILE" in os.environ


def _development_secret() -> str:
    """The key of this checkout, made at first use; in production there is none to fall back on."""
    path = INSTANCE / "secret_key"
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    return path.read_text()


def _write_once(path: Path, text: str) -> None:
    """Create the file whole and private; of two processes at once, the first wins."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
