"""Makes catalogues of any kind, with rows that fit them and rows that do not, for Hypothesis."""

import datetime
from typing import Any

from hypothesis import strategies as st

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import catalogue_of
from creditapp.applications.questions import Choice, Date, FreeText, Numeric, Question

LETTERS = "abAB1 _-äß%{}<\"'/"
NAMES = st.text(LETTERS, min_size=1, max_size=8).filter(
    lambda name: name == name.strip() and name.isprintable() and name != "reference"
)
CODES = st.text("abc1-<é ", min_size=1, max_size=4).filter(lambda text: text == text.strip(" "))
MISSING_TEXTS = ("NA", "-9", "?", "unknown")
OUTCOME = "what became of it"
DAYS = st.dates(datetime.date(1920, 1, 1), datetime.date(2030, 12, 31)).map(str)


@st.composite
def _limits(draw: st.DrawFn, numbers: st.SearchStrategy[Any]) -> dict[str, Any]:
    low, high = sorted(draw(st.lists(numbers, min_size=2, max_size=2, unique=True)))
    lowest = draw(st.sampled_from(["minimum", "exclusiveMinimum"]))
    highest = draw(st.sampled_from(["maximum", "exclusiveMaximum"]))
    if high - low < 2:
        lowest, highest = "minimum", "maximum"
    return {lowest: low, highest: high}


@st.composite
def fields(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One field of any type, optional or not, with codes for missing values or without."""
    kind = draw(st.sampled_from(["integer", "number", "codes", "texts", "boolean", "date"]))
    types = {"codes": "integer", "texts": "string"}
    field: dict[str, Any] = {"name": name, "type": types.get(kind, kind)}
    constraints: dict[str, Any] = {"required": draw(st.booleans())}
    match kind:
        case "integer":
            constraints |= draw(_limits(st.integers(-1000, 100_000)))
        case "number":
            constraints |= draw(_limits(st.floats(-1e6, 1e6).map(lambda one: round(one, 2))))
        case "codes":
            field["categories"] = draw(
                st.lists(st.integers(-2, 30), min_size=1, max_size=5, unique=True)
            )
            field["categoriesOrdered"] = draw(st.booleans())
        case "texts":
            field["categories"] = draw(st.lists(CODES, min_size=1, max_size=5, unique=True))
            field["categoriesOrdered"] = draw(st.booleans())
    taken = {str(code) for code in field.get("categories", [])}
    codes = draw(st.lists(st.sampled_from(MISSING_TEXTS), max_size=2, unique=True))
    field["missingValues"] = ["", *(code for code in codes if code not in taken)]
    return {**field, "constraints": constraints}


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    """A catalogue of one to six features."""
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    features = [draw(fields(name)) for name in names]
    outcome = {"name": OUTCOME, "type": "boolean", "creditapp": {"role": "outcome"}}
    document = {
        "name": "made",
        "creditapp": {
            "outcome": {"field": OUTCOME, "good": [True], "bad": [False]},
            "as_of": "2024-06-30",
            "example": {field["name"]: _example(field) for field in features},
        },
        "resources": [{"path": "made.csv", "schema": {"fields": [*features, outcome]}}],
    }
    return catalogue_of(document)


def _example(field: dict[str, Any]) -> Any:
    """An answer that the field accepts."""
    constraints = field["constraints"]
    if "categories" in field:
        return field["categories"][0]
    match field["type"]:
        case "boolean":
            return True
        case "date":
            return "2001-02-28"
    low = constraints.get("minimum", constraints.get("exclusiveMinimum"))
    high = constraints.get("maximum", constraints.get("exclusiveMaximum"))
    middle = (low + high) / 2
    return int(middle) if field["type"] == "integer" else middle


def accepted_answers(question: Question) -> st.SearchStrategy[Any]:
    """All answers that a question accepts."""
    match question:
        case Numeric(integer=True):
            low = int(question.minimum) + question.above_minimum
            values: st.SearchStrategy[Any] = st.integers(
                low, int(question.maximum) - question.below_maximum
            )
        case Numeric():
            values = st.floats(
                question.minimum,
                question.maximum,
                exclude_min=question.above_minimum,
                exclude_max=question.below_maximum,
            )
        case Choice():
            values = st.sampled_from(question.values)
        case Date():
            values = DAYS.filter(question.accepts_value)
        case FreeText():
            values = st.text("aé:0 ", min_size=1, max_size=20)
        case _:
            raise AssertionError(question.kind)
    return values | st.sampled_from(question.missing_answers) if question.missing else values


def valid_rows(catalogue: Catalogue) -> st.SearchStrategy[dict[str, Any]]:
    """Applications that fit a catalogue; what may be left out is given in some."""
    required = {one.name: accepted_answers(one) for one in catalogue.features if not one.optional}
    others = [one for one in catalogue.questions if one.name not in required]
    return st.fixed_dictionaries(
        required,
        optional={
            **{one.name: accepted_answers(one) for one in others},
            "reference": st.text("aé:0 ", min_size=1, max_size=64),
        },
    )


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2000, 200_000),
    st.floats(),
    st.sampled_from([*MISSING_TEXTS, "", " ", "1", "-9.0", "true", "2001-02-30", "2001-02-28"]),
    CODES,
    st.lists(st.integers(), max_size=1),
)


def _near(question: Question | None) -> st.SearchStrategy[Any]:
    """The limits of a question and what lies next to them, and all its codes."""
    match question:
        case Numeric(minimum=low, maximum=high):
            edges = [low - 1, low, low + 1, low + 0.01, high - 0.01, high - 1, high, high + 1]
            whole = [int(edge) for edge in edges]
            floats = [float(edge) for edge in edges]
            return st.sampled_from([*edges, *whole, *floats, *question.missing_answers, -9.0])
        case Choice():
            return st.sampled_from([*question.values, *map(str, question.values), 0, 1, 1.0, True])
    return st.nothing()


def changed_rows(catalogue: Catalogue) -> st.SearchStrategy[dict[str, Any]]:
    """Applications with some answers changed to anything, added, or taken away."""
    names = st.sampled_from([*catalogue.by_name, "reference", "other"])
    change = names.flatmap(
        lambda name: st.tuples(st.just(name), _near(catalogue.by_name.get(name)) | ANYTHING)
    )
    changes = st.lists(change, max_size=3).map(dict)
    lost = st.sets(st.sampled_from(list(catalogue.by_name)), max_size=1)
    return st.builds(
        lambda row, more, less: {
            name: answer for name, answer in {**row, **more}.items() if name not in less
        },
        valid_rows(catalogue),
        changes,
        lost,
    )


def texts_of(catalogue: Catalogue) -> st.SearchStrategy[dict[str, str]]:
    """The texts of a form's fields: those of answers that are accepted, and some of anything."""
    anything = st.one_of(
        st.integers(-2000, 200_000).map(str),
        st.floats(-1e6, 1e6).map(str),
        st.sampled_from([*MISSING_TEXTS, "", " ", "true", "false", "2001-02-30", "2001-02-28"]),
        CODES,
    )
    return st.fixed_dictionaries(
        {one.name: anything | accepted_answers(one).map(one.as_text) for one in catalogue.features}
    )
