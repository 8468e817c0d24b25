"""What is understood of an uploaded file, before anything is scored."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from creditapp.applications.application_table import wrong_rows
from creditapp.applications.catalogue import Catalogue
from creditapp.applications.localisation import written_in
from creditapp.exceptions import BadTable, NoRows
from creditapp.files import formats
from creditapp.files.csv_file import read_names
from creditapp.files.formats import Part, format_of
from creditapp.files.part import reason_of
from creditapp.phrase_documents import as_document
from creditapp.phrases import Figures, Phrase, Verbatim, marked

CHECKED_ROWS = 1000
SHOWN_ROWS = 3
SHOWN_WRONG = 50
LONGEST_TEXT = 300
MOST_UNPACKED = 1_000_000_000
"""Bytes of a row group of a Parquet file, which is held in memory whole."""

NO_NAMES = marked("The file is empty. The first line must hold the column names.")
NO_ROWS = marked("The file holds column names but no rows. Add at least one row.")
SEPARATOR = marked(
    "The column names are separated by %(found)s. Separate the columns by %(expected)s, as the template does."
)
ENCODING = marked("The column names are not UTF-8. Save the file as CSV in UTF-8.")
MISSING = marked("These columns are missing: %(names)s. The template has all columns.")
UNKNOWN = marked(
    "These columns are not known: %(names)s. Remove them, or write their names as the template does."
)
DOUBLED = marked("These columns appear more than once: %(names)s. Keep one of each.")
TWO_REFERENCES = marked("The columns %(names)s both hold the reference. Keep one of them.")
TOO_MANY_ROWS = marked("The file has more than %(most)s rows. Split it into smaller files.")
TOO_LARGE_UNPACKED = marked(
    "A row group of the file has more than %(most)s MB unpacked. Write the file with smaller row groups."
)
UNREADABLE = marked("The file cannot be read: %(reason)s.")
ALL_WRONG = marked(
    "None of the rows can be scored. See the reasons below, correct the file, and upload it again."
)

SEPARATORS = {
    ";": marked("semicolons"),
    "\t": marked("tabs"),
    "|": marked("vertical bars"),
    ",": marked("commas"),
}
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Columns:
    """The column names of a file, by what they are to the catalogue."""

    matched: Sequence[str] = ()
    left_out: Sequence[str] = ()
    ignored: Sequence[str] = ()
    missing: Sequence[str] = ()
    unknown: Sequence[str] = ()
    doubled: Sequence[str] = ()


@dataclass(frozen=True)
class Preview:
    """What was understood; with a `problem` the file cannot be scored.

    `rows` counts all rows, unless the file was refused before. `first` are the first rows as they were read,
    each with its number. `wrong_rows` are the first wrong ones among the first `checked`, each with its
    number and what is wrong.
    """

    columns: Columns = Columns()
    separator: str = ""
    rows: int | None = None
    checked: int = 0
    wrong: int = 0
    wrong_rows: Sequence[tuple[int, str]] = ()
    first: Sequence[tuple[int, Mapping[str, Any]]] = ()
    problem: Phrase | None = field(default=None)

    def as_document(self) -> dict[str, Any]:
        """The preview as JSON."""
        return {**asdict(replace(self, problem=None)), "problem": as_document(self.problem)}


def preview(catalogue: Catalogue, path: Path, most_rows: int, language: str = "en") -> Preview:
    """Look at an uploaded file: its columns, its first rows, and how many there are.

    `language` is that of the reasons of wrong rows.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        names = [name.strip() for name in formats.names_of(catalogue, path)]
        separator = read_names(catalogue, path).delimiter if format_of(path) == "csv" else ""
        columns = sort_columns(catalogue, names)
        problem = _problem_of(catalogue, names, columns, separator)
        if problem:
            return Preview(columns, separator, problem=problem)
        with written_in(language):
            return _with_rows(catalogue, path, most_rows, Preview(columns, separator))
    except BadTable as error:
        return Preview(problem=Phrase(UNREADABLE, {"reason": error.phrase}))


def sort_columns(catalogue: Catalogue, names: Sequence[str]) -> Columns:
    """Say of each column what it is."""
    known = catalogue.allowed_keys
    features = catalogue.feature_names
    return Columns(
        matched=[name for name in dict.fromkeys(names) if name in known],
        left_out=[
            one
            for one in catalogue.by_name
            if one not in names and one not in catalogue.required_keys
        ],
        ignored=[name for name in dict.fromkeys(names) if name in catalogue.ignored - known],
        missing=[one for one in features if one in catalogue.required_keys and one not in names],
        unknown=[name for name in dict.fromkeys(names) if name not in known | catalogue.ignored],
        doubled=[name for name in dict.fromkeys(names) if names.count(name) > 1],
    )


def _problem_of(
    catalogue: Catalogue, names: Sequence[str], columns: Columns, separator: str
) -> Phrase | None:
    """The first reason not to read the rows; the cause before what follows from it."""
    if not any(names):
        return Phrase(NO_NAMES, {})
    if found := _other_separator(names, separator):
        values = {"found": SEPARATORS[found], "expected": SEPARATORS.get(separator, separator)}
        return Phrase(SEPARATOR, values)
    if any(map(SURROGATE.search, names)):
        return Phrase(ENCODING, {})
    references = [name for name in catalogue.reference_keys if name in names]
    problems = (
        (MISSING, columns.missing),
        (UNKNOWN, columns.unknown),
        (DOUBLED, columns.doubled),
        (TWO_REFERENCES, references[1:] and references),
    )
    return next((Phrase(text, {"names": _list(found)}) for text, found in problems if found), None)


def _other_separator(names: Sequence[str], separator: str) -> str:
    """The separator that the column names seem to have instead; empty if they have the right one."""
    if not separator or len(names) > 1:
        return ""
    found = [one for one in SEPARATORS if one != separator and one in names[0]]
    return max(found, key=names[0].count, default="")


def _with_rows(catalogue: Catalogue, path: Path, most_rows: int, known: Preview) -> Preview:
    try:
        parts = formats.parts_of(catalogue, path)
    except NoRows:
        return replace(known, rows=0, problem=Phrase(NO_ROWS, {}))
    if format_of(path) == "parquet" and (refused := _is_too_much(path, parts, most_rows)):
        return replace(known, problem=refused)
    rows = _rows(catalogue, path, parts)
    sample = list(islice(rows, CHECKED_ROWS))
    count = _count(path, parts, len(sample), rows, most_rows)
    wrong = sorted(wrong_rows(catalogue, [row for _, row in sample]))
    is_csv = format_of(path) == "csv"
    reasons = [
        (sample[place][0], _short(reason_of(catalogue, sample[place][1], is_csv=is_csv)))
        for place in wrong[:SHOWN_WRONG]
    ]
    first = [(number, row) for number, row in sample[:SHOWN_ROWS] if isinstance(row, dict)]
    return Preview(
        known.columns,
        known.separator,
        rows=count,
        checked=len(sample),
        wrong=len(wrong),
        wrong_rows=reasons,
        first=[(number, {name: _shown(one) for name, one in row.items()}) for number, row in first],
        problem=_problem_of_rows(count, len(sample), len(wrong), most_rows),
    )


def _is_too_much(path: Path, parts: Sequence[Part], most_rows: int) -> Phrase | None:
    """Why a Parquet file is not read at all, if it says that it holds too much."""
    if sum(part.end - part.begin for part in parts) > most_rows:
        return Phrase(TOO_MANY_ROWS, {"most": Figures(f"{most_rows:,}")})
    if formats.unpacked_size(path) > MOST_UNPACKED:
        return Phrase(TOO_LARGE_UNPACKED, {"most": Figures(f"{MOST_UNPACKED // 1_000_000:,}")})
    return None


def _problem_of_rows(count: int, checked: int, wrong: int, most_rows: int) -> Phrase | None:
    if count > most_rows:
        return Phrase(TOO_MANY_ROWS, {"most": Figures(f"{most_rows:,}")})
    return Phrase(ALL_WRONG, {}) if wrong == checked == count else None


def _rows(catalogue: Catalogue, path: Path, parts: Sequence[Part]) -> Iterator[tuple[int, Any]]:
    for part in parts:
        yield from formats.rows_of(catalogue, path, part)


def _count(
    path: Path, parts: Sequence[Part], read: int, rest: Iterator[Any], most_rows: int
) -> int:
    """The number of rows, or more than the most that are accepted."""
    if format_of(path) == "parquet":
        return sum(part.end - part.begin for part in parts)
    return read + sum(1 for _ in islice(rest, max(0, most_rows + 1 - read)))


def _list(names: Sequence[str]) -> Verbatim:
    return Verbatim(_short(", ".join(SURROGATE.sub("\ufffd", name) for name in names)))


def _short(text: str) -> str:
    text = SURROGATE.sub("\ufffd", text)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _shown(answer: Any) -> Any:
    return _short(answer) if isinstance(answer, str) else answer
