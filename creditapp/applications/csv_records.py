"""The rows of a CSV text: which lines make a row, so that a broken row costs no other.

A line that is a whole row by itself is a row, whatever stands before it. A line that ends inside a quoted
cell is joined with the lines after it, if that gives a row and none of them is a whole row by itself.
Every other line is a wrong row, except an empty one.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from creditapp.phrases import marked

NOT_CLOSED = marked("a quotation mark is not closed")


def read_records(
    lines: Iterable[str], width: int, delimiter: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Read the rows of `width` cells: the number of each row's last line, and its cells or its fault.

    A row on one line may have another number of cells. The first line has the number 1; each line keeps
    its end.
    """
    source = _Lines(lines, width, delimiter)
    reader = csv.reader(source, strict=True, delimiter=delimiter)
    number = 0
    while True:
        source.begin_row()
        try:
            cells: list[str] | str | None = next(reader, None)
        except csv.Error as error:
            cells = NOT_CLOSED if source.ended else str(error)
        if cells is None:
            return
        if len(source.row) > 1 and (isinstance(cells, str) or len(cells) != width):
            source.give_back()
            cells = NOT_CLOSED
        number += len(source.row)
        if cells:
            yield number, cells


def read_plain_records(
    lines: Iterable[str], delimiter: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Read the rows of lines without quotation marks, each of which is a row, as `read_records` does."""
    reader = csv.reader(lines, strict=True, delimiter=delimiter)
    while True:
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except csv.Error as error:
            yield reader.line_num, str(error)
        else:
            return


def is_whole_row(line: str, width: int, delimiter: str) -> bool:
    """Whether a line is a row of `width` cells by itself, with all its quotation marks in pairs."""
    # why: the last line of a quoted cell has one mark too many, and is no row.
    if line.count('"') % 2:
        return False
    try:
        cells = next(csv.reader([line], strict=True, delimiter=delimiter), [])
    except csv.Error:
        return False
    return len(cells) == width


class _Lines:
    """The lines for the reader, who asks for another line of a row only inside a quoted cell."""

    def __init__(self, lines: Iterable[str], width: int, delimiter: str) -> None:
        self.row: list[str] = []
        self.ended = False
        self._rest = iter(lines)
        self._again: deque[str] = deque()
        self._closed = 0
        self._width = width
        self._delimiter = delimiter

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._rest, "")
        if not line or (self.row and not self._may_go_on(line)):
            self.ended = True
            self._again.extendleft([line] if line else [])
            raise StopIteration
        self.row.append(line)
        return line

    def begin_row(self) -> None:
        """Forget the lines of the row before."""
        self.row = []
        self.ended = False
        self._closed = 0

    def give_back(self) -> None:
        """Keep the first line of the row, and read the others again."""
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]

    def _may_go_on(self, line: str) -> bool:
        """Whether a quoted cell may go on with this line."""
        # why: a line with a mark that is not doubled closes a cell. After as many lines as there are
        # cells the row is broken for certain, and the search must not go through the whole file.
        self._closed += '"' in line.replace('""', "")
        return self._closed <= self._width and not is_whole_row(line, self._width, self._delimiter)
