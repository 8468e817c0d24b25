"""A portfolio with missing answers, dates, yes or no and integer categories is trained and served exactly."""

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import mean, median, pstdev
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.exceptions import BadTable
from creditapp.explanations.reasons import Explainer, verify_explainer
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.holdout import read_holdout
from creditapp.scoring.scorer import Scorer
from creditapp.scoring.verification import verify
from tests import mixed
from tests.mixed import MIXED
from training import pipeline
from training.dataset import Dataset, Split, load, split, split_at_random
from training.estimators import forest
from training.export import Origin, make_bundle, population


@pytest.fixture(scope="module")
def parts() -> Split:
    """Made rows, split by time."""
    return split(mixed.dataset())


@pytest.fixture(scope="module")
def fitted(parts: Split) -> Pipeline:
    """The pipeline fitted on them."""
    return pipeline.build(MIXED).fit(parts.training.features, parts.training.target)


@pytest.fixture(scope="module")
def bundle(fitted: Pipeline, parts: Split) -> Bundle:
    """The bundle, as serving reads it; making it compares it with the pipeline on 100,000 rows."""
    made, parity = make_bundle(fitted, parts, {}, Origin("run", "now"))
    assert parity.rows > 100_000
    assert parity.largest_difference <= 1e-6
    return Bundle.unpack(made.pack())


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> Scorer:
    """What scores."""
    return verify(bundle)


def test_the_newest_rows_are_held_out(parts: Split) -> None:
    """The day whose rows come nearest to three tenths, and all after it."""
    assert parts.from_day == "2025-06-30"
    assert set(parts.held_out.answers["applied"]) == {"2025-06-30"}
    assert max(parts.training.answers["applied"]) == "2025-02-28"
    assert len(parts.training) + len(parts.held_out) == 400


def test_rows_of_one_day_are_split_at_random() -> None:
    """Seven tenths to fit on."""
    rows = mixed.dataset(100)
    same = replace(rows, answers={**rows.answers, "applied": ["2025-01-01"] * 100})
    assert split(same).from_day == ""
    assert (len(split(same).training), len(split_at_random(same).training)) == (70, 70)


def test_a_hold_out_of_one_outcome_is_refused() -> None:
    """The message says how to go on."""
    rows = mixed.dataset(100)
    is_last = np.array([day == "2025-06-30" for day in rows.answers["applied"]])
    with pytest.raises(BadTable, match="the rows from 2025-06-30 on have one outcome only"):
        split(replace(rows, target=rows.target.where(~is_last, 1)))


def test_the_encoder_equals_the_fitted_preprocessor(fitted: Pipeline, parts: Split) -> None:
    """Exactly, for many rows and for each by itself, and where -1.0 stands for the missing code -1."""
    encoder = Encoder.from_inputs(forest.export(fitted, MIXED).inputs)
    for rows in (parts.training, parts.held_out):
        expected = fitted.named_steps["preprocessor"].transform(rows.features).astype(np.float32)
        assert any(type(income) is float and income == -1 for income in rows.columns["income"])
        assert np.array_equal(encoder.encode(rows.columns), expected)
        each = [{name: [one[place]] for name, one in rows.columns.items()} for place in range(90)]
        assert np.array_equal(np.concatenate([*map(encoder.encode, each)]), expected[:90])


def by_hand(rows: Dataset, row: Mapping[str, Any]) -> dict[str, list[float]]:
    """The columns of each question for one row, from the rows fitted on, without the product's code."""

    def scaled(value: float, values: list[float]) -> float:
        return (value - mean(values)) / pstdev(values)

    def days(one: Mapping[str, Any], name: str) -> int:
        return (date.fromisoformat(one["applied"]) - date.fromisoformat(one[name])).days

    def filled(name: str, missing: list[Any], number: Any) -> list[float]:
        numbers = [None if one[name] in missing else number(one) for one in rows.rows()]
        fill = median(one for one in numbers if one is not None)
        whole = [float(fill if one is None else one) for one in numbers]
        own = fill if row[name] in missing else number(row)
        return [scaled(own, whole), *(float(row[name] == code) for code in missing)]

    def hot(name: str, codes: list[Any]) -> list[float]:
        return [float(row[name] == code) for code in codes]

    def ranks(name: str, codes: list[Any], missing: list[Any]) -> list[float]:
        given = [codes.index(one[name]) for one in rows.rows() if one[name] not in missing]
        rank = median(given) if row[name] in missing else codes.index(row[name])
        return [float(rank), *(float(row[name] == code) for code in missing)]

    return {
        "age": [scaled(row["age"], rows.answers["age"])],
        "born": [scaled(days(row, "born"), [days(one, "born") for one in rows.rows()])],
        "work": hot("work", ["A", "B", None, "?"]),
        "region": hot("region", [10, 20, 30]),
        "married": hot("married", [False, True, None]),
        "owner": hot("owner", [False, True]),
        "income": filled("income", [None, -1], lambda one: one["income"]),
        "savings": filled("savings", [None], lambda one: one["savings"]),
        "school": ranks("school", ["none", "lower", "higher"], [None, "?"]),
        "grade": ranks("grade", [1, 2, 3], [-9]),
        "hired": filled("hired", [None, "never"], lambda one: days(one, "hired")),
    }


def test_the_encoding_is_the_one_worked_out_by_hand(fitted: Pipeline, parts: Split) -> None:
    """Medians of what is known, scaled with the filled column's mean and deviation, one column per code."""
    inputs = forest.export(fitted, MIXED).inputs
    rows = parts.training
    encoded = Encoder.from_inputs(inputs).encode(rows.columns)
    for place, row in enumerate(rows.rows()[:40]):
        expected = by_hand(rows, row)
        assert list(inputs) == list(expected)
        assert encoded[place] == pytest.approx(sum(expected.values(), []), abs=1e-6)  # noqa: RUF017


def test_a_text_null_and_an_answer_that_is_not_given_are_two_answers() -> None:
    """Both may stand for a missing number."""
    made = mixed.catalogue_with("savings", missingValues=["", "null"])
    rows = mixed.dataset(60)
    savings = ["null" if one == 250 else one for one in rows.answers["savings"]]
    rows = Dataset(made, {**rows.answers, "savings": savings}, rows.target)
    fitted = pipeline.build(made).fit(rows.features, rows.target)
    encoder = Encoder.from_inputs(forest.export(fitted, made).inputs)
    expected = fitted.named_steps["preprocessor"].transform(rows.features).astype(np.float32)
    assert np.array_equal(encoder.encode(rows.columns), expected)
    only = [{name: [one[place]] for name, one in rows.columns.items()} for place in range(60)]
    codes = {(one["savings"][0] is None, one["savings"][0] == "null") for one in only}
    assert len(codes) == 3


def test_a_number_that_no_row_gives_is_encoded_and_is_outside_training() -> None:
    """Its column is one number for all rows; any number is new to the model then."""
    rows = mixed.dataset(60)
    rows = replace(rows, answers={**rows.answers, "savings": [None] * 60})
    fitted = pipeline.build(MIXED).fit(rows.features, rows.target)
    bundle, _ = make_bundle(fitted, split_at_random(rows), {}, Origin("run", "now"))
    counted = bundle.metadata.population["savings"]
    assert (counted["minimum"], counted["edges"], counted["missing"]) == (None, [], [[None, 42]])
    some = Application({**mixed.EXAMPLE, "savings": 800})
    none = Application({**mixed.EXAMPLE, "savings": None})
    [with_number, without] = Scorer(bundle).score([some, none])
    assert "savings" in with_number.outside_training
    assert "savings" not in without.outside_training


def test_the_hold_out_comes_back_out_of_the_bundle(bundle: Bundle, parts: Split) -> None:
    """Every answer with its type: null, codes, true and false, and dates."""
    read = read_holdout(bundle)
    assert list(read.answers) == parts.held_out.rows()
    given = [list(map(type, one.values())) for one in map(sorted_answers, read.answers)]
    kept = [list(map(type, one.values())) for one in map(sorted_answers, parts.held_out.rows())]
    assert [one for one in zip(given, kept, strict=True) if one[0] != one[1]] == []
    assert list(read.good) == [bool(target) for target in parts.held_out.target]


def sorted_answers(row: Mapping[str, Any]) -> dict[str, Any]:
    """The answers in the order of their names."""
    return {name: row[name] for name in sorted(row)}


def test_a_date_counts_from_its_own_application(scorer: Scorer) -> None:
    """A birth and a hiring a year later are the same to an application a year later."""
    one = {**mixed.EXAMPLE, "applied": "2025-03-01", "born": "1984-03-01", "hired": "2020-03-02"}
    later = {**one, "applied": "2026-03-01", "born": "1985-03-01", "hired": "2021-03-02"}
    old = {**one, "applied": "2100-03-01"}
    first, same, other = scorer.score([Application(row) for row in (one, later, old)])
    assert first == same
    assert (first.outside_training, other.outside_training) == ((), ("born", "hired"))


def test_the_forest_explains_rows_with_missing_answers(bundle: Bundle, scorer: Scorer) -> None:
    """Contributions add up to the score minus the mean of the group it is compared with."""
    explainer: Explainer = verify_explainer(bundle, scorer)
    group = explainer.group(0.7)
    held_out = read_holdout(bundle).answers
    scores = sorted(one.probability_good for one in scorer.score([*map(Application, held_out)]))
    for row in held_out[:20]:
        [score] = scorer.score([Application(row)])
        total = sum(explainer.contributions(Application(row), 0.7).values())
        assert total == pytest.approx(score.probability_good - mean(scores[group]), abs=1e-5)


def test_the_population_counts_missing_answers_by_themselves(parts: Split) -> None:
    """-1.0 counts as -1; for codes they stand beside the others."""
    counted = population(parts.training)
    incomes = parts.training.answers["income"]
    assert counted["income"]["missing"] == [
        [None, incomes.count(None)],
        [-1, sum(income == -1 for income in incomes)],
    ]
    known = sum(income not in (None, -1) for income in incomes)
    assert sum(counted["income"]["counts"]) == known
    assert [code for code, _ in counted["married"]["answers"]] == [False, True, None]
    assert sum(count for _, count in counted["work"]["answers"]) == len(parts.training)


def written(folder: Path, kind: str, count: int = 60) -> tuple[Catalogue, Path, Dataset]:
    """Made rows in a file of the portfolio, and the same rows in memory."""
    rows = mixed.dataset(count)
    data = replace(MIXED.data, path=f"mixed.{kind}", delimiter=";")
    catalogue, path = replace(MIXED, data=data), folder / f"mixed.{kind}"
    table = [
        {**row, "paid": bool(target), "note": "kept", "loan": str(place)}
        for place, (row, target) in enumerate(zip(rows.rows(), rows.target, strict=True))
    ]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(table), path)
        return catalogue, path, rows
    file = io.StringIO()
    writer = csv.DictWriter(file, table[0], delimiter=";")
    writer.writeheader()
    writer.writerows({name: cell_of(name, one) for name, one in row.items()} for row in table)
    content = file.getvalue().encode()
    path.write_bytes(gzip.compress(content) if kind.endswith("gz") else content)
    return catalogue, path, rows


def cell_of(name: str, answer: Any) -> str:
    """An answer as the lender's own file has it: dates of hirings as 31.12.2024, owners as yes or n."""
    if name == "hired" and answer not in (None, "never"):
        return date.fromisoformat(answer).strftime("%d.%m.%Y")
    if name == "owner":
        return "yes" if answer else "n"
    return "" if answer is None else str(answer)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_the_rows_of_a_file_are_the_ones_written(tmp_path: Path, kind: str) -> None:
    """With the portfolio's delimiter, patterns of dates, and texts for yes and no."""
    catalogue, path, rows = written(tmp_path, kind)
    loaded = load(catalogue, path)
    assert loaded.rows() == rows.rows()
    assert loaded.target.tolist() == rows.target.tolist()


def test_all_wrong_cells_are_told_with_their_lines(tmp_path: Path) -> None:
    """What is missing where it must not be, and what is no value; a wrong outcome too."""
    catalogue, path, _ = written(tmp_path, "csv")
    header, *lines = [line.split(";") for line in path.read_text().splitlines()]
    for line, name, cell in ((2, "age", ""), (3, "hired", "31.02.2024"), (5, "paid", "maybe")):
        lines[line - 2][header.index(name)] = cell
    path.write_text("\n".join(";".join(cells) for cells in [header, *lines]))
    with pytest.raises(BadTable) as refused:
        load(catalogue, path)
    told = str(refused.value).splitlines()
    assert told[0].endswith("3 errors; they are:")
    assert told[1:] == [
        '  line 2, column "age": the cell is empty; accepted is an integer from 18 to 99',
        '  line 3, column "hired": "31.02.2024" is not accepted; accepted is a date as '
        "%d.%m.%Y, or a date as YYYY-MM-DD from 0001-01-01 to 9999-12-31; also an empty cell, never",
        '  line 5, column "paid": "maybe" is not accepted; accepted is true for good or false for bad',
    ]
