"""The lender, as letters and exports name it."""

from collections.abc import Sequence
from dataclasses import dataclass

from creditapp.exceptions import NoNotice
from creditapp.settings.settings import Settings

LENDER_SETTINGS = {
    "CREDITAPP_LENDER_NAME": "lender_name",
    "CREDITAPP_LENDER_ADDRESS": "lender_address",
    "CREDITAPP_REVIEW_CONTACT": "review_contact",
}


@dataclass(frozen=True)
class Lender:
    """Who writes, and whom an applicant asks for a review."""

    name: str
    address: Sequence[str]
    contact: str


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
        raise NoNotice(f"a notice needs the lender's name and address; set {', '.join(missing)}")
    address = [line.strip() for line in settings.lender_address.split(",")]
    return Lender(settings.lender_name, address, settings.review_contact)
