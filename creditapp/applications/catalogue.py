"""The catalogue: declares every question of a credit application once.

Names and codes come from the Statlog German Credit Data (H. Hofmann, UCI). Statlog published wrong
labels for several attributes. The meanings here are the corrected ones of Grömping (2019),
"South German Credit Data: Correcting a Widely Used Data Set", Beuth University Berlin.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from creditapp.phrases import Phrase, marked

Answer = int | float | str

WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})")
DECIMAL_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Code:
    """One possible answer of a choice: its code in the data, its meaning, and the label Statlog published."""

    code: str
    meaning: str
    statlog_label: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """The attributes of every question; `name` is the JSON key, CSV header and model column.

    `protected` marks an answer that the law may forbid a lender to use. `changeable` marks an answer
    that an applicant could change: `True` for a number that could be smaller, or a tuple of the codes
    that the applicant could choose instead.
    """

    name: str
    label: str
    group: str
    example: Answer
    protected: bool = False
    changeable: bool | tuple[str, ...] = False

    @property
    def slug(self) -> str:
        """The name as an identifier, for HTML and for the inputs of the scoring engine."""
        return re.sub(r"[^0-9a-z]+", "_", self.name.lower()).strip("_")


@dataclass(frozen=True, kw_only=True)
class Numeric(Question):
    """An integer from minimum to maximum, or any number above minimum and up to maximum.

    `bands` gives the meanings of the integers 1, 2, … where each integer represents a band.
    """

    kind: ClassVar[str] = "numeric"
    minimum: int
    maximum: int
    integer: bool = True
    unit: str = ""
    bands: tuple[str, ...] = ()

    @property
    def accepted(self) -> Phrase:
        """The accepted answers, as the end of the sentence "accepted is …"."""
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        if self.integer:
            return Phrase(marked("an integer from %(minimum)s to %(maximum)s"), limits)
        return Phrase(marked("a number over %(minimum)s and up to %(maximum)s"), limits)

    def accepts(self, answer: object) -> bool:
        """Whether the answer is a number of the right type within the limits."""
        if not (type(answer) is int or (type(answer) is float and not self.integer)):
            return False
        above = answer >= self.minimum if self.integer else answer > self.minimum
        return above and answer <= self.maximum

    @property
    def is_quantity(self) -> bool:
        """Whether an answer is a quantity, and not the number of a band."""
        return not self.bands

    def meaning(self, answer: Answer) -> str:
        """The meaning of the band; empty for a quantity."""
        return self.bands[int(answer) - 1] if self.bands else ""

    def in_words(self, answer: Answer) -> object:
        """The meaning of the band, or the number with its unit; a whole number has no decimals."""
        if self.bands:
            return self.meaning(answer)
        number = int(answer) if isinstance(answer, float) and answer.is_integer() else answer
        if not self.unit:
            return number
        return Phrase(marked("%(number)s %(unit)s"), {"number": number, "unit": self.unit})

    @property
    def signature(self) -> list[object]:
        """The properties that a model depends on; labels are not among them."""
        return [self.name, self.kind, self.integer, self.minimum, self.maximum]


@dataclass(frozen=True, kw_only=True)
class Choice(Question):
    """A question whose answer is one code of a list."""

    kind: ClassVar[str]
    codes: tuple[Code, ...]

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The codes in their order, without meanings and labels."""
        return tuple(code.code for code in self.codes)

    @property
    def accepted(self) -> Phrase:
        """The accepted answers, as the end of the sentence "accepted is …"."""
        return Phrase(marked("one of %(codes)s"), {"codes": ", ".join(self.values)})

    def accepts(self, answer: object) -> bool:
        """Whether the answer is one of the codes."""
        return isinstance(answer, str) and answer in self.values

    def meaning(self, answer: Answer) -> str:
        """The corrected meaning of a code; empty for a code that is not in the catalogue."""
        return next((code.meaning for code in self.codes if code.code == answer), "")

    def in_words(self, answer: Answer) -> object:
        """The meaning of a code; the code itself if it is not in the catalogue."""
        return self.meaning(answer) or answer

    @property
    def signature(self) -> list[object]:
        """The properties that a model depends on; labels are not among them."""
        return [self.name, self.kind, list(self.values)]


@dataclass(frozen=True, kw_only=True)
class Ordinal(Choice):
    """Codes with an order: the model gets the position of the code."""

    kind: ClassVar[str] = "ordinal"


@dataclass(frozen=True, kw_only=True)
class Nominal(Choice):
    """Codes without an order: the model gets one column for each code."""

    kind: ClassVar[str] = "nominal"


Feature = Numeric | Ordinal | Nominal

LOAN = marked("The loan")
BANK = marked("Accounts and property")
WORK = marked("Work")
PERSON = marked("The person")
GROUPS = (LOAN, BANK, WORK, PERSON)

FEATURES: tuple[Feature, ...] = (
    Numeric(
        name="Duration in month",
        label=marked("Duration"),
        group=LOAN,
        example=12,
        changeable=True,
        minimum=1,
        maximum=120,
        unit=marked("months"),
    ),
    Numeric(
        name="Credit amount",
        label=marked("Credit amount"),
        group=LOAN,
        example=5000.0,
        changeable=True,
        minimum=0,
        maximum=1_000_000_000,
        integer=False,
    ),
    Numeric(
        name="Installment rate in percentage of disposable income",
        label=marked("Instalment, as a share of disposable income"),
        group=LOAN,
        example=2,
        minimum=1,
        maximum=4,
        bands=(
            marked("35 % or more"),
            marked("25 to under 35 %"),
            marked("20 to under 25 %"),
            marked("under 20 %"),
        ),
    ),
    Numeric(
        name="Age in years",
        label=marked("Age"),
        group=PERSON,
        example=35,
        protected=True,
        minimum=18,
        maximum=100,
        unit=marked("years"),
    ),
    Numeric(
        name="Number of existing credits at this bank",
        label=marked("Credits at this bank, this one included"),
        group=BANK,
        example=1,
        minimum=1,
        maximum=4,
        bands=(
            marked("one"),
            marked("two or three"),
            marked("four or five"),
            marked("six or more"),
        ),
    ),
    Numeric(
        name="Number of people being liable to provide maintenance for",
        label=marked("People who depend on the applicant"),
        group=PERSON,
        example=1,
        minimum=1,
        maximum=2,
        bands=(marked("0 to 2 people"), marked("3 people or more")),
    ),
    Ordinal(
        name="Status of existing checking account",
        label=marked("Checking account"),
        group=BANK,
        example="A12",
        codes=(
            Code("A11", marked("no checking account"), "... < 0 DM"),
            Code("A12", marked("balance below 0 DM"), "0 <= ... < 200 DM"),
            Code(
                "A13",
                marked("balance 0 to under 200 DM"),
                "... >= 200 DM / salary assignments for at least 1 year",
            ),
            Code(
                "A14",
                marked("balance 200 DM or more, or salary paid in for at least 1 year"),
                "no checking account",
            ),
        ),
    ),
    Ordinal(
        name="Credit history",
        label=marked("Credit history"),
        group=BANK,
        example="A32",
        codes=(
            Code(
                "A30",
                marked("delay in paying off in the past"),
                "no credits taken / all credits paid back duly",
            ),
            Code(
                "A31",
                marked("critical account / other credits elsewhere"),
                "all credits at this bank paid back duly",
            ),
            Code(
                "A32",
                marked("no credits taken / all credits paid back duly"),
                "existing credits paid back duly till now",
            ),
            Code(
                "A33",
                marked("existing credits paid back duly till now"),
                "delay in paying off in the past",
            ),
            Code(
                "A34",
                marked("all credits at this bank paid back duly"),
                "critical account / other credits existing (not at this bank)",
            ),
        ),
    ),
    Ordinal(
        name="Savings account/bonds",
        label=marked("Savings account or bonds"),
        group=BANK,
        example="A61",
        codes=(
            Code("A61", marked("unknown / no savings account"), "... < 100 DM"),
            Code("A62", marked("under 100 DM"), "100 <= ... < 500 DM"),
            Code("A63", marked("100 to under 500 DM"), "500 <= ... < 1000 DM"),
            Code("A64", marked("500 to under 1000 DM"), "... >= 1000 DM"),
            Code("A65", marked("1000 DM or more"), "unknown / no savings account"),
        ),
    ),
    Ordinal(
        name="Present employment since",
        label=marked("With the present employer since"),
        group=WORK,
        example="A73",
        codes=(
            Code("A71", marked("unemployed"), "unemployed"),
            Code("A72", marked("less than 1 year"), "... < 1 year"),
            Code("A73", marked("1 to under 4 years"), "1 <= ... < 4 years"),
            Code("A74", marked("4 to under 7 years"), "4 <= ... < 7 years"),
            Code("A75", marked("7 years or more"), ".. >= 7 years"),
        ),
    ),
    Ordinal(
        name="Job",
        label=marked("Job"),
        group=WORK,
        example="A173",
        codes=(
            Code(
                "A171",
                marked("unemployed / unskilled, non-resident"),
                "unemployed / unskilled - non-resident",
            ),
            Code("A172", marked("unskilled, resident"), "unskilled - resident"),
            Code("A173", marked("skilled employee / official"), "skilled employee / official"),
            Code(
                "A174",
                marked("manager / self-employed / highly qualified employee"),
                "management / self-employed / highly qualified employee / officer",
            ),
        ),
    ),
    Nominal(
        name="Purpose",
        label=marked("Purpose"),
        group=LOAN,
        example="A43",
        codes=(
            Code("A40", marked("others"), "car (new)"),
            Code("A41", marked("car (new)"), "car (used)"),
            Code("A42", marked("car (used)"), "furniture/equipment"),
            Code("A43", marked("furniture / equipment"), "radio/television"),
            Code("A44", marked("radio / television"), "domestic appliances"),
            Code("A45", marked("domestic appliances"), "repairs"),
            Code("A46", marked("repairs"), "education"),
            Code("A47", marked("education"), "(vacation - does not exist?)"),
            Code("A48", marked("vacation"), "retraining"),
            Code("A49", marked("retraining"), "business"),
            Code("A410", marked("business"), "others"),
        ),
    ),
    Nominal(
        name="Personal status and sex",
        label=marked("Personal status and sex"),
        group=PERSON,
        example="A93",
        protected=True,
        codes=(
            Code("A91", marked("male: divorced / separated"), "male: divorced/separated"),
            Code(
                "A92",
                marked("female: non-single, or male: single"),
                "female: divorced/separated/married",
            ),
            Code("A93", marked("male: married / widowed"), "male: single"),
            Code("A94", marked("female: single"), "male: married/widowed"),
        ),
    ),
    Nominal(
        name="Other debtors / guarantors",
        label=marked("Other debtors or guarantors"),
        group=LOAN,
        example="A101",
        changeable=("A103",),
        codes=(
            Code("A101", marked("none"), "none"),
            Code("A102", marked("co-applicant"), "co-applicant"),
            Code("A103", marked("guarantor"), "guarantor"),
        ),
    ),
    Nominal(
        name="Property",
        label=marked("Most valuable property"),
        group=BANK,
        example="A121",
        codes=(
            Code("A121", marked("unknown / no property"), "real estate"),
            Code(
                "A122",
                marked("car or other"),
                "if not A121: building society savings agreement / life insurance",
            ),
            Code(
                "A123",
                marked("building society savings agreement / life insurance"),
                "if not A121/A122: car or other, not in attribute 6",
            ),
            Code("A124", marked("real estate"), "unknown / no property"),
        ),
    ),
    Nominal(
        name="Other installment plans",
        label=marked("Instalment plans elsewhere"),
        group=BANK,
        example="A143",
        changeable=("A143",),
        codes=(
            Code("A141", marked("bank"), "bank"),
            Code("A142", marked("stores"), "stores"),
            Code("A143", marked("none"), "none"),
        ),
    ),
    Nominal(
        name="Housing",
        label=marked("Housing"),
        group=PERSON,
        example="A152",
        codes=(
            Code("A151", marked("for free"), "rent"),
            Code("A152", marked("rent"), "own"),
            Code("A153", marked("own"), "for free"),
        ),
    ),
    Nominal(
        name="Telephone",
        label=marked("Telephone"),
        group=WORK,
        example="A192",
        protected=True,
        codes=(
            Code("A191", marked("none"), "none"),
            Code(
                "A192",
                marked("yes, under the customer's name"),
                "yes, registered under the customer's name",
            ),
        ),
    ),
    Nominal(
        name="foreign worker",
        label=marked("Foreign worker"),
        group=WORK,
        example="A201",
        protected=True,
        codes=(
            Code("A201", marked("no"), "yes"),
            Code("A202", marked("yes"), "no"),
        ),
    ),
)

RECORDED: tuple[Numeric, ...] = (
    Numeric(
        name="Present residence since",
        label=marked("In the present residence since"),
        group=PERSON,
        example=4,
        minimum=1,
        maximum=4,
        bands=(
            marked("less than 1 year"),
            marked("1 to under 4 years"),
            marked("4 to under 7 years"),
            marked("7 years or more"),
        ),
    ),
)
"""The remaining attribute of the data set: accepted and recorded, but not scored."""

QUESTIONS: tuple[Feature, ...] = FEATURES + RECORDED
BY_NAME = {question.name: question for question in QUESTIONS}
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
PROTECTED = tuple(feature.name for feature in FEATURES if feature.protected)
EXAMPLE: dict[str, Answer] = {feature.name: feature.example for feature in FEATURES}


def used_features(*, protected: bool) -> tuple[Feature, ...]:
    """The features of a model that is trained with, or without, protected answers."""
    return tuple(feature for feature in FEATURES if protected or not feature.protected)


@dataclass(frozen=True)
class Application:
    """The answers of one applicant, and the client's own identifier for the application."""

    answers: Mapping[str, Answer]
    reference: str | None = None


def answer_from_text(text: str) -> Answer:
    """Convert the text of a form field or CSV cell to an answer: a number if it is one, else the text."""
    text = text.strip(" ")
    if WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL_NUMBER.fullmatch(text) else text


def fingerprint() -> str:
    """A SHA-256 digest of names, kinds, codes and limits, in hexadecimal.

    Two catalogues with the same fingerprint define the same model inputs.
    """
    signatures = [question.signature for question in QUESTIONS]
    return hashlib.sha256(json.dumps(signatures).encode()).hexdigest()
