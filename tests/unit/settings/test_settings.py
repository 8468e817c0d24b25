"""Settings from the environment."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from creditapp.exceptions import InvalidSetting
from creditapp.settings.paths import ROOT
from creditapp.settings.settings import Settings, markdown_table
from creditapp.settings.time_zones import zone_of


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("CREDITAPP_ENV", "staging"),
        ("CREDITAPP_WORKERS", "0"),
        ("CREDITAPP_THREADS", "many"),
        ("CREDITAPP_MAX_BODY_BYTES", "1"),
        ("CREDITAPP_MAX_BATCH", "-1"),
        ("SECRET_KEY_FILE", "/nowhere"),
    ],
)
def test_bad_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The error is one line that begins with the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=rf"^{name.removesuffix('_FILE')}: [^\n]+$"):
        Settings.from_environment()


def test_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`…_FILE` names the file; the line break at its end is removed."""
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "key").write_text("k" * 40 + "\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert Settings.from_environment().secret_key == "k" * 40


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Europe/Pariss", "did you mean Europe/Paris?"),
        ("europe/rome", "did you mean Europe/Rome?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("America/New York", "did you mean America/New_York?"),
        ("Europe", "did you mean Europe/"),
        ("../etc/passwd", "use a name such as"),
        ("\x00", "use a name such as"),
    ],
)
def test_a_wrong_time_zone_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, name: str, near: str
) -> None:
    """A name that only looks like one would date letters wrongly."""
    monkeypatch.setattr("os.environ", {**os.environ, "CREDITAPP_TIME_ZONE": name})
    with pytest.raises(
        InvalidSetting, match=rf"^CREDITAPP_TIME_ZONE: [^\n]*{re.escape(near)}[^\n]*$"
    ):
        Settings.from_environment()


def test_the_time_zone_is_that_of_the_machine_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's is what TZ says."""
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert Settings.from_environment().time_zone == ""
    assert moment.astimezone(zone_of("")).hour == 21
    monkeypatch.setenv("CREDITAPP_TIME_ZONE", "Europe/Paris")
    assert moment.astimezone(zone_of(Settings.from_environment().time_zone)).hour == 14


def test_origins_are_read_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commas separate the origins; blanks are ignored."""
    monkeypatch.setenv("CREDITAPP_CORS_ORIGINS", "https://a.example, https://b.example")
    assert Settings.from_environment().cors_origins == ("https://a.example", "https://b.example")


def test_readme_contains_the_table_of_settings() -> None:
    """The table is up to date; `make documents` writes it."""
    assert markdown_table() in (ROOT / "README.md").read_text()
