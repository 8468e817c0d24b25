"""Files in which much is broken: each row is scored or wrong, under its own number."""

import csv
import io
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from distributed import Client
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.files import formats
from creditapp.files.run import Keeping, Summary, cluster, score_file
from creditapp.settings.paths import ROOT
from tests.clients import StrictClient
from tests.portfolios import EXAMPLE

HEADER = [*EXAMPLE, "reference"]
SCORES = ("prediction", "probability_good_credit", "score", "risk_level", "decision")
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Piece:
    """Some lines of a file without the last line end: a row to score, a wrong row, or none."""

    text: str
    is_wrong: bool = False
    data_row: int | None = None


def read_data() -> list[list[str]]:
    """Rows of the project's own data, without the outcome and with a reference."""
    with (ROOT / "data" / "estadistical.csv").open() as file:
        rows = [{name.strip(): cell for name, cell in row.items()} for row in csv.DictReader(file)]
    return [[*(row[name] for name in EXAMPLE), f"{n}"] for n, row in enumerate(rows[:12])]


DATA = read_data()


def good_pieces(row: int) -> list[Piece]:
    """The ways in which one good row may be written."""
    cells = DATA[row]
    first = cells[:-1]
    quoted = ",".join(f'"{cell}"' for cell in cells)
    return [
        Piece(text, data_row=row)
        for text in (
            ",".join(cells),
            quoted,
            ",".join([*first, '"a ""quoted"" one, with a comma"']),
            ",".join([*first, '5" by 3"']),
            ",".join([f" {cells[0]} ", *cells[1:]]),
        )
    ]


def broken_pieces(row: int) -> list[Piece]:
    """The ways in which it may be broken; each is one wrong row."""
    cells = DATA[row]
    first = cells[:-1]
    broken = [
        *(",".join([*cells[:n], f'"{cells[n]}', *cells[n + 1 :]]) for n in (0, 3, len(cells) - 1)),
        ",".join([f'"{cells[0]}"x', *cells[1:]]),
        ",".join(first),
        ",".join([*cells, "one", "more"]),
        *(",".join([*first, f"a{character}b"]) for character in "\0\x0c\x1a\x85\u2028\udcff"),
        ",".join([*first, '"two\nlines"']),
        ",".join([*first, '"three\r\n\rlines"']),
        ",".join([f"{cells[0]}\0", *cells[1:]]),
        ",".join([*first, "x" * 200_000]),
        ",".join(cells).replace(",", ";"),
        "," * len(first),
        "   ",
        "\x1a",
    ]
    return [Piece(text, is_wrong=True) for text in broken]


POOL = [
    piece
    for row in range(len(DATA))
    for piece in (*good_pieces(row) * 3, *broken_pieces(row), *[Piece("")] * 3)
]
pieces = st.tuples(st.sampled_from(POOL), st.sampled_from(["\n", "\r\n", "\r"]))
files = st.lists(pieces, min_size=1, max_size=60)


def written(path: Path, file: list[tuple[Piece, str]]) -> tuple[dict[int, int], list[int]]:
    """Write a file; the numbers of its good rows, with their rows of the data, and of its wrong rows."""
    text = ",".join(HEADER) + "\n"
    good, wrong = {}, []
    for piece, end in file:
        text += piece.text
        number = len(LINE_END.findall(text)) + 1
        if piece.data_row is not None:
            good[number] = piece.data_row
        elif piece.is_wrong:
            wrong.append(number)
        text += end
    path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
    return good, wrong


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a file of results."""
    with io.StringIO(path.read_text(errors="surrogateescape"), newline="") as lines:
        return list(csv.DictReader(lines))


class Desk:
    """Scores files in this process as one part, or in two processes in small parts."""

    def __init__(self, home: Path, one: Client, two: Client, alone: list[tuple[str, ...]]) -> None:
        self.home = home
        self._one = one
        self._two = two
        self._alone = alone
        self._runs = 0

    def check(self, file: list[tuple[Piece, str]], size: int) -> None:
        """Score a file both ways, and compare with what was written and with each row alone."""
        path = self.home / "in.csv"
        good, wrong = written(path, file)
        if not good and not wrong:
            return
        whole = self._score(path, self._one, 10**9, Keeping())
        before = self.count_decisions()
        cut = self._score(path, self._two, size, Keeping(record=True, again=True))
        for done in (whole, cut):
            results = read(done.results)
            assert {int(row["row"]): tuple(row[name] for name in SCORES) for row in results} == {
                number: self._alone[row] for number, row in good.items()
            }
            assert [int(row["row"]) for row in results] == list(good)
            assert [int(row["row"]) for row in read(done.wrong_rows)] == wrong
            assert (done.rows, done.wrong) == (len(good) + len(wrong), len(wrong))
        assert read(whole.wrong_rows) == read(cut.wrong_rows)
        assert self.count_decisions() - before == len(good)

    def count_decisions(self) -> int:
        """How many decisions of files are recorded."""
        with sqlite3.connect(self.home / "creditapp.db") as connection:
            query = "SELECT count(*) FROM decision WHERE channel = 'file'"
            count = int(connection.execute(query).fetchone()[0])
        connection.close()
        return count

    def _score(self, path: Path, client: Client, size: int, keep: Keeping) -> Summary:
        self._runs += 1
        out = self.home / f"{self._runs}.csv"
        with patch.object(formats, "PART_BYTES", size):
            return score_file(path, out, client, keep=keep, say=lambda _done, _of: None)


@contextmanager
def opened(app: Flask, client: StrictClient, home: Path) -> Iterator[Desk]:
    """A desk, with the answers of the API to each row of the data alone."""
    typed = [
        {name: type(EXAMPLE[name])(cell) for name, cell in zip(EXAMPLE, row, strict=False)}
        for row in DATA
    ]
    answers = [client.post("/api/predict", json=row).get_json() for row in typed]
    alone = [tuple(str(answer[name]) for name in SCORES) for answer in answers]
    with app.app_context(), cluster(1, None) as one, cluster(2, None) as two:
        yield Desk(home, one, two, alone)


def property_of(desk: Desk, examples: int) -> Callable[[], None]:
    """The rule of files, over so many of them."""

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(files, st.sampled_from([1, 300, 2000]))
    def each_row_is_scored_or_wrong(file: list[tuple[Piece, str]], size: int) -> None:
        desk.check(file, size)

    return each_row_is_scored_or_wrong


@pytest.mark.parametrize("examples", [12, pytest.param(500, marks=pytest.mark.soak)])
def test_each_row_is_scored_or_wrong(
    app: Flask, client: StrictClient, database: Path, tmp_path: Path, examples: int
) -> None:
    """Whatever is broken: by its number, as alone, in one process as in two, and recorded as often."""
    with opened(app, client, tmp_path) as desk:
        property_of(desk, examples)()


def test_each_kind_of_broken_row_costs_itself_alone(
    app: Flask, client: StrictClient, database: Path, tmp_path: Path
) -> None:
    """Every kind once, with good rows between them, in each kind of line end."""
    file = [
        (piece, end)
        for row, broken in enumerate(broken_pieces(0))
        for end in ("\n", "\r\n", "\r")
        for piece in (broken, good_pieces(row % len(DATA))[0])
    ]
    with opened(app, client, tmp_path) as desk:
        desk.check(file, 1000)
