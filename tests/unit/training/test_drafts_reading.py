"""Drafts: which files are read, and which are refused with what text."""

import csv
import gzip
import io
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from creditapp.exceptions import BadTable
from tests.drafted import BAD, ROWS, Columns, fields_of, repeated, write_csv
from training.drafts.distinct import DistinctValues
from training.drafts.draft import draft
from training.drafts.infer import infer
from training.drafts.sample import EvenSample
from training.drafts.source import batches, open_source

COLUMNS: Columns = {
    "income": repeated(*range(100, 161)),
    "Straße": repeated("Müll, ä", 'two "words"', "two\nlines"),
    "bad": BAD,
}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_separator_and_encoding_are_found(tmp_path: Path, separator: str, encoding: str) -> None:
    """Both are declared where they are not the usual ones."""
    path = write_csv(tmp_path / "loans.csv", COLUMNS, separator, encoding)
    infer(path, "bad", ["1"], tmp_path / "out")
    document = yaml.safe_load((tmp_path / "out" / "datapackage.yaml").read_text("utf-8"))
    resource = document["resources"][0]
    assert resource.get("encoding", "utf-8") == encoding.removesuffix("-sig")
    assert resource.get("dialect", {"delimiter": ","}) == {"delimiter": separator}
    assert sorted(fields_of(document)["Straße"]["categories"]) == sorted(set(COLUMNS["Straße"]))
    assert (tmp_path / "out" / "loans.csv").read_bytes() == path.read_bytes()


def test_a_packed_file_is_read(tmp_path: Path) -> None:
    """It stays packed."""
    plain = write_csv(tmp_path / "loans.csv", COLUMNS)
    path = tmp_path / "loans.csv.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert draft(path, "bad", ["1"]).source.file_name == "loans.csv.gz"


def test_parquet_columns_have_their_types(tmp_path: Path) -> None:
    """Integers, numbers with nulls, dates, booleans and dictionaries."""
    path = tmp_path / "loans.parquet"
    table = pa.table(
        {
            "income": repeated(*range(100, 161)),
            "share": pa.array([None if row % 7 == 0 else row % 61 / 8 for row in range(ROWS)]),
            "applied": repeated(date(2019, 1, 31), date(2018, 5, 6)),
            "works": repeated(True, False, True),
            "housing": pa.array(
                [str(cell) for cell in repeated("own", "rent")]
            ).dictionary_encode(),
            "bad": [bad == "1" for bad in BAD],
        }
    )
    pq.write_table(table, path)
    drafted = draft(path, "bad", ["true"])
    types = {field.name: (field.type, field.required) for field in drafted.fields}
    assert types == {
        "income": ("integer", True),
        "share": ("number", False),
        "applied": ("date", True),
        "works": ("boolean", True),
        "housing": ("string", True),
        "bad": ("boolean", True),
    }
    assert (drafted.outcome.good, drafted.outcome.bad) == ([False], [True])


def test_blanks_around_are_left_out(tmp_path: Path) -> None:
    """Of names and of cells."""
    path = write_csv(tmp_path / "in.csv", {" x ": repeated(" a", "b "), "bad": BAD})
    field = draft(path, "bad", ["1"]).fields[0]
    assert (field.name, field.categories) == ("x", ["a", "b"])
    assert any("blanks" in text for text in field.comments)


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "header only": (b"a,b\n", "column names but no rows"),
    "one column": (b"a\n1\n2\n", "one column was found"),
    "unnamed": (b",a,bad\n0,1,1\n", "column 1 of 3 has no name"),
    "duplicate": (b"a,a ,bad\n0,1,1\n", '"a" appears more than once'),
    "no header": (b"20000,2,x\n30000,1,y\n", "the first line holds numbers"),
    "ragged": (b"a,bad\n1,0\n2,1,3\n4,0\n5,1\n", "row 3 has 3 cells; the header has 2"),
    "not closed": (b'a,bad\n1,0\n"2,1\n4,0\n5,"1"\n', "line 3: .* a quotation mark is not closed"),
    "half quoted": (b'a,bad\r1,0\r2,"1"x\r4,0\r5,1', "line 3: the row is not readable as CSV"),
    "workbook": (b"PK\x03\x04rest", "an Excel workbook"),
    "binary": (bytes(range(256)) * 4, "not a text"),
    "long name": (b"a" * 101 + b",bad\n1,0\n2,1\n", "1 to 100 printable characters"),
    "nothing to score": (b"a,bad\n1,0\n1,1\n", "no column is left to score by"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, case: str) -> None:
    """The text says what is wrong, and never quotes a row."""
    content, message = UNREADABLE[case]
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(BadTable, match=message):
        infer(path, "bad", ["1"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["in.csv.gz", "in.parquet"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    """It is not what its name says."""
    path = tmp_path / name
    path.write_bytes(b"a,bad\n1,0\n")
    with pytest.raises(BadTable, match=name):
        draft(path, "bad", ["1"])


@pytest.mark.parametrize("first", ["\n", "\r\n", "\r"])
def test_line_ends_may_be_mixed(tmp_path: Path, first: str) -> None:
    """Each row is read, whatever ends the line of the column names."""
    path = tmp_path / "in.csv"
    path.write_bytes(f"a,bad{first}".encode() + b'1,0\r\n2,1\r3,0\n"4\r\n\r5",1\r\r6,0')
    source = open_source(path)
    assert [row for batch in batches(source) for row in batch.column(0).to_pylist()] == [
        "1",
        "2",
        "3",
        "4\r\n\r5",
        "6",
    ]


def test_a_packed_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """Its beginning is readable."""
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(b"a,bad\n" + b"1,0\n" * 1000)[:-12])
    with pytest.raises(BadTable, match="damaged"):
        draft(path, "bad", ["1"])


def outcome_file(folder: Path, outcomes: list[object]) -> Path:
    """A file with the given outcomes."""
    return write_csv(
        folder / "in.csv", {"income": range(100, 100 + len(outcomes)), "end": outcomes}
    )


OUTCOMES: list[tuple[list[object], list[str], list[object], list[object]]] = [
    ([0, 1, 1], ["1"], [0], [1]),
    (["0.0", "1.0"], ["1"], [0], [1]),
    (["paid", "late", "lost"], ["late", "lost"], ["paid"], ["late", "lost"]),
    (["paid", "late", "lost"], ["late, lost"], ["paid"], ["late", "lost"]),
    (["paid", "late, or lost"], ["late, or lost"], ["paid"], ["late, or lost"]),
    (["True", "False"], ["True"], [False], [True]),
    (["no", "yes"], ["yes"], ["no"], ["yes"]),
]


@pytest.mark.parametrize(("cells", "bad", "good_values", "bad_values"), OUTCOMES)
def test_all_other_outcomes_are_good(
    tmp_path: Path,
    cells: list[object],
    bad: list[str],
    good_values: list[object],
    bad_values: list[object],
) -> None:
    """They are listed, with the type that the cells have."""
    outcome = draft(outcome_file(tmp_path, cells * 9), "end", bad).outcome
    assert (outcome.good, outcome.bad) == (good_values, bad_values)


WRONG_OUTCOMES: list[tuple[list[object], str, str, str]] = [
    ([0, 1], "result", "1", 'no column "result" for the outcome; the columns are: income, end'),
    ([0, 1], "end", "2", r'never has the bad value "2"; found is "0" \(9 rows\), "1" \(9 rows\)'),
    ([1, 1], "end", "1", "all values of the outcome .* are bad"),
    ([0, 1], "end", "0,1", "all values of the outcome .* are bad"),
    ([*range(11)], "end", "1", "has 11 different values; accepted are up to 10. Found are 0, 1"),
    (["", "NA"], "end", "1", 'never has the bad value "1"'),
]


@pytest.mark.parametrize(("cells", "name", "bad", "message"), WRONG_OUTCOMES)
def test_an_outcome_that_cannot_be_divided_is_refused(
    tmp_path: Path, cells: list[object], name: str, bad: str, message: str
) -> None:
    """The text names what was found."""
    with pytest.raises(BadTable, match=message):
        draft(outcome_file(tmp_path, cells * 9), name, [bad])


def test_rows_without_an_outcome_are_asked(tmp_path: Path) -> None:
    """An empty cell and NA are neither good nor bad."""
    drafted = draft(outcome_file(tmp_path, [0, 1, "", "NA"] * 9), "end", ["1"])
    assert (drafted.outcome.good, drafted.outcome.bad) == ([0], [1])
    assert "18 rows have no outcome" in drafted.outcome.field.reviews[0]


def test_many_distinct_values_are_estimated() -> None:
    """Within 5 %, in constant memory; few are counted."""
    values = DistinctValues()
    values.add([b"%d" % number for number in range(1000)] * 2)
    assert values.estimate() == 1000
    values.add([b"%d" % number for number in range(100_000)])
    assert values.estimate() == pytest.approx(100_000, rel=0.05)


def test_a_sample_is_even_and_bounded() -> None:
    """It has about as many rows of each part of the file, in order, and as many odd as even ones."""
    sample = EvenSample(1000)
    for batch in np.array_split(np.arange(50_000), 37):
        sample.add(pa.RecordBatch.from_arrays([pa.array(batch)], names=["x"]))
    taken = np.array(sample.table().column("x").to_pylist())
    assert sample.step == 8
    assert len(taken) == pytest.approx(50_000 / 8, rel=0.05)
    assert np.all(np.diff(taken) > 0)
    assert np.mean(taken % 2) == pytest.approx(0.5, abs=0.03)
    assert np.histogram(taken, 10)[0] == pytest.approx(625, rel=0.15)


def test_a_long_file_is_read_in_batches(tmp_path: Path) -> None:
    """The whole file counts: the last row has the only unusual values."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["income", "kind", "bad"])
    writer.writerows([100 + row % 1009, "usual", row % 2] for row in range(120_000))
    writer.writerow([50_000, "rare", 0])
    path = tmp_path / "in.csv"
    path.write_text(text.getvalue())
    drafted = draft(path, "bad", ["1"])
    income, kind, _ = drafted.fields
    assert drafted.rows == 120_001
    assert income.maximum is not None
    assert income.maximum > 50_000
    assert kind.categories == ["rare", "usual"]


def test_a_share_of_bad_rows_that_changes_is_noted(tmp_path: Path) -> None:
    """A file sorted by its outcome has no representative rows at its end."""
    path = write_csv(tmp_path / "in.csv", {"income": repeated(*range(61)), "bad": sorted(BAD)})
    notes = draft(path, "bad", ["1"]).notes
    assert any("0.0% in the first tenth, 100.0% in the last" in note for note in notes)
