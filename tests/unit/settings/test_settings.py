"""Settings from the environment."""

from pathlib import Path

import pytest

from creditapp.exceptions import InvalidSetting
from creditapp.settings.paths import ROOT
from creditapp.settings.settings import Settings, markdown_table


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


def test_origins_are_read_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commas separate the origins; blanks are ignored."""
    monkeypatch.setenv("CREDITAPP_CORS_ORIGINS", "https://a.example, https://b.example")
    assert Settings.from_environment().cors_origins == ("https://a.example", "https://b.example")


def test_readme_contains_the_table_of_settings() -> None:
    """The table is up to date; `make documents` writes it."""
    assert markdown_table() in (ROOT / "README.md").read_text()
