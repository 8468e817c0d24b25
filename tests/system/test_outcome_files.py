"""`flask outcomes import`: the right rows are recorded, the wrong ones told by their lines."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from flask import Flask

from creditapp.database.session import reading
from creditapp.outcomes.table import RecordedOutcome
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE

TODAY = datetime.now(UTC).date()


def run(app: Flask, file: Path) -> Result:
    """Import a file in this process."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=["outcomes", "import", str(file)])


def recorded(app: Flask) -> list[tuple[Any, ...]]:
    """What is on record."""
    with app.app_context(), reading() as session:
        rows = session.query(RecordedOutcome).order_by(RecordedOutcome.id)
        return [(str(row.decision_id), row.kind, row.amount, row.withdrawn) for row in rows]


@pytest.fixture
def made(client: StrictClient) -> list[str]:
    """Decisions on the references 1, 2 and 3."""
    bodies = [{**EXAMPLE, "reference": str(number)} for number in (1, 2, 3)]
    return [client.post("/api/predict", json=one).get_json()["decision_id"] for one in bodies]


def write(folder: Path, *lines: str) -> Path:
    """A CSV file of outcomes."""
    (folder / "outcomes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "outcomes.csv"


def test_right_rows_are_recorded_and_wrong_ones_told_by_line(
    app: Flask, made: list[str], tmp_path: Path
) -> None:
    """The summary adds up; the same file again records nothing, and names the same lines."""
    file = write(
        tmp_path,
        "decision_id,reference,kind,date,amount",
        f"{made[0]},,defaulted,{TODAY},1250.50",
        f",2,repaid,{TODAY},",
        f",9,repaid,{TODAY},",
        f",3,late,{TODAY},",
        f",3,repaid,{TODAY},,,",
        f",3,defaulted,{TODAY},1_000",
        "",
        f'{made[0]},"",defaulted,{TODAY},1250.50',
        f',"3,repaid,{TODAY},',
    )
    first, again = run(app, file), run(app, file)
    assert first.exit_code == again.exit_code == 1
    assert "8 rows = 2 recorded + 1 known already + 5 wrong" in first.output
    assert "8 rows = 0 recorded + 3 known already + 5 wrong" in again.output
    for line in (
        "line 4: reference: no decision has this reference",
        "line 5: kind: accepted is repaid, defaulted",
        "line 6: 7 cells; expected are 5",
        "line 7: amount: accepted is a number",
        "line 10: a quotation mark is not closed",
    ):
        assert line in first.output, first.output
        assert line in again.output
    assert recorded(app) == [
        (made[0], "defaulted", 1250.5, False),
        (made[1], "repaid", None, False),
    ]


def test_a_parquet_file_is_read_by_its_types(app: Flask, made: list[str], tmp_path: Path) -> None:
    """A date, a whole number beside a gap as reference, a gap as amount, and a truth value."""
    columns = {
        "reference": pa.array([1.0, 2.0, 2.0, None]),
        "kind": ["written_off", "repaid", "repaid", "repaid"],
        "date": pa.array([TODAY, TODAY, TODAY, date(2020, 1, 1)]),
        "amount": pa.array([12.5, None, None, None]),
        "withdrawn": pa.array([None, False, True, None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "outcomes.parquet")
    done = run(app, tmp_path / "outcomes.parquet")
    assert "4 rows = 3 recorded + 0 known already + 1 wrong" in done.output
    assert "line 4: decision_id: give decision_id or reference" in done.output
    assert recorded(app) == [
        (made[0], "written_off", 12.5, False),
        (made[1], "repaid", None, False),
        (made[1], "repaid", None, True),
    ]


def test_rows_are_recorded_in_chunks(
    app: Flask, made: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their lines are counted through the whole file."""
    monkeypatch.setattr("creditapp.cli.outcomes.AT_ONCE", 2)
    rows = [f"{number};repaid;{TODAY}" for number in (1, 2, 9, 3, 9)]
    done = run(app, write(tmp_path, "reference;kind;date", *rows))
    assert "5 rows = 3 recorded + 0 known already + 2 wrong" in done.output
    assert ("line 4: " in done.output, "line 6: " in done.output) == (True, True)


BROKEN = {
    "an unknown column": "reference,kind,date,note\n",
    "no kind": "reference,date\n",
    "nobody is named": "kind,date\n",
    "a column twice": "reference,kind,kind,date\n",
    "UTF-16": "r\0e\0f\0\n",
    "an empty file": "",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_file_with_wrong_columns_is_refused(app: Flask, tmp_path: Path, text: str) -> None:
    """In one line, with the columns that are accepted or what to do."""
    (tmp_path / "outcomes.csv").write_text(text)
    done = run(app, tmp_path / "outcomes.csv")
    assert done.exit_code == 2
    assert len(done.output.splitlines()) == 1
    assert "outcomes.csv: " in done.output


def test_a_file_that_is_no_parquet_is_refused(app: Flask, tmp_path: Path) -> None:
    """By name."""
    (tmp_path / "outcomes.parquet").write_text("reference")
    done = run(app, tmp_path / "outcomes.parquet")
    assert (done.exit_code, "not a Parquet file" in done.output) == (2, True)
