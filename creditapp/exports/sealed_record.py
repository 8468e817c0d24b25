"""The sealed record as files for auditors: whole blocks, so that each row can be proved without the database.

`blocks.jsonl` holds the signed heads. Each table has a file with one line for each sealed row: its block, its
place among the leaves of the block, its leaf hash, and the row. A row that is gone, or whose personal data is
left out, has only its hash. `ops/check-export.py` checks all that without this application.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import orjson
from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.exceptions import NotSealed
from creditapp.exports.folder import new_folder
from creditapp.exports.line import Line, TableFile
from creditapp.exports.table_files import Format, open_table
from creditapp.identity import audit
from creditapp.identity.actors import Actor
from creditapp.identity.audit import Action
from creditapp.seals import blocks, rows
from creditapp.seals.blocks import SealBlock, SealPart
from creditapp.seals.tables import SealedTable, sealed_tables
from creditapp.seals.unsealed import find_unsealed, split_keys

HEADS = "blocks.jsonl"


class Absent(StrEnum):
    """Why a row has only its hash."""

    GONE = "gone"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Wanted:
    """Which blocks to export, by when they were sealed; a missing time does not limit."""

    since: datetime | None = None
    until: datetime | None = None
    with_personal_data: bool = False
    format: Format = Format.JSONL


@dataclass
class Exported:
    """What was exported; `changed` names rows that are not as they were sealed."""

    blocks: int
    rows: int = 0
    gone: int = 0
    left_out: int = 0
    changed: list[str] = field(default_factory=list)
    unsealed: int = 0


def export_record(folder: Path, wanted: Wanted, actor: Actor) -> Exported:
    """Write the blocks of a time with their rows to a new folder; the event is recorded first.

    Raises:
        BadExport: the folder exists already, or cannot be written.
        NotSealed: no block was sealed in this time.
        DatabaseUnavailable: the database cannot be read, or the event cannot be recorded.
    """
    with reading() as session:
        numbers = blocks.sealed_between(session, wanted.since, wanted.until)
    if not numbers:
        raise NotSealed("no block was sealed in this time; run: flask seal")
    with new_folder(folder) as draft:
        audit.record(actor, Action.DATA_EXPORTED, "record", _detail(numbers, wanted))
        exported = _write_blocks(draft, numbers, wanted)
    exported.unsealed = sum(len(found.keys) for found in find_unsealed(everything=False))
    return exported


def _detail(numbers: Sequence[int], wanted: Wanted) -> str:
    personal = "with" if wanted.with_personal_data else "without"
    return f"blocks {numbers[0]} to {numbers[-1]}, {personal} personal data"


def _write_blocks(folder: Path, numbers: Sequence[int], wanted: Wanted) -> Exported:
    exported = Exported(blocks=len(numbers))
    files: dict[str, TableFile] = {}
    with ExitStack() as stack:
        heads = stack.enter_context((folder / HEADS).open("wb"))
        for number in numbers:
            with reading() as session:
                heads.write(_head(session, number))
                for name, lines in _read_parts(session, number, wanted, exported):
                    if name not in files:
                        files[name] = stack.enter_context(open_table(folder, name, wanted.format))
                    files[name].write(lines)
    return exported


def _head(session: Session, number: int) -> bytes:
    """The head of a block, and what its leaves are: the digest of that is in the signed document."""
    block = session.get_one(SealBlock, number)
    fields = {
        "number": number,
        "parts": blocks.described(blocks.parts_of(session, number)),
        "document": blocks.document_of(block).decode(),
        "head": block.head,
        "signature": block.signature,
    }
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _read_parts(
    session: Session, number: int, wanted: Wanted, exported: Exported
) -> Iterator[tuple[str, list[Line]]]:
    """The tables of a block, each with its lines in the order of the leaves; they are counted."""
    place = 0
    for part in blocks.parts_of(session, number):
        lines = _lines(part, place)
        table = sealed_tables().get(part.table_name)
        if table and table.is_erasable and not wanted.with_personal_data:
            lines = [replace(line, absent=Absent.LEFT_OUT) for line in lines]
            exported.left_out += len(lines)
        elif table and set(part.columns) <= set(table.columns):
            lines = _fill(session, table, part, lines, exported)
        else:
            # why: an upgrade removed the table or a column; the hashes still prove the other rows.
            exported.gone += len(lines)
        yield part.table_name, lines
        place += len(lines)
        exported.rows += len(lines)


def _lines(part: SealPart, place: int) -> list[Line]:
    """A line without a row for each leaf of a part, from this place in the block on."""
    return [
        Line(part.number, place + index, leaf.hex(), absent=Absent.GONE)
        for index, leaf in enumerate(blocks.split(part.leaves))
    ]


def _fill(
    session: Session, table: SealedTable, part: SealPart, lines: list[Line], exported: Exported
) -> list[Line]:
    """The lines with the rows that the database still has."""
    keys = split_keys(table, part.keys)
    hashed = rows.hash_stored(session, table, part.columns, keys)
    leaves = dict(zip(hashed.keys, hashed.leaves, strict=True))
    stored = rows.read_row_values(session, table, part.columns, keys)
    filled = []
    for key, line in zip(keys, lines, strict=True):
        values = stored.get(key)
        if key not in leaves:
            exported.gone += 1
        elif leaves[key].hex() != line.leaf:
            exported.changed.append(f"{table.name} {table.shown(key)}")
        filled.append(line if values is None else line.with_row(values))
    return filled
