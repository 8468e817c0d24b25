"""The tables of a report, and how their figures are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditapp.phrases import Phrase, marked

Report = Mapping[str, Any]
"""A validation report as `training/validation` makes it."""

NONE = "–"
"""What stands for a figure that is not known."""


@dataclass(frozen=True)
class Table:
    """A table of a report; the first `texts` columns are texts, the others figures.

    Only tables that are `shown` are open when a page is opened.
    """

    key: str
    title: object
    header: Sequence[object]
    rows: Sequence[Sequence[object]]
    note: object = ""
    texts: int = 1
    shown: bool = True


def phrase(template: str, **values: object) -> Phrase:
    """A text with values, translated when it is shown."""
    return Phrase(template, values)


def figure(number: float | None, digits: int = 3) -> str:
    """A figure with fixed decimals; a dash for none."""
    return NONE if number is None else f"{number:.{digits}f}"


def interval(value: Mapping[str, float] | None, digits: int = 3) -> str:
    """A figure with the limits of its interval; its key is `mean` or `value`."""
    if value is None:
        return NONE
    centre = value["mean"] if "mean" in value else value["value"]
    return f"{centre:.{digits}f} [{value['low']:.{digits}f}, {value['high']:.{digits}f}]"


def share(number: float | None) -> str:
    """A share of 1 in percent."""
    return NONE if number is None else f"{100 * number:.1f} %"


def yes_or_no(holds: bool | None) -> str:
    """A truth in words; a dash for none."""
    if holds is None:
        return NONE
    return marked("yes") if holds else marked("no")


def title_of(report: Report, name: str) -> str:
    """The title of a field."""
    titles: dict[str, str] = {one["name"]: one["title"] for one in report["data"]["inputs"]}
    return titles.get(name, name)
