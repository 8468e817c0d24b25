"""What is understood of a file before it is scored."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditapp.files import preview as previews
from creditapp.files.preview import preview
from tests.portfolios import EXAMPLE, GERMAN

NAMES = [*EXAMPLE, "reference"]
HEAD = ",".join(NAMES)
GOOD = ",".join(map(str, EXAMPLE.values()))
YOUNG = GOOD.replace("35", "17")


def look(folder: Path, content: str | bytes, most_rows: int = 1000) -> previews.Preview:
    """The preview of a CSV file with this content."""
    path = folder / "content.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return preview(GERMAN, path, most_rows)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("\n\n", "The file is empty."),
        (HEAD, "The file holds column names but no rows."),
        (HEAD.replace(",", ";") + "\n" + GOOD.replace(",", ";"), "are separated by semicolons"),
        ("\t".join(NAMES) + "\n", "are separated by tabs"),
        (",".join(NAMES[1:]) + "\n", f"These columns are missing: {NAMES[0]}."),
        (f"{HEAD},Colour\n{GOOD},a,red\n", "These columns are not known: Colour."),
        (f"{HEAD},reference\n{GOOD},a,b\n", "appear more than once: reference."),
        (HEAD.encode() + b",Gr\xfc\xdfe\n", "The column names are not UTF-8."),
        (f"{HEAD}\n{YOUNG},x\n", "None of the rows can be scored."),
        (f"{HEAD}\n" + f"{GOOD},\n" * 1001, "more than 1,000 rows"),
    ],
)
def test_a_file_that_cannot_be_scored_says_why(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    """The cause, and not what follows from it."""
    assert words in str(look(tmp_path, content).problem)


def test_what_was_understood_is_shown(tmp_path: Path) -> None:
    """The rows are counted, the first ones shown as they were read, and wrong ones named by line."""
    lines = [HEAD, f"{GOOD},a", f"{YOUNG},b", "1,2", f"{GOOD},d", f"{GOOD},e"]
    seen = look(tmp_path, "\n".join(lines))
    assert seen.problem is None
    assert (seen.rows, seen.checked, seen.wrong, seen.separator) == (5, 5, 2, ",")
    assert [number for number, _ in seen.first] == [2, 3]
    assert seen.first[1][1]["Age in years"] == 17
    assert [number for number, _ in seen.wrong_rows] == [3, 4]
    assert seen.wrong_rows[0][1].startswith("Age in years: 17 is not accepted")
    assert len(seen.columns.matched) == len(NAMES)


def parquet(folder: Path, **more: Any) -> Path:
    """A Parquet file with one application of which some answers are changed."""
    path = folder / "content.parquet"
    row = {**EXAMPLE, **{name.replace("_", " "): value for name, value in more.items()}}
    pq.write_table(pa.Table.from_pylist([row, row]), path)
    return path


def test_a_parquet_file_with_a_wrong_type_says_so(tmp_path: Path) -> None:
    """With the name of the column."""
    problem = str(preview(GERMAN, parquet(tmp_path, Age_in_years=[35]), 10).problem)
    assert "Age in years" in problem
    assert "use numbers, text, dates" in problem


def test_a_parquet_file_that_says_it_holds_too_much_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither rows nor bytes beyond the limits."""
    path = parquet(tmp_path)
    assert preview(GERMAN, path, 2).problem is None
    assert "more than 1 rows" in str(preview(GERMAN, path, 1).problem)
    monkeypatch.setattr(previews, "MOST_UNPACKED", 10)
    assert "smaller row groups" in str(preview(GERMAN, path, 2).problem)
