"""The keystone: form, schema, CSV and table accept and refuse alike, whatever the answer."""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.applications.catalogue import (
    EXAMPLE,
    FEATURES,
    QUESTIONS,
    RECORDED,
    Feature,
    Numeric,
)
from creditapp.applications.schemas import APPLICATION, load_application
from creditapp.applications.table import application_of, read_csv, wrong_rows
from creditapp.exceptions import InvalidApplication
from creditapp.web.pages.forms import ApplicationForm

STRANGERS: list[Any] = [
    "",
    " ",
    "x",
    "A0",
    "a11",
    "A11 ",
    "A111",
    "1_000",
    "\u0661",
    "nan",
    "0x1",
    "NaN",
    "-1",
    0.5,
]


def boundary_answers(feature: Feature) -> list[Any]:
    """Each code or limit, its neighbours, and what belongs to other questions."""
    if not isinstance(feature, Numeric):
        return [*feature.values, 1, True, *STRANGERS]
    low, high = feature.minimum, feature.maximum
    edges = [low - 1, low, low + 1, high - 1, high, high + 1, -low, 10**30, 10**40]
    fractions = [low + 0.5, float(low), float(high), high + 0.001, 1e-9]
    return [*edges, *fractions, True, None, *STRANGERS]


def cases(questions: tuple[Feature, ...]) -> list[Any]:
    """Every question with each of its boundary answers."""
    return [
        pytest.param(question, answer, id=f"{question.name}: {answer!r}")
        for question in questions
        for answer in boundary_answers(question)
    ]


def schema_accepts(row: Any) -> bool:
    """The one judge; the road that spares asking it must say the same."""
    accepted = not APPLICATION.validate(row)
    try:
        load_application(row)
    except InvalidApplication:
        assert not accepted
    else:
        assert accepted
    return accepted


def table_accepts(row: Any) -> bool:
    """The check over whole columns, with right rows around it."""
    return wrong_rows([EXAMPLE, row, EXAMPLE]) == set()


def csv_accepts(texts: dict[str, str]) -> bool:
    """A file with these cells, read and then judged by the schema."""
    file = io.StringIO()
    writer = csv.DictWriter(file, texts.keys())
    writer.writeheader()
    writer.writerow(texts)
    file.seek(0)
    return all(schema_accepts(row) for _, row in read_csv(file))


def form_accepts(app: Flask, texts: dict[str, str]) -> bool:
    """The page's form, filled in with these texts."""
    slugs = {question.name: question.slug for question in FEATURES}
    data = {slugs[name]: text for name, text in texts.items() if name in slugs}
    with app.test_request_context("/", method="POST", data=data):
        return ApplicationForm(meta={"csrf": False}).submitted() is not None


def as_text(answer: Any) -> str:
    """An answer as a person or a spreadsheet would write it."""
    return "" if answer is None else str(answer)


@pytest.mark.parametrize(("question", "answer"), cases(QUESTIONS))
def test_schema_and_table_judge_alike_and_as_the_catalogue_does(
    question: Feature, answer: Any
) -> None:
    """JSON's two ways in: one application, and a whole batch."""
    row = {**EXAMPLE, question.name: answer}
    assert schema_accepts(row) == table_accepts(row) == question.accepts(answer)


@pytest.mark.parametrize(("question", "answer"), cases(FEATURES))
def test_form_and_csv_judge_alike_and_as_the_schema_judges_what_they_mean(
    app: Flask, question: Feature, answer: Any
) -> None:
    """The two ways in that carry text: what they hold means a number or a code, and is judged as such."""
    texts = {name: as_text(value) for name, value in {**EXAMPLE, question.name: answer}.items()}
    meant = answer
    if isinstance(answer, str):
        meant = -1 if answer == "-1" else answer.strip(" ")
    assert form_accepts(app, texts) == csv_accepts(texts) == question.accepts(meant)


ANSWERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["A11", "A40", "A410", "A47"]),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.text(), st.integers(), max_size=1),
)
ROWS = st.one_of(
    ANSWERS,
    st.dictionaries(
        st.sampled_from([*(q.name for q in QUESTIONS), "reference", "other"]), ANSWERS, max_size=3
    ).map(lambda changes: {**EXAMPLE, **changes}),
    st.sets(st.sampled_from(list(EXAMPLE)), max_size=2).map(
        lambda missing: {name: value for name, value in EXAMPLE.items() if name not in missing}
    ),
)


def accepted_answers(question: Feature) -> st.SearchStrategy[Any]:
    """All that a question accepts."""
    match question:
        case Numeric(integer=True):
            return st.integers(question.minimum, question.maximum)
        case Numeric():
            limits = (question.minimum, question.maximum)
            return st.integers(limits[0] + 1, limits[1]) | st.floats(*limits, exclude_min=True)
        case _:
            return st.sampled_from(question.values)


RIGHT_ROWS = st.fixed_dictionaries(
    {feature.name: accepted_answers(feature) for feature in FEATURES},
    optional={
        "reference": st.text("aé:0 ", min_size=1, max_size=64),
        **{question.name: accepted_answers(question) for question in RECORDED},
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RIGHT_ROWS, max_size=12), st.lists(ROWS, max_size=3), st.randoms())
def test_a_made_table_is_judged_row_by_row_as_the_schema_judges_it(
    right: list[Any], others: list[Any], order: Any
) -> None:
    """Rows over the whole contract are right wherever they stand, and stay what they were."""
    rows = [*right, *others]
    order.shuffle(rows)
    assert wrong_rows(right) == set()
    assert wrong_rows(rows) == {n for n, row in enumerate(rows) if not schema_accepts(row)}
    for row in right:
        assert application_of(row) == load_application(row)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=8))
def test_the_table_finds_exactly_the_rows_the_schema_refuses(rows: list[Any]) -> None:
    """The fast check is held to the one judge on anything that JSON can carry."""
    assert wrong_rows(rows) == {n for n, row in enumerate(rows) if not schema_accepts(row)}
