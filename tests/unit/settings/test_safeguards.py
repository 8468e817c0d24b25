"""Settings with which the service does not start."""

import re
from pathlib import Path

import pytest

from creditapp.exceptions import InvalidSetting
from creditapp.settings.names import OF_COMPOSE
from creditapp.settings.paths import ROOT
from creditapp.settings.safeguards import checked_settings
from creditapp.settings.settings import SETTINGS

GOOD = {
    "CREDITAPP_ENV": "production",
    "SECRET_KEY": "3f0c9d1be7a84c5d9e2f6b1a7c8d0e4f5a6b7c8d",
    "DATABASE_URL": "sqlite:////var/lib/creditapp/creditapp.db",
    "MLFLOW_TRACKING_URI": "https://mlflow.example",
    "CREDITAPP_TRUSTED_HOSTS": "credit.example",
    "CREDITAPP_LIMITS_STORAGE": "redis://redis.example/0",
    "CREDITAPP_MAX_BODY_BYTES": "16777216",
    "CREDITAPP_PROXIES": "10.0.0.2",
    "CREDITAPP_METRICS_NETWORKS": "10.0.1.0/24",
    "CREDITAPP_CORS_ORIGINS": "https://app.example",
    "CREDITAPP_OIDC_ISSUER": "https://login.example/realms/bank",
    "CREDITAPP_OIDC_CLIENT_ID": "creditapp",
    "CREDITAPP_OIDC_CLIENT_SECRET": "hush",
    "CREDITAPP_OIDC_ROLES": "cn=risk.dc=bank=analyst",
    "CREDITAPP_OIDC_STRENGTH": "mfa",
    "CREDITAPP_SECOND_FACTOR": "required",
}

BAD = [
    ("SECRET_KEY", None),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "abababababababababababababababababababab"),
    ("SECRET_KEY", "change-me-in-production-please-now-2026"),
    ("SECRET_KEY", "0123456789abcdef0123456789abcdef"),
    ("SECRET_KEY", "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf"),
    ("SECRET_KEY_FALLBACKS", "change-me-in-production-please-now-2026"),
    ("FLASK_DEBUG", "1"),
    ("DATABASE_URL", None),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite:///file:x?mode=memory&cache=shared&uri=true"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "postgresql://u@/credit?host=one.example&host=two.example"),
    ("DATABASE_URL", "mysql://u:8f3kd93jf8sk2@db.example/credit"),
    ("DATABASE_URL", "postgres://u:8f3kd93jf8sk2@db.example/credit"),
    ("DATABASE_URL", "postgresql+psycopg2://u:8f3kd93jf8sk2@db.example/credit"),
    ("DATABASE_URL", "postgresql://u:8f3kd93jf8sk2@db.example:port/credit"),
    ("CREDITAPP_TRUSTED_HOST", "credit.example"),
    ("CREDITAPP_SECRET_KEY_FILE", "/run/secrets/key"),
    ("CREDITAPP_PORT", "8000"),
    ("MLFLOW_TRACKING_URI", None),
    ("CREDITAPP_TRUSTED_HOSTS", None),
    ("CREDITAPP_TRUSTED_HOSTS", "*"),
    ("CREDITAPP_TRUSTED_HOSTS", "credit.example,.*"),
    ("CREDITAPP_TRUSTED_HOSTS", ".com"),
    ("CREDITAPP_TRUSTED_HOSTS", "com"),
    ("CREDITAPP_TRUSTED_HOSTS", "credit.example,CO.UK"),
    ("CREDITAPP_TRUSTED_HOSTS", ".co.uk"),
    ("CREDITAPP_TRUSTED_HOSTS", ".github.io"),
    ("CREDITAPP_TRUSTED_HOSTS", ".kawasaki.jp"),
    ("CREDITAPP_TRUSTED_HOSTS", "."),
    ("CREDITAPP_TRUSTED_HOSTS", ".*.co.uk"),
    ("CREDITAPP_PROXIES", "::/0"),
    ("CREDITAPP_PROXIES", "10.0.0.2,0.0.0.0/0"),
    ("CREDITAPP_PROXIES", "::ffff:0:0/96"),
    ("CREDITAPP_PROXIES", "0.0.0.0/0"),
    ("CREDITAPP_PROXIES", "0.0.0.0/1,128.0.0.0/1"),
    ("CREDITAPP_PROXIES", "*"),
    ("CREDITAPP_METRICS_NETWORKS", "::/0"),
    ("CREDITAPP_METRICS_NETWORKS", "everybody"),
    ("CREDITAPP_CORS_ORIGINS", "*"),
    ("CREDITAPP_CORS_ORIGINS", "http://app.example"),
    ("CREDITAPP_CORS_ORIGINS", "app.example"),
    ("CREDITAPP_CORS_ORIGINS", "https://.*"),
    ("CREDITAPP_LIMITS_STORAGE", None),
    ("CREDITAPP_LIMITS_STORAGE", "mongodb://x"),
    ("CREDITAPP_LIMITS_STORAGE", "redis://:pw@h:notaport/0"),
    ("CREDITAPP_SCORING_LIMIT", "many"),
    ("CREDITAPP_SCORING_LIMIT", "0 per minute"),
    ("CREDITAPP_SCORING_LIMIT", "0/day"),
    ("CREDITAPP_READING_LIMIT", "0 per minute"),
    ("CREDITAPP_SIGN_IN_LIMIT", "0 per minute"),
    ("CREDITAPP_READING_LIMIT", "many"),
    ("CREDITAPP_SIGN_IN_LIMIT", "-1"),
    ("CREDITAPP_SIGN_IN_LIMIT", "1000000000 per second"),
    ("CREDITAPP_MAX_BODY_BYTES", None),
    ("CREDITAPP_MAX_BODY_BYTES", "1"),
    ("CREDITAPP_SESSION_HOURS", "0"),
    ("CREDITAPP_HOST", "credit.example"),
    ("CREDITAPP_WORKERS", "0"),
    ("CREDITAPP_OIDC_ISSUER", "login.example"),
    ("CREDITAPP_OIDC_ISSUER", "http://login.example"),
    ("CREDITAPP_OIDC_ISSUER", "https://login.example?realm=x"),
    ("CREDITAPP_OIDC_CLIENT_ID", None),
    ("CREDITAPP_OIDC_CLIENT_SECRET", None),
    ("CREDITAPP_OIDC_ROLES", None),
    ("CREDITAPP_OIDC_ROLES", "risk=king"),
    ("CREDITAPP_OIDC_ROLES", "=analyst"),
    ("CREDITAPP_OIDC_ROLES", "analyst"),
    ("CREDITAPP_OIDC_STRENGTH", None),
    ("CREDITAPP_FOUR_EYES", "maybe"),
    ("CREDITAPP_SECOND_FACTOR", "sometimes"),
    ("CREDITAPP_IDLE_MINUTES", "0"),
    ("PORT", "0"),
    ("CREDITAPP_ENV", "prod"),
]


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """A valid production environment."""
    for setting in SETTINGS.values():
        monkeypatch.delenv(setting.name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_valid_settings_are_accepted() -> None:
    """The settings of `GOOD` pass all safeguards of production."""
    assert checked_settings().production


@pytest.mark.parametrize(("name", "value"), BAD)
def test_bad_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    """The error is one line that begins with the setting and does not show the secret."""
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=rf"^{name}: [^\n]+$") as caught:
        checked_settings()
    if name == "SECRET_KEY" and value:
        assert value not in str(caught.value)


def test_a_group_may_hold_an_equals_sign() -> None:
    """The role stands after the last one."""
    assert checked_settings().oidc_role_map == {"cn=risk.dc=bank": "analyst"}


def test_limits_in_memory_are_accepted_with_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single process counts all requests."""
    monkeypatch.setenv("CREDITAPP_LIMITS_STORAGE", "memory://")
    monkeypatch.setenv("CREDITAPP_WORKERS", "1")
    assert checked_settings().workers == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::"])  # noqa: S104
def test_development_requires_a_loopback_host(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Development has no sign-in, so other machines must not reach it."""
    monkeypatch.setenv("CREDITAPP_ENV", "development")
    monkeypatch.setenv("CREDITAPP_HOST", host)
    with pytest.raises(InvalidSetting, match=r"^CREDITAPP_HOST: "):
        checked_settings()


def test_metrics_folder_with_other_files_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The folder is emptied at the start, so it must not hold the database."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_1.db").touch()
    assert checked_settings()
    (tmp_path / "creditapp.db").touch()
    with pytest.raises(InvalidSetting, match=r"^PROMETHEUS_MULTIPROC_DIR: "):
        checked_settings()


def test_the_nearest_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt setting would be ignored otherwise."""
    monkeypatch.setenv("CREDITAPP_TRUSTED_HOST", "credit.example")
    with pytest.raises(InvalidSetting, match=r"did you mean CREDITAPP_TRUSTED_HOSTS\?$"):
        checked_settings()


def test_variables_of_kubernetes_are_no_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It puts the addresses of a service into all pods beside it."""
    for name in ("SERVICE_HOST", "SERVICE_PORT", "PORT", "PORT_8000_TCP", "PORT_8000_TCP_ADDR"):
        monkeypatch.setenv(f"CREDITAPP_{name}", "tcp://10.0.0.7:8000")
    assert checked_settings().production


def test_variables_of_compose_are_no_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of the compose files that are no settings."""
    files = [ROOT / "docker-compose.yml", *(ROOT / "ops/compose").iterdir()]
    text = "".join(file.read_text() for file in files)
    settings = {setting.name for setting in SETTINGS.values()}
    names = set(re.findall(r"\$\{(CREDITAPP_\w+)", text)) - settings
    assert names == set(OF_COMPOSE)
    for name in names:
        monkeypatch.setenv(name, "x")
    assert checked_settings().production
