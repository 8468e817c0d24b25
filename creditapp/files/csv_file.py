"""CSV files: the column names, sections that can be read apart from each other, and their rows."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.csv_records import NOT_CLOSED, is_whole_row, read_records
from creditapp.applications.table import Header, read_csv_rows
from creditapp.exceptions import BadTable
from creditapp.phrases import Figures, Phrase, marked

LONGEST_HEADER = 1_000_000
LONGEST_LINE = 1 << 26
LOOK_BACK = 4_000
LINE_ENDS = b"\r\n"
BYTES_AS_TEXT = "latin-1"
"""An encoding with one character for each byte, to cut bytes into lines as text is cut."""

Rows = Iterator[tuple[int, dict[str, Any] | BadTable]]
Decode = Callable[[bytes], str]


@dataclass(frozen=True)
class Section:
    """The bytes of a file from `begin` to `end`, exclusive, and the number of lines before them."""

    begin: int
    end: int
    before: int


@dataclass(frozen=True)
class Names:
    """The column names as they are written, the delimiter, and how many bytes and lines the names take."""

    cells: Sequence[str]
    delimiter: str
    size: int
    lines: int


@dataclass(frozen=True)
class Head:
    """The checked column names, the delimiter, and how many bytes and lines the names take."""

    header: Header
    delimiter: str
    size: int
    lines: int

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.header.names)


def read_head(catalogue: Catalogue, path: Path) -> Head:
    """Read and check the column names.

    Raises:
        BadTable: the file is not a text, or a column is missing, unknown or duplicated.
        OSError: the file cannot be read.
    """
    names = read_names(catalogue, path)
    return Head(Header(catalogue, names.cells), names.delimiter, names.size, names.lines)


def read_names(catalogue: Catalogue, path: Path) -> Names:
    """Read the column names without a check; the delimiter is a comma, or that of the portfolio's own data.

    Raises:
        BadTable: the file is not a text.
        OSError: the file cannot be read.
    """
    lines: list[str] = []
    size = marks = 0
    for taken, line in _lines(path, 0, _decoder(catalogue)):
        lines.append(line)
        size += taken
        marks += line.count('"')
        if marks % 2 == 0:
            break
        if size > LONGEST_HEADER:
            raise BadTable(
                marked("line 1: the column names are not readable: %(problem)s"),
                problem=Phrase(NOT_CLOSED, {}),
            )
    text = "".join(lines).removeprefix("\ufeff")
    if "\0" in text:
        raise BadTable(marked("the file is UTF-16 or no text; save it as CSV in UTF-8"))
    delimiter = "," if catalogue.data.delimiter not in text else catalogue.data.delimiter
    cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    return Names(cells, delimiter, size, len(lines))


def sections_of(catalogue: Catalogue, path: Path, size: int) -> Iterator[Section]:
    """Cut the rows of a file into sections of about `size` bytes, which have the same rows as the whole.

    Raises:
        BadTable: as `read_head`.
        OSError: the file cannot be read.
    """
    head = read_head(catalogue, path)
    begin, before, length = head.size, head.lines, path.stat().st_size
    decode = _decoder(catalogue)
    with path.open("rb") as file:
        while begin < length:
            end = length if begin + size >= length else _end(path, begin, size, head, decode)
            file.seek(begin)
            block = file.read(end - begin)
            if not block.isspace() or block.strip(LINE_ENDS):
                yield Section(begin, end, before)
            before += _count_line_ends(block)
            begin = end


def rows_of(catalogue: Catalogue, path: Path, section: Section) -> Rows:
    """Read the rows of a section, each with the number of its last line in the file.

    Raises:
        OSError, BadTable: the file can no longer be read.
    """
    head = read_head(catalogue, path)
    text = _text(read_section(path, section), _decoder(catalogue))
    is_plain = '"' not in text
    lines = io.StringIO(text, newline="\n" if is_plain and "\r" not in text else "")
    return read_csv_rows(lines, head.header, section.before, head.delimiter, is_plain=is_plain)


def read_section(path: Path, section: Section) -> bytes:
    """The bytes of a section.

    Raises:
        OSError: the file can no longer be read.
    """
    with path.open("rb") as file:
        file.seek(section.begin)
        return file.read(section.end - section.begin)


def _count_line_ends(block: bytes) -> int:
    count = block.count(b"\n")
    return count + block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else count


def _end(path: Path, begin: int, size: int, head: Head, decode: Decode) -> int:
    """Where a section can end: in front of, or behind, a line that is a row by itself."""
    # why: whatever is broken, such a line is never joined with others.
    aim = begin + size
    place = max(begin, aim - LOOK_BACK)
    lines = _lines(path, place, decode)
    if place > begin:
        place += next(lines)[0]
    was_row = False
    for taken, line in lines:
        is_row = is_whole_row(line, head.width, head.delimiter)
        if place >= aim and (was_row or is_row):
            return place
        if place > aim + size:
            return _end_by_reading(path, begin, size, head, decode)
        place += taken
        was_row = is_row
    return place


def _end_by_reading(path: Path, begin: int, size: int, head: Head, decode: Decode) -> int:
    """Where a section can end if no line for long is a row by itself: behind a row that is read."""
    ends: list[int] = []

    def lines() -> Iterator[str]:
        end = begin
        for taken, line in _lines(path, begin, decode):
            end += taken
            ends.append(end)
            yield line

    for number, _ in read_records(lines(), head.width, head.delimiter):
        if ends[number - 1] >= begin + size:
            return ends[number - 1]
    return ends[-1]


def _lines(path: Path, begin: int, decode: Decode) -> Iterator[tuple[int, str]]:
    """The lines of a file from a place on: the number of bytes and the text of each.

    Raises:
        BadTable: a line is too long to be held in memory.
    """
    with path.open("rb") as file, io.TextIOWrapper(file, BYTES_AS_TEXT, newline="") as lines:
        file.seek(begin)
        while line := lines.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise BadTable(
                    marked("a line has more than %(most)s bytes; is the file CSV?"),
                    most=Figures(f"{LONGEST_LINE:,}"),
                )
            taken = line.encode(BYTES_AS_TEXT)
            yield len(taken), decode(taken)


def _text(block: bytes, decode: Decode) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        lines = io.StringIO(block.decode(BYTES_AS_TEXT), newline="")
        return "".join(decode(line.encode(BYTES_AS_TEXT)) for line in lines)


def _decoder(catalogue: Catalogue) -> Decode:
    """Decode a line in UTF-8, or else in the encoding of the portfolio's own data.

    Bytes that are neither make one row wrong instead of the whole file.
    """
    own = catalogue.data.encoding
    fallback = "utf-8" if own.lower().startswith("utf") else own

    def decode(line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            return line.decode(fallback, "surrogateescape")

    return decode
