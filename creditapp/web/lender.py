"""The lender, as letters and exports name it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from flask_babel import format_date, format_datetime

from creditapp.exceptions import NoNotice
from creditapp.phrases import marked
from creditapp.settings.settings import Settings
from creditapp.settings.time_zones import zone_of

LENDER_SETTINGS = {
    "CREDITAPP_LENDER_NAME": "lender_name",
    "CREDITAPP_LENDER_ADDRESS": "lender_address",
    "CREDITAPP_REVIEW_CONTACT": "review_contact",
}


@dataclass(frozen=True)
class Lender:
    """Who writes, whom an applicant asks for a review, and the time zone of dates."""

    name: str
    address: Sequence[str]
    contact: str
    zone: tzinfo

    def show_date(self, time: datetime) -> str:
        """The date of a time where the lender is, in the reader's language."""
        return str(format_date(time.astimezone(self.zone), "long", rebase=False))

    def show_time(self, time: datetime) -> str:
        """A time where the lender is, in the reader's language, with the short name of the time zone."""
        there = time.astimezone(self.zone)
        return f"{format_datetime(there, 'medium', rebase=False)} {there.tzname()}"


def lender_of(settings: Settings) -> Lender:
    """The lender of the settings.

    Raises:
        NoNotice: a setting is missing in production, where the defaults are refused.
    """
    missing = [
        name
        for name, field in LENDER_SETTINGS.items()
        if name not in settings.given or not getattr(settings, field)
    ]
    if settings.production and missing:
        raise NoNotice(
            marked("a notice needs the lender's name and address; set %(names)s"),
            names=", ".join(missing),
        )
    address = [line.strip() for line in settings.lender_address.split(",")]
    zone = zone_of(settings.time_zone)
    return Lender(settings.lender_name, address, settings.review_contact, zone)
