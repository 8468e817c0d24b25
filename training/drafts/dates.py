"""The ways in which dates are written, and the reading of one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

NOT_A_DATE = float("nan")
EARLIEST = date(1900, 1, 1).toordinal()
LATEST = date(2100, 12, 31).toordinal()


@dataclass(frozen=True)
class DatePattern:
    """A strptime format, the expression that its texts match, and the look of it for people."""

    format: str
    expression: str
    shown: str


_TIMES = {
    "": "",
    " %H:%M": r" \d{1,2}:\d{2}",
    " %H:%M:%S": r" \d{1,2}:\d{2}:\d{2}",
    "T%H:%M:%S": r"T\d{2}:\d{2}:\d{2}",
    " %H:%M:%S.%f": r" \d{2}:\d{2}:\d{2}\.\d{1,6}",
    "T%H:%M:%S.%f": r"T\d{2}:\d{2}:\d{2}\.\d{1,6}",
    "T%H:%M:%S%z": r"T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:?\d{2})",
}
_DAYS = (
    ("%Y-%m-%d", r"\d{4}-\d{1,2}-\d{1,2}", "year-month-day, with and without zeros"),
    ("%Y/%m/%d", r"\d{4}/\d{1,2}/\d{1,2}", "year/month/day"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}", "day/month/year"),
    ("%m/%d/%Y", r"\d{1,2}/\d{1,2}/\d{4}", "month/day/year"),
    ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}", "day-month-year"),
    ("%m-%d-%Y", r"\d{1,2}-\d{1,2}-\d{4}", "month-day-year"),
    ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}", "day.month.year"),
    ("%d/%m/%y", r"\d{1,2}/\d{1,2}/\d{2}", "day/month/two-digit year"),
    ("%m/%d/%y", r"\d{1,2}/\d{1,2}/\d{2}", "month/day/two-digit year"),
    ("%d.%m.%y", r"\d{1,2}\.\d{1,2}\.\d{2}", "day.month.two-digit year"),
    ("%d-%b-%Y", r"\d{1,2}-[A-Za-z]{3}-\d{4}", "day-month name-year"),
    ("%d %b %Y", r"\d{1,2} [A-Za-z]{3} \d{4}", "day month name year"),
    ("%d-%b-%y", r"\d{1,2}-[A-Za-z]{3}-\d{2}", "day-month name-two-digit year"),
)
_MONTHS = (
    ("%b-%Y", r"[A-Za-z]{3}-\d{4}", "month name-year"),
    ("%b-%y", r"[A-Za-z]{3}-\d{2}", "month name-two-digit year"),
    ("%b %Y", r"[A-Za-z]{3} \d{4}", "month name year"),
    ("%Y-%m", r"\d{4}-\d{2}", "year-month"),
    ("%Y%m%d", r"(?:19|20)\d{6}", "yearmonthday"),
)
ISO = DatePattern("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}", "year-month-day")
PATTERNS = (
    ISO,
    *(
        DatePattern(day + time, expression + of_time, shown + (" with time" if time else ""))
        for day, expression, shown in _DAYS
        for time, of_time in _TIMES.items()
    ),
    *(DatePattern(*month) for month in _MONTHS),
)


def read_dates(texts: list[str], format_: str) -> NDArray[np.float64]:
    """The days of texts, counted from the year 1; not-a-number where a text is no day."""
    return np.array([_day(_without_time(text, format_), _day_format(format_)) for text in texts])


def written(day: float) -> str:
    """A counted day as an ISO date."""
    return date.fromordinal(int(day)).isoformat()


def other_order(format_: str) -> str | None:
    """The same format with day and month exchanged, where both are digits and either comes first."""
    if format_.startswith(("%d/%m", "%d-%m")):
        return f"%m{format_[2]}%d{format_[5:]}"
    if format_.startswith(("%m/%d", "%m-%d")):
        return f"%d{format_[2]}%m{format_[5:]}"
    return None


def _day_format(format_: str) -> str:
    return format_.replace("T%H", " %H").partition(" %H")[0]


def _without_time(text: str, format_: str) -> str:
    return text.replace("T", " ").partition(" ")[0] if "%H" in format_ else text


@lru_cache(maxsize=200_000)
def _day(text: str, format_: str) -> float:
    try:
        day = datetime.strptime(text, format_).replace(tzinfo=UTC).toordinal()
    except ValueError:
        return NOT_A_DATE
    return float(day) if EARLIEST <= day <= LATEST else NOT_A_DATE
