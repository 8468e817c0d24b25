"""Settings: each declared once, read from the environment at the start, then plain values."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from environs import EnvError, FileAwareEnv
from marshmallow.validate import OneOf, Range, Validator

from creditapp.exceptions import InvalidSetting
from creditapp.publishing import publish
from creditapp.settings.paths import INSTANCE, ROOT
from creditapp.settings.time_zones import IsTimeZone

ROLES = ("officer", "analyst", "admin")
"""The roles that a group can have; `creditapp/identity/people.py` says what they may do."""


@dataclass(frozen=True)
class Setting:
    """One environment variable; the type of its default says how it is read, `check` what it may be."""

    name: str
    default: int | str | tuple[str, ...]
    about: str
    check: Validator | None = None

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

    @property
    def shown_default(self) -> str:
        """The default as documents show it; a dash where there is none."""
        return f"`{self.default}`" if self.default else "—"


def _setting(
    name: str, default: int | str | tuple[str, ...], about: str, check: Validator | None = None
) -> Any:
    """Declare a field of `Settings` by its environment variable."""
    return field(metadata={"setting": Setting(name, default, about, check)})


@dataclass(frozen=True)
class Settings:
    """The values in force; `given` holds the names of the variables that the environment sets."""

    env: str = _setting(
        "CREDITAPP_ENV",
        "development",
        "`development` or `production`",
        OneOf(["development", "production"]),
    )
    host: str = _setting(
        "CREDITAPP_HOST",
        "127.0.0.1",
        "the address to serve on; in development only the loopback address",
    )
    port: int = _setting("PORT", 8000, "the port to serve on", Range(1, 65535))
    database_url: str = _setting(
        "DATABASE_URL",
        "sqlite:///creditapp.db",
        "the database; a relative SQLite path is below `instance/`",
    )
    sqlite_synchronous: str = _setting(
        "CREDITAPP_SQLITE_SYNCHRONOUS",
        "FULL",
        "`FULL`: a decision is on disk before it is answered; `NORMAL`: a "
        "power failure may lose the last ones",
        OneOf(["FULL", "NORMAL"]),
    )
    database_seconds: int = _setting(
        "CREDITAPP_DATABASE_SECONDS",
        5,
        "how many seconds the service waits for a statement of PostgreSQL before it answers 503; commands "
        "wait without a limit",
        Range(1, 60),
    )
    secret_key: str = _setting(
        "SECRET_KEY",
        "",
        "signs sessions and forms; in development one is generated and kept in `instance/`",
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(
        "SECRET_KEY_FALLBACKS",
        (),
        "older values of `SECRET_KEY`, separated by commas: what they signed or encrypted stays valid",
    )
    first_admin_password: str = _setting(
        "CREDITAPP_FIRST_ADMIN_PASSWORD",
        "",
        "the password of `admin`, whom `flask user first-admin` adds if nobody is an admin",
    )
    mlflow_tracking_uri: str = _setting(
        "MLFLOW_TRACKING_URI", "sqlite:///mlflow.db", "the model registry"
    )
    portfolio: str = _setting(
        "CREDITAPP_PORTFOLIO",
        "data",
        "the folder with the data and the `datapackage.yaml` that models are trained on; a relative "
        "one is below the project's folder",
    )
    prometheus_multiproc_dir: str = _setting(
        "PROMETHEUS_MULTIPROC_DIR",
        "",
        "where workers share their metrics; if unset, a private directory is created",
    )
    workers: int = _setting("CREDITAPP_WORKERS", 2, "gunicorn worker processes", Range(1, 64))
    threads: int = _setting("CREDITAPP_THREADS", 4, "threads of each worker", Range(1, 64))
    max_body_bytes: int = _setting(
        "CREDITAPP_MAX_BODY_BYTES",
        16 * 1024 * 1024,
        "the largest request body, in bytes",
        Range(10_000, 1_000_000_000),
    )
    max_batch: int = _setting(
        "CREDITAPP_MAX_BATCH",
        10_000,
        "the largest number of applications in one batch",
        Range(1, 1_000_000),
    )
    uploads: str = _setting(
        "CREDITAPP_UPLOADS",
        "uploads",
        "the folder for the files that people upload; a relative one is below `instance/`",
    )
    max_upload_bytes: int = _setting(
        "CREDITAPP_MAX_UPLOAD_BYTES",
        100_000_000,
        "the largest file that a person may upload, in bytes",
        Range(10_000, 2_000_000_000),
    )
    max_upload_rows: int = _setting(
        "CREDITAPP_MAX_UPLOAD_ROWS",
        1_000_000,
        "the largest number of rows of an uploaded file",
        Range(1, 100_000_000),
    )
    uploads_at_once: int = _setting(
        "CREDITAPP_UPLOADS_AT_ONCE",
        1,
        "how many uploaded files are scored at the same time; the others wait for their turn",
        Range(1, 16),
    )
    keep_uploads_days: int = _setting(
        "CREDITAPP_KEEP_UPLOADS_DAYS",
        7,
        "after how many days an uploaded file is deleted with its results",
        Range(1, 365),
    )
    idempotency_hours: int = _setting(
        "CREDITAPP_IDEMPOTENCY_HOURS",
        24,
        "how long the answer to a request with an `Idempotency-Key` is kept for its repeats",
        Range(1, 8_760),
    )
    trusted_hosts: tuple[str, ...] = _setting(
        "CREDITAPP_TRUSTED_HOSTS",
        (),
        "host names that the service answers to, separated by commas; required in production",
    )
    proxies: tuple[str, ...] = _setting(
        "CREDITAPP_PROXIES",
        (),
        "addresses or networks of the proxies whose forwarded headers are "
        "trusted, separated by commas",
    )
    prefix: str = _setting(
        "CREDITAPP_PREFIX",
        "",
        "the path below which the service is reached, such as `/credit`; a listed proxy may name it with "
        "`X-Forwarded-Prefix` instead, and gunicorn's `SCRIPT_NAME` means the same",
    )
    metrics_networks: tuple[str, ...] = _setting(
        "CREDITAPP_METRICS_NETWORKS",
        (),
        "networks that may read `/metrics` without a key, separated by commas",
    )
    limits_storage: str = _setting(
        "CREDITAPP_LIMITS_STORAGE",
        "memory://",
        "where rate limits are counted: `memory://` (one worker only) or `redis://…`",
    )
    scoring_limit: str = _setting(
        "CREDITAPP_SCORING_LIMIT",
        "100000 per minute",
        "how many applications one key or address may score",
    )
    reading_limit: str = _setting(
        "CREDITAPP_READING_LIMIT",
        "3000 per minute",
        "how many decisions, and pages of lists of them, one key, person or address may read",
    )
    sign_in_limit: str = _setting(
        "CREDITAPP_SIGN_IN_LIMIT",
        "10 per minute",
        "how often one address, and one name, may try to sign in",
    )
    queue_hours: int = _setting(
        "CREDITAPP_QUEUE_HOURS",
        24,
        "within how many hours a decision that waits for a person should have its review; the queue marks "
        "those that wait longer",
        Range(1, 8_760),
    )
    drift_seconds: int = _setting(
        "CREDITAPP_DRIFT_SECONDS",
        300,
        "how often recent decisions are compared with the training population",
        Range(1, 86_400),
    )
    performance_seconds: int = _setting(
        "CREDITAPP_PERFORMANCE_SECONDS",
        3600,
        "how often the report on performance is made anew",
        Range(1, 86_400),
    )
    keep_answers_months: int = _setting(
        "CREDITAPP_KEEP_ANSWERS_MONTHS",
        25,
        "after how many months `flask retention` erases answers, references and reviewers' words; 0: never",
        Range(0, 1200),
    )
    keep_sign_ins_months: int = _setting(
        "CREDITAPP_KEEP_SIGN_INS_MONTHS",
        13,
        "after how many months `flask retention` deletes sign-ins that have ended; 0: never",
        Range(0, 1200),
    )
    keep_keys_months: int = _setting(
        "CREDITAPP_KEEP_KEYS_MONTHS",
        25,
        "after how many months `flask retention` deletes keys that expired or were revoked; 0: never",
        Range(0, 1200),
    )
    keep_decisions_months: int = _setting(
        "CREDITAPP_KEEP_DECISIONS_MONTHS",
        84,
        "how many months after they were sealed `flask retention` deletes decisions with all that belongs to "
        "them; 0: never",
        Range(0, 1200),
    )
    keep_events_months: int = _setting(
        "CREDITAPP_KEEP_EVENTS_MONTHS",
        84,
        "how many months after they were sealed `flask retention` deletes events; 0: never",
        Range(0, 1200),
    )
    seal_key: str = _setting(
        "CREDITAPP_SEAL_KEY",
        "",
        "the file with the private key that signs the seals of the record; in development one is generated "
        "and kept in `instance/`",
    )
    seal_public_keys: str = _setting(
        "CREDITAPP_SEAL_PUBLIC_KEYS",
        "",
        "a file with the public keys that may have signed seals, for hosts without the private key, and "
        "after a change of the key",
    )
    seal_heads: str = _setting(
        "CREDITAPP_SEAL_HEADS",
        "",
        "where `flask seal` keeps a copy of each head: a file, `-` for standard output, or the address of "
        "another database",
    )
    lender_name: str = _setting(
        "CREDITAPP_LENDER_NAME",
        "Example Lender",
        "the lender's name in notices to applicants; if it is not set, production sends no notices",
    )
    lender_address: str = _setting(
        "CREDITAPP_LENDER_ADDRESS",
        "1 Example Street, Example Town",
        "the lender's address, its lines separated by commas; required like the name",
    )
    review_contact: str = _setting(
        "CREDITAPP_REVIEW_CONTACT",
        "reviews@lender.example",
        "where an applicant asks for a review by a person; required like the name",
    )
    time_zone: str = _setting(
        "CREDITAPP_TIME_ZONE",
        "",
        "the lender's time zone, as `Europe/Paris`: letters and exports for applicants are dated in it; if "
        "unset, that of the machine",
        IsTimeZone(),
    )
    security_contact: str = _setting(
        "CREDITAPP_SECURITY_CONTACT",
        "",
        "where to report a weakness, as `mailto:` or `https:` address; shown in "
        "`/.well-known/security.txt`",
    )
    session_hours: int = _setting(
        "CREDITAPP_SESSION_HOURS", 12, "how long a sign-in lasts", Range(1, 168)
    )
    second_factor: str = _setting(
        "CREDITAPP_SECOND_FACTOR",
        "optional",
        "`optional`, or `required`: analysts and admins must set one up before they can do anything",
        OneOf(["optional", "required"]),
    )
    four_eyes: str = _setting(
        "CREDITAPP_FOUR_EYES",
        "",
        "`on`: nobody reviews what they scored, and a second person approves each promotion and policy; "
        "`off`; if unset, on in production",
        OneOf(["", "on", "off"]),
    )
    oidc_issuer: str = _setting(
        "CREDITAPP_OIDC_ISSUER",
        "",
        "the address of an OpenID Connect provider, for single sign-on; the only other host that the "
        "service asks by this setting",
    )
    oidc_client_id: str = _setting(
        "CREDITAPP_OIDC_CLIENT_ID", "", "the name of this service at the provider"
    )
    oidc_client_secret: str = _setting(
        "CREDITAPP_OIDC_CLIENT_SECRET", "", "the secret of this service at the provider"
    )
    oidc_roles: tuple[str, ...] = _setting(
        "CREDITAPP_OIDC_ROLES",
        (),
        "which group of the provider has which role, as in `risk-analysts=analyst,credit=officer`",
    )
    oidc_groups_claim: str = _setting(
        "CREDITAPP_OIDC_GROUPS_CLAIM",
        "groups",
        "the claim of the identity token that lists the groups",
    )
    oidc_strength: tuple[str, ...] = _setting(
        "CREDITAPP_OIDC_STRENGTH",
        (),
        "which `amr` or `acr` of the identity token mean that the provider asked for two factors, as in "
        "`mfa,otp`; without one of them nobody comes in; empty: not checked",
    )
    idle_minutes: int = _setting(
        "CREDITAPP_IDLE_MINUTES",
        60,
        "after how many minutes without a request a sign-in ends",
        Range(2, 10_080),
    )
    cors_origins: tuple[str, ...] = _setting(
        "CREDITAPP_CORS_ORIGINS",
        (),
        "origins whose pages may call the API, separated by commas; empty: none",
    )
    given: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read and check all settings.

        Raises:
            InvalidSetting: one line that names the first bad setting and what it accepts.
        """
        values = {name: _read(setting) for name, setting in SETTINGS.items()}
        if not values["secret_key"] and values["env"] == "development":
            values["secret_key"] = _development_secret()
        given = {setting.name for setting in SETTINGS.values() if _is_given(setting.name)}
        return cls(**values, given=frozenset(given))

    @property
    def production(self) -> bool:
        """Whether the service runs in production."""
        return self.env == "production"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The secret in use, and the older ones."""
        return (self.secret_key, *self.secret_key_fallbacks)

    @property
    def oidc_role_map(self) -> dict[str, str]:
        """The names of roles by the groups of the provider.

        Raises:
            ValueError: an entry is not of the form group=role.
        """
        pairs = [entry.rpartition("=") for entry in self.oidc_roles]
        if not all(group and role in ROLES for group, _, role in pairs):
            raise ValueError("an entry is not of the form group=role")
        return {group: role for group, _, role in pairs}

    @property
    def two_people(self) -> bool:
        """Whether changes and reviews need a second person."""
        return self.four_eyes == "on" or (self.production and not self.four_eyes)

    @property
    def database_address(self) -> str:
        """The database's address; a relative SQLite path is below the instance folder."""
        return _absolute(self.database_url, INSTANCE)

    @property
    def portfolio_folder(self) -> Path:
        """The portfolio's folder."""
        return ROOT / self.portfolio

    @property
    def uploads_folder(self) -> Path:
        """The folder for the files that people upload."""
        return INSTANCE / self.uploads

    @property
    def tracking_uri(self) -> str:
        """The registry's address; a relative SQLite path is below the project's folder."""
        if Path.cwd() == ROOT and _escape(ROOT) != str(ROOT):
            # why: MLflow makes the folder that an address names as it is written, with its escapes.
            return self.mlflow_tracking_uri
        return _absolute(self.mlflow_tracking_uri, ROOT)


SETTINGS: dict[str, Setting] = {
    field.name: field.metadata["setting"] for field in fields(Settings) if field.metadata
}
"""The declared settings by the names of their fields."""


def markdown_table() -> str:
    """The settings as README shows them."""
    rows = [
        f"| `{setting.name}` | {setting.shown_default} | {setting.about} |"
        for setting in SETTINGS.values()
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def _absolute(address: str, folder: Path) -> str:
    scheme, separator, path = address.partition(":///")
    if scheme.startswith("sqlite") and separator and path and not path.startswith(("/", ":")):
        return f"{scheme}:///{_escape(folder)}/{path}"
    return address


def _escape(folder: Path) -> str:
    """A folder as it stands in an address, where these two signs have a meaning."""
    return str(folder).replace("%", "%25").replace("?", "%3F")


def _read(setting: Setting) -> Any:
    try:
        return setting.read(FileAwareEnv(strip_whitespace=True))
    except (EnvError, ValueError) as error:
        raise InvalidSetting(f"{setting.name}: {setting.about}; {error}") from error


def _is_given(name: str) -> bool:
    return name in os.environ or f"{name}_FILE" in os.environ


def _development_secret() -> str:
    """The secret of this checkout, generated at first use; production never uses it."""
    path = INSTANCE / "secret_key"
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    return path.read_text()


def _write_once(path: Path, text: str) -> None:
    """Create the file complete and private; if two processes try, the first one wins."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(text)
        with suppress(FileExistsError):
            publish(draft, path)
    except OSError as error:
        raise InvalidSetting(
            f"SECRET_KEY: {path} cannot be written: {error.strerror}; set SECRET_KEY, or let the "
            "folder be written to"
        ) from error
