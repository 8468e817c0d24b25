"""Dates for applicants are those of the lender's time zone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date

from creditapp.factory import create_app
from creditapp.identity.people import Role
from creditapp.settings.settings import Settings
from tests.clients import POOR, StrictClient

ZONES = ("Pacific/Kiritimati", "Etc/GMT+12")
"""14 hours ahead of UTC and 12 behind: it is never the same day in both."""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_letters_have_the_days_of_the_lender(
    settings: Settings, people: dict[Role, str], zone: str, language: str
) -> None:
    """The day of the application and the day of the letter."""
    app = create_app(replace(settings, time_zone=zone))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in("the officer", people[Role.OFFICER])
    decision = client.post("/api/predict", json=POOR).get_json()["decision_id"]
    page = client.get(f"/decisions/{decision}/notice?lang={language}").text
    other = next(one for one in ZONES if one != zone)
    assert page.count(day_in(zone, language)) == 2
    assert day_in(other, language) not in page


def test_an_export_for_an_applicant_has_the_days_of_the_lender(
    settings: Settings, people: dict[Role, str], tmp_path: Path
) -> None:
    """Times say in which zone they are."""
    app = create_app(replace(settings, time_zone=ZONES[0]))
    app.test_client_class = StrictClient
    client = app.test_client()
    assert isinstance(client, StrictClient)
    client.sign_in("the officer", people[Role.OFFICER])
    decision = client.post("/api/predict", json=POOR).get_json()["decision_id"]
    client.get(f"/decisions/{decision}")
    with app.app_context():
        arguments = ["export", "applicant", str(tmp_path / "out"), decision]
        done = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "applicant.html").read_text()
    assert day_in(ZONES[0], "en") in page
    assert day_in(ZONES[1], "en") not in page
    assert " +14: your answers were read" in page


def day_in(zone: str, language: str) -> str:
    """Today's date in a zone."""
    return format_date(datetime.now(UTC).astimezone(ZoneInfo(zone)), "long", locale=language)
