"""Connections of which the start warns."""

import pytest

from creditapp.settings.connections import unprotected_connections
from creditapp.settings.settings import Settings

REST = {
    "CREDITAPP_LIMITS_STORAGE": "redis://redis:6379/0",
    "MLFLOW_TRACKING_URI": "http://mlflow:5000",
    "DATABASE_URL": "postgresql://creditapp:x@postgres:5432/creditapp",
}


def warned_of(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> list[str]:
    """The settings that are named, with one value changed."""
    monkeypatch.delenv("PGSSLMODE", raising=False)
    for key, usual in {**REST, name: value}.items():
        monkeypatch.setenv(key, usual)
    warnings = unprotected_connections(Settings.from_environment())
    return [warning.partition(":")[0] for warning in warnings]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://a:b@data.example/c"),
        ("DATABASE_URL", "postgresql://a:b@10.0.0.10:5432/c"),
        ("DATABASE_URL", "postgresql://a:b@[fd00::10]:5432/c"),
        ("DATABASE_URL", "postgresql://a:b@data.example/c?sslmode=require"),
        ("DATABASE_URL", "postgresql://a:b@/c?host=one.example:5432&host=two.example:5432"),
        ("CREDITAPP_LIMITS_STORAGE", "redis://:b@data.example:6379/0"),
        ("MLFLOW_TRACKING_URI", "http://data.example:5000"),
    ],
)
def test_another_host_without_a_verified_certificate_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """By its setting alone; encryption without verification is no protection."""
    assert warned_of(monkeypatch, name, value) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://a:b@127.0.0.1/c"),
        ("DATABASE_URL", "postgresql://a:b@[::1]:5432/c"),
        ("DATABASE_URL", "postgresql://a:b@localhost/c"),
        ("DATABASE_URL", "postgresql://a:b@/c?host=/run/postgresql.d"),
        ("DATABASE_URL", "sqlite:////var/lib/credit.app/creditapp.db"),
        ("DATABASE_URL", "postgresql://a:b@data.example/c?sslmode=verify-full&sslrootcert=/ca"),
        ("DATABASE_URL", "postgresql://a:b@/c?host=one.example&host=two.example&sslmode=verify-ca"),
        ("CREDITAPP_LIMITS_STORAGE", "rediss://:b@data.example:6380/0?ssl_ca_certs=/ca"),
        ("CREDITAPP_LIMITS_STORAGE", "memory://"),
        ("MLFLOW_TRACKING_URI", "https://data.example:5443"),
        ("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"),
    ],
)
def test_what_is_protected_or_stays_on_this_host_is_not_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Nor a name without a dot: that is on a network of its own."""
    assert warned_of(monkeypatch, name, value) == []


def test_the_mode_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the PostgreSQL driver reads it."""
    for key, value in {**REST, "DATABASE_URL": "postgresql://a:b@data.example/c"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert unprotected_connections(Settings.from_environment()) == []
