"""Reports of outcomes as they come in, from a request, a form or a file, and what is wrong with them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from creditapp.applications.outcome_kinds import WITH_AMOUNT, OutcomeKind
from creditapp.applications.table import LONGEST_REFERENCE, is_reference
from creditapp.phrases import Phrase, marked

Faults = dict[str, list[Phrase]]
"""What is wrong, by field."""

LARGEST_AMOUNT = 1e15
NUMBER = re.compile(r"[0-9]{1,15}([.][0-9]*)?")
CHOICES = {"true": True, "false": False}

AN_ID = marked("accepted is the id of a decision, as it was answered")
EITHER = marked("give decision_id or reference, and not both")
KINDS = marked("accepted is %(kinds)s")
A_DATE = marked("accepted is a day as YYYY-MM-DD")
AN_AMOUNT = marked("accepted is a number from 0 to %(largest)s, or nothing")
NO_AMOUNT = marked("an amount goes with %(kinds)s alone")
A_CHOICE = marked("accepted is true or false")
UNKNOWN = marked("this field is not known; the fields are %(fields)s")
A_REFERENCE = marked("accepted are 1 to %(longest)s printable characters")


@dataclass(frozen=True)
class Report:
    """An outcome that is reported, of the decision with an id or with a reference."""

    decision_id: UUID | None
    reference: str
    kind: OutcomeKind
    happened_on: date
    amount: float | None = None
    withdrawn: bool = False


FIELDS = ("decision_id", "reference", "kind", "date", "amount", "withdrawn")
"""The fields of a report as it is sent."""


def read_report(given: Mapping[str, Any]) -> Report | Faults:
    """Read a report of plain values, or say what is wrong with it; it may still name no decision."""
    faults: Faults = {}
    for name in given.keys() - set(FIELDS):
        faults[name] = [Phrase(UNKNOWN, {"fields": ", ".join(FIELDS)})]
    readers: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "decision_id": _decision_id,
        "reference": _reference,
        "kind": _kind,
        "date": _date,
        "amount": _amount,
        "withdrawn": _withdrawn,
    }
    read: dict[str, Any] = {}
    for name, reader in readers.items():
        value = reader(given)
        if isinstance(value, Phrase):
            faults[name] = [value]
        read[name] = value
    if faults:
        return faults
    return Report(
        read["decision_id"],
        read["reference"],
        read["kind"],
        read["date"],
        read["amount"],
        read["withdrawn"],
    )


def _decision_id(given: Mapping[str, Any]) -> UUID | Phrase | None:
    if ("decision_id" in given) == ("reference" in given):
        return Phrase(EITHER, {})
    if "decision_id" not in given:
        return None
    text = given["decision_id"]
    try:
        key = UUID(text) if isinstance(text, str) else None
    except ValueError:
        key = None
    return key if key and str(key) == text else Phrase(AN_ID, {})


def _reference(given: Mapping[str, Any]) -> str | Phrase:
    if "reference" not in given:
        return ""
    reference = given["reference"]
    if not is_reference(reference):
        return Phrase(A_REFERENCE, {"longest": LONGEST_REFERENCE})
    return str(reference)


def _kind(given: Mapping[str, Any]) -> OutcomeKind | Phrase:
    kind = given.get("kind")
    if kind not in list(OutcomeKind):
        return Phrase(KINDS, {"kinds": ", ".join(OutcomeKind)})
    return OutcomeKind(kind)


def _date(given: Mapping[str, Any]) -> date | Phrase:
    text = given.get("date")
    try:
        day = date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        day = None
    return day if day and str(day) == text else Phrase(A_DATE, {})


def _amount(given: Mapping[str, Any]) -> float | Phrase | None:
    amount = given.get("amount")
    if amount is None:
        return None
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    # why: NaN is never between two numbers.
    if not (is_number and 0 <= amount <= LARGEST_AMOUNT):
        return Phrase(AN_AMOUNT, {"largest": f"{LARGEST_AMOUNT:.0f}"})
    if isinstance(kind := _kind(given), OutcomeKind) and kind not in WITH_AMOUNT:
        return Phrase(NO_AMOUNT, {"kinds": ", ".join(sorted(WITH_AMOUNT))})
    return float(amount)


def _withdrawn(given: Mapping[str, Any]) -> bool | Phrase:
    withdrawn = given.get("withdrawn", False)
    return withdrawn if isinstance(withdrawn, bool) else Phrase(A_CHOICE, {})


def values_of_texts(texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of a row of a file, or of a form: empty texts are left out, numbers and choices read."""
    given: dict[str, Any] = {name: text.strip() for name, text in texts.items() if text.strip()}
    if NUMBER.fullmatch(str(given.get("amount", ""))):
        given["amount"] = float(given["amount"])
    if str(given.get("withdrawn", "")).lower() in CHOICES:
        given["withdrawn"] = CHOICES[given["withdrawn"].lower()]
    return given
