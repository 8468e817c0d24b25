"""Time zones by their IANA names: the lender's, which letters are dated in."""

from datetime import tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.localtime import get_localzone
from marshmallow import ValidationError
from marshmallow.validate import Validator


class IsTimeZone(Validator):
    """Accepts the name of a time zone, or nothing."""

    def __call__(self, value: str) -> str:
        """Check a name.

        Raises:
            ValidationError: there is no such zone; the message has the nearest name.
        """
        if value and not _is_zone(value):
            raise ValidationError(f'there is no time zone "{value}"{_hint(value)}')
        return value


def zone_of(name: str) -> tzinfo:
    """The zone of a name; that of the machine if there is none."""
    return ZoneInfo(name) if name else get_localzone()


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _hint(name: str) -> str:
    # why: people write the city alone, or blanks and small letters.
    written = name.strip().replace(" ", "_").casefold()
    by_text: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        by_text.setdefault(zone.rpartition("/")[2].casefold(), zone)
        by_text[zone.casefold()] = zone
    near = get_close_matches(written, by_text, n=1)
    return f"; did you mean {by_text[near[0]]}?" if near else "; use a name such as Europe/Paris"
