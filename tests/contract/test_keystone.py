"""Form, schema, CSV and table check accept and refuse the same answers."""

import csv
import io
import shutil
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.applications.application_table import wrong_rows
from creditapp.applications.questions import Choice, Numeric, Question
from creditapp.applications.schemas import load_application, schema_of
from creditapp.applications.table import application_of, read_csv
from creditapp.exceptions import InvalidApplication
from creditapp.factory import create_app
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.settings.settings import Settings
from creditapp.web.pages.forms import form_of
from tests.portfolios import EXAMPLE, FEATURES, GERMAN, QUESTIONS, RECORDED
from tests.serving import Trained

FOREIGN_ANSWERS: list[Any] = [
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


def boundary_answers(question: Question) -> list[Any]:
    """Each code or limit of a question, its neighbours, and answers that belong to other questions."""
    if isinstance(question, Choice):
        return [*question.values, 1, True, *FOREIGN_ANSWERS]
    assert isinstance(question, Numeric)
    low, high = question.minimum, question.maximum
    edges = [low - 1, low, low + 1, high - 1, high, high + 1, -low, 10**30, 10**40]
    fractions = [low + 0.5, float(low), float(high), high + 0.001, 1e-9]
    return [*edges, *fractions, True, None, *FOREIGN_ANSWERS]


def cases(questions: tuple[Question, ...]) -> list[Any]:
    """Every question with each of its boundary answers."""
    return [
        pytest.param(question, answer, id=f"{question.name}: {answer!r}")
        for question in questions
        for answer in boundary_answers(question)
    ]


def schema_accepts(row: Any) -> bool:
    """Whether the schema accepts a row; `load_application`, which has a faster check, must agree."""
    accepted = not schema_of(GERMAN).validate(row)
    try:
        load_application(GERMAN, row)
    except InvalidApplication:
        assert not accepted
    else:
        assert accepted
    return accepted


def table_accepts(row: Any) -> bool:
    """Whether the check of whole columns accepts a row between valid rows."""
    return wrong_rows(GERMAN, [EXAMPLE, row, EXAMPLE]) == set()


def csv_accepts(texts: dict[str, str]) -> bool:
    """Whether the schema accepts the rows of a CSV file with these cells."""
    file = io.StringIO()
    writer = csv.DictWriter(file, texts.keys())
    writer.writeheader()
    writer.writerow(texts)
    file.seek(0)
    return all(schema_accepts(row) for _, row in read_csv(GERMAN, file))


class Served(NamedTuple):
    """An application, and the model that it serves."""

    app: Flask
    model: ServedModel


@pytest.fixture(scope="module")
def served(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """One for all tests: loading a model takes longer than any of them."""
    database = shutil.copy(trained.database, tmp_path_factory.mktemp("keystone") / "creditapp.db")
    app = create_app(replace(Settings.from_environment(), database_url=f"sqlite:///{database}"))
    with app.app_context():
        return Served(app, model_cache.current())


def form_accepts(served: Served, texts: dict[str, str]) -> bool:
    """Whether the form of the page accepts these texts."""
    slugs = {question.name: question.slug for question in FEATURES}
    data = {slugs[name]: text for name, text in texts.items() if name in slugs}
    with served.app.test_request_context("/", method="POST", data=data):
        form = form_of(served.model.catalogue)(meta={"csrf": False})
        return form.submitted(served.model) is not None


def as_text(answer: Any) -> str:
    """An answer as a person or a spreadsheet writes it."""
    return "" if answer is None else str(answer)


@pytest.mark.parametrize(("question", "answer"), cases(QUESTIONS))
def test_schema_and_table_agree_with_the_catalogue(question: Question, answer: Any) -> None:
    """A single application and a batch accept exactly the answers that the catalogue accepts."""
    row = {**EXAMPLE, question.name: answer}
    assert schema_accepts(row) == table_accepts(row) == question.accepts(answer)


@pytest.mark.parametrize(("question", "answer"), cases(FEATURES))
def test_form_and_csv_agree_with_the_catalogue(
    served: Served, question: Question, answer: Any
) -> None:
    """The form and CSV read the text as a number or code, and accept what the catalogue accepts."""
    texts = {name: as_text(value) for name, value in {**EXAMPLE, question.name: answer}.items()}
    meant = answer
    if isinstance(answer, str):
        meant = -1 if answer == "-1" else answer.strip(" ")
    assert form_accepts(served, texts) == csv_accepts(texts) == question.accepts(meant)


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


def accepted_answers(question: Question) -> st.SearchStrategy[Any]:
    """A strategy for all answers that a question accepts."""
    match question:
        case Numeric(integer=True):
            return st.integers(int(question.minimum), int(question.maximum))
        case Numeric():
            limits = (question.minimum, question.maximum)
            whole = st.integers(int(limits[0]) + 1, int(limits[1]))
            return whole | st.floats(*limits, exclude_min=True)
        case Choice():
            return st.sampled_from(question.values)
    raise AssertionError(question.name)


VALID_ROWS = st.fixed_dictionaries(
    {feature.name: accepted_answers(feature) for feature in FEATURES},
    optional={
        "reference": st.text("aé:0 ", min_size=1, max_size=64),
        **{question.name: accepted_answers(question) for question in RECORDED},
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(VALID_ROWS, max_size=12), st.lists(ROWS, max_size=3), st.randoms())
def test_table_check_agrees_with_the_schema_on_mixed_rows(
    valid: list[Any], others: list[Any], order: Any
) -> None:
    """Valid rows are accepted at any position, and give the same application by both checks."""
    rows = [*valid, *others]
    order.shuffle(rows)
    assert wrong_rows(GERMAN, valid) == set()
    assert wrong_rows(GERMAN, rows) == {n for n, row in enumerate(rows) if not schema_accepts(row)}
    for row in valid:
        assert application_of(GERMAN, row) == load_application(GERMAN, row)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=8))
def test_table_check_finds_the_rows_that_the_schema_refuses(rows: list[Any]) -> None:
    """The fast check agrees with the schema on any JSON value."""
    assert wrong_rows(GERMAN, rows) == {n for n, row in enumerate(rows) if not schema_accepts(row)}
