"""The questions of an application: which answers each accepts, and what an answer means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar

from creditapp.phrases import Figures, Listing, Phrase, Verbatim, marked

Answer = Any
"""An answer as JSON has it: an integer, a number, a text, true or false, or null where none is given."""

WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})")
DECIMAL_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
SIGNS = re.compile(r"^[^0-9+.,-]+|[^0-9.,]+$")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NOT_GIVEN = marked("not given")
YES, NO = marked("yes"), marked("no")
INSTEAD_OF_A_VALUE = marked("%(accepted)s; also %(codes)s")


class Role(StrEnum):
    """What a field is for."""

    FEATURE = "feature"
    RECORDED = "recorded"
    DATE = "date"
    REFERENCE = "reference"
    OUTCOME = "outcome"
    IGNORED = "ignored"


class Direction(StrEnum):
    """How the probability of good credit is expected to follow an answer."""

    BETTER = "higher_is_better"
    WORSE = "higher_is_worse"


@dataclass(frozen=True)
class Code:
    """One answer of a list: its code in the data, its meaning, and the label that the source published.

    A `vague` code, such as "other", tells an applicant nothing; no reason names it.
    """

    code: Answer
    meaning: str
    published: str = ""
    vague: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """The attributes of every question; `name` is the JSON key, CSV header and model column.

    `slug` is the name as an identifier, for HTML. `protected` marks an answer that the law may forbid a
    lender to use. `changeable` says how an applicant could change the answer: `smaller`, `larger`, or the
    codes that could be chosen instead. `follows` names the questions whose answers settle this one, so that
    this answer is not known any more if one of them changes. `missing` lists the answers that stand for a
    missing value; the code None is an answer that is not given. `reasons` are the portfolio's own wordings
    of a reason, by `more`, `less` and `any`.
    """

    kind: ClassVar[str]

    name: str
    slug: str
    label: str
    group: str = ""
    description: str = ""
    unit: str = ""
    role: Role = Role.FEATURE
    protected: bool = False
    changeable: str | tuple[Answer, ...] = ""
    follows: tuple[str, ...] = ()
    missing: tuple[Code, ...] = ()
    direction: Direction | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def value_accepted(self) -> Phrase:
        """The accepted values, without the missing ones, as the end of the sentence "accepted is …"."""
        raise NotImplementedError

    def accepts_value(self, answer: object) -> bool:
        """Whether an answer is a value that the question accepts; a missing one is none."""
        raise NotImplementedError

    def value_from_text(self, text: str) -> Answer:
        """The value that a text without surrounding blanks stands for; the text itself if it is none."""
        raise NotImplementedError

    def value_meaning(self, answer: Answer) -> str:
        """The meaning of a value; empty for one that speaks for itself."""
        return ""

    @cached_property
    def accepted(self) -> Phrase:
        """The accepted answers, as the end of the sentence "accepted is …"."""
        if not self.missing:
            return self.value_accepted
        codes = ", ".join(_as_json(code.code) for code in self.missing)
        return Phrase(INSTEAD_OF_A_VALUE, {"accepted": self.value_accepted, "codes": codes})

    @property
    def accepted_in_cells(self) -> Phrase:
        """What the cells of the portfolio's CSV file may hold, as the end of the sentence "accepted is …"."""
        if not self.missing:
            return self.cell_value_accepted
        codes = [
            marked("an empty cell") if one is None else Verbatim(one)
            for one in self.missing_answers
        ]
        values = {"accepted": self.cell_value_accepted, "codes": Listing(tuple(codes), ", ")}
        return Phrase(INSTEAD_OF_A_VALUE, values)

    @property
    def cell_value_accepted(self) -> Phrase:
        """The values as the portfolio's CSV file writes them."""
        return self.value_accepted

    def accepts(self, answer: object) -> bool:
        """Whether the question accepts an answer."""
        if self.missing and self.is_missing(answer):
            return True
        return self.accepts_value(answer)

    def is_missing(self, answer: object) -> bool:
        """Whether an answer stands for a missing value."""
        # why: most questions have none, and are asked about each answer of many applications.
        return bool(self.missing) and any(
            type(code.code) is type(answer) and code.code == answer for code in self.missing
        )

    @property
    def optional(self) -> bool:
        """Whether the answer may be left out."""
        return any(code.code is None for code in self.missing)

    @cached_property
    def missing_answers(self) -> tuple[Answer, ...]:
        """The answers that stand for a missing value."""
        return tuple(code.code for code in self.missing)

    def from_text(self, text: str) -> Answer:
        """The answer that the text of a form field stands for; the text itself if it is none."""
        text = text.strip(" ")
        if text in self._missing_by_text:
            return self._missing_by_text[text]
        return self.value_from_text(text)

    def from_cell(self, text: str) -> Answer:
        """The answer that a cell of a CSV file stands for; the text itself if it is none."""
        text = text.strip(" ")
        if text in self._missing_by_text:
            return self._missing_by_text[text]
        return self.value_from_cell(text)

    def value_from_cell(self, text: str) -> Answer:
        """The value of a cell, as the portfolio's data write it."""
        return self.value_from_text(text)

    def as_text(self, answer: Answer) -> str:
        """An answer as the text of a form field: `from_text` gives it back."""
        return "" if answer is None else self.value_as_text(answer)

    def as_cell(self, answer: Answer) -> str:
        """An answer as a cell of a CSV file: `from_cell` gives it back."""
        return self.as_text(answer)

    def value_as_text(self, value: Answer) -> str:
        """A value as a text."""
        return str(value)

    @cached_property
    def _missing_by_text(self) -> Mapping[str, Answer]:
        return {str(code.code): code.code for code in self.missing if code.code is not None}

    def meaning(self, answer: Answer) -> str:
        """The meaning of an answer; empty for one that speaks for itself."""
        for code in self.missing:
            if self.is_missing(answer) and code.code == answer:
                return code.meaning
        return self.value_meaning(answer)

    def is_vague(self, answer: Answer) -> bool:
        """Whether an answer is a code that tells an applicant nothing."""
        return any(code.vague and code.code == answer for code in self.codes)

    def in_words(self, answer: Answer) -> object:
        """The meaning of an answer, or the answer itself, with its unit where it is a quantity."""
        return self.meaning(answer) or answer

    @property
    def is_quantity(self) -> bool:
        """Whether a value is a quantity, and not a code or the number of a band."""
        return False

    @property
    def codes(self) -> tuple[Code, ...]:
        """The answers of a list with their meanings; empty for a quantity."""
        return ()

    @property
    def value_signature(self) -> list[object]:
        """The properties of the values that a model depends on; labels are not among them."""
        raise NotImplementedError

    @property
    def signature(self) -> list[object]:
        """The properties that a model depends on."""
        missing = [list(self.missing_answers)] if self.missing else []
        return [self.name, self.kind, *self.value_signature, *missing]


@dataclass(frozen=True, kw_only=True)
class Numeric(Question):
    """An integer, or any number, between two limits.

    `has_signs` says that the cells of a CSV file have signs around the number, as % or $. `bands` gives the
    meanings of the integers that represent a band. `edges` are the lower limits of the
    groups by which tables compare applicants.
    """

    kind: ClassVar[str] = marked("numeric")
    minimum: float
    maximum: float
    above_minimum: bool = False
    below_maximum: bool = False
    integer: bool = True
    bands: tuple[Code, ...] = ()
    edges: tuple[float, ...] = ()
    decimal_mark: str = "."
    thousands_mark: str = ""
    has_signs: bool = False

    @cached_property
    def value_accepted(self) -> Phrase:
        """The kind of number and its limits."""
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        return Phrase(
            ACCEPTED_NUMBERS[self.integer, self.above_minimum, self.below_maximum], limits
        )

    def accepts_value(self, answer: object) -> bool:
        """Whether the answer is a number of the right type within the limits."""
        if not (type(answer) is int or (type(answer) is float and not self.integer)):
            return False
        above = answer > self.minimum if self.above_minimum else answer >= self.minimum
        return above and (answer < self.maximum if self.below_maximum else answer <= self.maximum)

    def is_missing(self, answer: object) -> bool:
        """Whether an answer stands for a missing value; for a number, -1.0 is the same as -1."""
        if self.integer or type(answer) is not float:
            return super().is_missing(answer)
        return any(type(code.code) is int and code.code == answer for code in self.missing)

    def value_from_text(self, text: str) -> Answer:
        """The number that a text stands for."""
        return number_from_text(text)

    def value_from_cell(self, text: str) -> Answer:
        """The number of a cell, with the marks of the portfolio's data; the text itself if it is none."""
        plain = SIGNS.sub("", text) if self.has_signs else text
        if self.thousands_mark:
            plain = plain.replace(self.thousands_mark, "")
        if self.decimal_mark != ".":
            plain = plain.replace(".", " ").replace(self.decimal_mark, ".")
        number = number_from_text(plain)
        return text if isinstance(number, str) else number

    def as_cell(self, answer: Answer) -> str:
        """The number with the portfolio's decimal mark; a code as it is."""
        if isinstance(answer, str):
            return answer
        return self.as_text(answer).replace(".", self.decimal_mark)

    @property
    def is_quantity(self) -> bool:
        """Whether an answer is a quantity, and not the number of a band."""
        return not self.bands

    @property
    def codes(self) -> tuple[Code, ...]:
        """The bands."""
        return self.bands

    def value_meaning(self, answer: Answer) -> str:
        """The meaning of the band; empty for a quantity."""
        return next((band.meaning for band in self.bands if band.code == answer), "")

    def in_words(self, answer: Answer) -> object:
        """The meaning, or the number with its unit; a whole number has no decimals."""
        if meaning := self.meaning(answer):
            return meaning
        number = self.written(answer)
        if not self.unit:
            return number
        return Phrase(marked("%(number)s %(unit)s"), {"number": number, "unit": self.unit})

    def written(self, answer: Answer) -> object:
        """The number without its unit; one with a unit has marks between thousands, others may be years."""
        number = int(answer) if isinstance(answer, float) and answer.is_integer() else answer
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        return Figures(f"{number:,}") if self.unit and is_number else number

    @property
    def value_signature(self) -> list[object]:
        """The type and the limits."""
        limits: list[object] = [self.integer, self.minimum, self.maximum]
        usual = (not self.integer, False)
        limit_kinds = (self.above_minimum, self.below_maximum)
        return limits if limit_kinds == usual else [*limits, *limit_kinds]


ACCEPTED_NUMBERS = {
    (True, False, False): marked("an integer from %(minimum)s to %(maximum)s"),
    (True, True, False): marked("an integer over %(minimum)s and up to %(maximum)s"),
    (True, False, True): marked("an integer from %(minimum)s and under %(maximum)s"),
    (True, True, True): marked("an integer over %(minimum)s and under %(maximum)s"),
    (False, False, False): marked("a number from %(minimum)s to %(maximum)s"),
    (False, True, False): marked("a number over %(minimum)s and up to %(maximum)s"),
    (False, False, True): marked("a number from %(minimum)s and under %(maximum)s"),
    (False, True, True): marked("a number over %(minimum)s and under %(maximum)s"),
}
"""The accepted numbers by: integers only, minimum excluded, maximum excluded."""


@dataclass(frozen=True, kw_only=True)
class Choice(Question):
    """A question whose answer is one code of a list: all texts, all integers, or true and false."""

    choices: tuple[Code, ...]

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes with their meanings."""
        return self.choices

    @cached_property
    def values(self) -> tuple[Answer, ...]:
        """The codes in their order, without meanings and labels."""
        return tuple(code.code for code in self.choices)

    @cached_property
    def all_answers(self) -> tuple[Answer, ...]:
        """The codes, then the answers that stand for a missing one."""
        return (*self.values, *self.missing_answers)

    @cached_property
    def code_type(self) -> type:
        """The type of every code."""
        return type(self.values[0])

    @cached_property
    def value_accepted(self) -> Phrase:
        """The codes."""
        return Phrase(marked("one of %(codes)s"), {"codes": ", ".join(map(as_shown, self.values))})

    def accepts_value(self, answer: object) -> bool:
        """Whether the answer is one of the codes."""
        return type(answer) is self.code_type and answer in self._values

    @cached_property
    def _values(self) -> frozenset[Answer]:
        return frozenset(self.values)

    def value_from_text(self, text: str) -> Answer:
        """The code that a text stands for."""
        return number_from_text(text) if self.code_type is int else text

    def value_meaning(self, answer: Answer) -> str:
        """The meaning of a code; empty for a code that is not in the list."""
        return next((code.meaning for code in self.choices if code.code == answer), "")

    @property
    def value_signature(self) -> list[object]:
        """The codes."""
        return [list(self.values)]


@dataclass(frozen=True, kw_only=True)
class Ordinal(Choice):
    """Codes with an order: the model gets the position of the code."""

    kind: ClassVar[str] = marked("ordinal")


@dataclass(frozen=True, kw_only=True)
class Nominal(Choice):
    """Codes without an order: the model gets one column for each code."""

    kind: ClassVar[str] = marked("nominal")


@dataclass(frozen=True, kw_only=True)
class YesNo(Nominal):
    """True or false; `texts` are the texts of both in a CSV file."""

    kind: ClassVar[str] = marked("nominal")
    choices: tuple[Code, ...] = (Code(False, NO), Code(True, YES))
    texts: Mapping[str, bool]

    @property
    def cell_value_accepted(self) -> Phrase:
        """The texts of both."""
        return Phrase(marked("one of %(codes)s"), {"codes": ", ".join(self.texts)})

    def value_from_text(self, text: str) -> Answer:
        """True or false."""
        return self.texts.get(text, text)

    def value_as_text(self, value: Answer) -> str:
        """The first text for the value."""
        return next((text for text, truth in self.texts.items() if truth is value), str(value))


@dataclass(frozen=True, kw_only=True)
class Date(Question):
    """A day as YYYY-MM-DD; the model gets the number of days before the application.

    `pattern` is the form of the cells of a CSV file, for `strptime`; empty for YYYY-MM-DD. `edges` are the
    lower limits of the groups by which tables compare applicants, in years before the application.
    """

    kind: ClassVar[str] = marked("date")
    minimum: str = "0001-01-01"
    maximum: str = "9999-12-31"
    pattern: str = ""
    edges: tuple[float, ...] = ()

    @property
    def value_accepted(self) -> Phrase:
        """The form of a date, and its limits."""
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        return Phrase(marked("a date as YYYY-MM-DD from %(minimum)s to %(maximum)s"), limits)

    @property
    def cell_value_accepted(self) -> Phrase:
        """The form of the portfolio's own dates, beside the usual one."""
        if not self.pattern:
            return self.value_accepted
        form = {"pattern": self.pattern, "accepted": self.value_accepted}
        return Phrase(marked("a date as %(pattern)s, or %(accepted)s"), form)

    def accepts_value(self, answer: object) -> bool:
        """Whether the answer is a date of the calendar within the limits."""
        if not isinstance(answer, str) or not is_date(answer):
            return False
        return self.minimum <= answer <= self.maximum

    def value_from_text(self, text: str) -> Answer:
        """The text."""
        return text

    def value_from_cell(self, text: str) -> Answer:
        """The date of a cell, by the pattern or as YYYY-MM-DD."""
        if self.pattern and not ISO_DATE.fullmatch(text):
            try:
                return datetime.strptime(text, self.pattern).date().isoformat()  # noqa: DTZ007
            except ValueError:
                return text
        return text

    @property
    def is_quantity(self) -> bool:
        """A date is compared as a number of days."""
        return True

    @property
    def value_signature(self) -> list[object]:
        """The limits."""
        return [self.minimum, self.maximum]


@dataclass(frozen=True, kw_only=True)
class FreeText(Question):
    """A text that is recorded and never scored."""

    kind: ClassVar[str] = marked("text")
    longest: int = 200

    @property
    def value_accepted(self) -> Phrase:
        """The length."""
        return Phrase(
            marked("a text of 1 to %(longest)s printable characters"), {"longest": self.longest}
        )

    def accepts_value(self, answer: object) -> bool:
        """Whether the answer is a short, printable text."""
        return isinstance(answer, str) and 0 < len(answer) <= self.longest and answer.isprintable()

    def value_from_text(self, text: str) -> Answer:
        """The text."""
        return text

    @property
    def value_signature(self) -> list[object]:
        """The length."""
        return [self.longest]


def number_from_text(text: str) -> Answer:
    """The number that a text stands for, as JSON writes it; the text itself if it is none."""
    if WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL_NUMBER.fullmatch(text) else text


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar as YYYY-MM-DD."""
    if not ISO_DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def as_shown(answer: Answer) -> str:
    """A code as messages show it: a text without quotes, everything else as JSON writes it."""
    return answer if isinstance(answer, str) else _as_json(answer)


def _as_json(answer: Answer) -> str:
    match answer:
        case None:
            return "null"
        case bool():
            return "true" if answer else "false"
    return str(answer)


def slugs_of(names: Sequence[str]) -> list[str]:
    """The names as identifiers, all different, and different from those of the page."""
    slugs: list[str] = []
    for name in names:
        slug = re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_") or "field"
        taken = {*TAKEN_SLUGS, *slugs}
        free = (f"{slug}_{number}" for number in range(2, len(taken) + 3))
        slugs.append(slug if slug not in taken else next(one for one in free if one not in taken))
    return slugs


TAKEN_SLUGS = ("application", "csrf_token", "example", "reference", "result")
"""Identifiers that the page of the form uses itself."""
