"""Reads the outcome: which values are bad, that all others are good, and which rows have none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from creditapp.exceptions import BadTable
from training.drafts.fields import DraftField, Value
from training.drafts.kinds import INTEGER, NUMBER, Kind
from training.drafts.missing import is_missing_text
from training.drafts.profile import Profile
from training.drafts.survey import Survey
from training.drafts.typing_of_texts import natural

MOST_VALUES = 10


@dataclass(frozen=True)
class Outcome:
    """The outcome's field and values; `missing` rows have none."""

    field: DraftField
    good: list[Value]
    bad: list[Value]
    texts: dict[str, bool]
    rows: int
    bad_rows: int
    missing: int

    def sampled(self, whole: Survey) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """For the sampled rows: whether the outcome is known, and whether it is bad."""
        cells = whole.cells(self.field.name)
        bad = [text for text, is_bad in self.texts.items() if is_bad]
        return _is_in(cells, list(self.texts)), _is_in(cells, bad)


def read_outcome(whole: Survey, name: str, bad: Sequence[str]) -> Outcome:
    """Find the outcome's values, and divide them.

    Raises:
        BadTable: no such column, too many values, a bad value that never occurs, or one class only.
    """
    counts = _counts(whole, name)
    texts = [text for text in counts if not is_missing_text(text, among_texts=False)]
    bads = _bad_texts(name, texts, counts, bad)
    if len(bads) == len(texts):
        raise BadTable(
            f'all values of the outcome "{name}" are bad; found is {_shown(counts)}. At least one '
            "other value must stand for good"
        )
    kind = _kind(whole.profiles[name], texts)
    missing = whole.profiles[name].empty + sum(n for text, n in counts.items() if text not in texts)
    field = _field(name, kind, texts)
    outcome = Outcome(
        field,
        good=_values(kind, [text for text in texts if text not in bads]),
        bad=_values(kind, bads),
        texts={text: text in bads for text in texts},
        rows=whole.rows - missing,
        bad_rows=sum(counts[text] for text in bads),
        missing=missing,
    )
    _ask(outcome, counts, whole.profiles[name].empty)
    return outcome


def _counts(whole: Survey, name: str) -> dict[str, int]:
    if name not in whole.profiles:
        present = ", ".join(whole.profiles)[:500]
        raise BadTable(f'there is no column "{name}" for the outcome; the columns are: {present}')
    profile = whole.profiles[name]
    if profile.counts is None or len(profile.counts) > MOST_VALUES:
        some = ", ".join(list(profile.counts or {})[:MOST_VALUES])
        raise BadTable(
            f'the outcome "{name}" has {profile.distinct:,.0f} different values; accepted are up to '
            f"{MOST_VALUES}" + (f". Found are {some} …" if some else "")
        )
    return profile.counts


def _bad_texts(
    name: str, texts: list[str], counts: dict[str, int], given: Sequence[str]
) -> list[str]:
    wanted = [value for text in given for value in ([text] if text in texts else text.split(","))]
    found: list[str] = []
    for value in (text.strip() for text in wanted):
        same = [text for text in texts if _is_same(text, value)]
        if not same:
            raise BadTable(
                f'the outcome "{name}" never has the bad value "{value}"; found is {_shown(counts)}'
            )
        found += [text for text in same if text not in found]
    return found


def _is_same(text: str, value: str) -> bool:
    if text == value:
        return True
    try:
        return float(text) == float(value)
    except ValueError:
        return False


def _shown(counts: dict[str, int]) -> str:
    return ", ".join(f'"{text}" ({count:,} rows)' for text, count in counts.items()) or "no value"


def _kind(profile: Profile, texts: list[str]) -> Kind | None:
    for kind in (INTEGER, NUMBER):
        fit = profile.fits.get(kind)
        if fit is not None and not set(texts) & set(fit.misfits):
            return kind
    return None


def _field(name: str, kind: Kind | None, texts: list[str]) -> DraftField:
    field = DraftField(name, kind.type if kind else "string", kind, role="outcome")
    if kind is None and {text.lower() for text in texts} == {"true", "false"}:
        field.type = "boolean"
    return field


def _values(kind: Kind | None, texts: list[str]) -> list[Value]:
    ordered = sorted(texts, key=natural)
    if kind is None:
        both = {"true": True, "false": False}
        return [both.get(text.lower(), text) for text in ordered]
    numbers = sorted({float(text) for text in texts})
    return [int(number) if number.is_integer() else number for number in numbers]


def _ask(outcome: Outcome, counts: dict[str, int], empty: int) -> None:
    field = outcome.field
    total = sum(counts.values())
    for text, count in counts.items():
        side = {True: "bad", False: "good", None: "missing"}[outcome.texts.get(text)]
        field.note(f'"{text}": {count:,} rows ({count / total:.1%}), {side}.')
    if outcome.missing:
        codes = [text for text in counts if text not in outcome.texts]
        field.missing = [("", "not known yet")] * bool(empty) + [(text, text) for text in codes]
        field.ask(
            f"{outcome.missing:,} rows have no outcome; training refuses them: take them out of the file"
        )
    if len(outcome.good) > 1:
        field.ask(
            f"{len(outcome.good)} values count as good: {', '.join(map(str, outcome.good))}; take rows "
            "out of the file whose outcome is not final"
        )
    field.required = not empty


def _is_in(cells: Any, texts: list[str]) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = pc.is_in(cells, value_set=pa.array(texts, pa.string())).to_numpy(
        zero_copy_only=False
    )
    return mask
