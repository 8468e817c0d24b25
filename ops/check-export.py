#!/usr/bin/env python3
"""Checks an export of the sealed record; it needs Python and `cryptography`, and `pyarrow` for Parquet.

    check-export.py FOLDER PUBLIC-KEYS.pem

Get the public keys by another way than the export. Compare the last head with the heads that you keep.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
PLACE = ("block", "place", "leaf", "absent")
ERASABLE = ("decision_answers", "letter_reason", "review_note")
"""Rows of these may be left out, or be erased."""
BEFORE_THE_FIRST = "0" * 64


class Row(NamedTuple):
    """A row of a file; `text` is what was hashed, and nothing for a row without content."""

    block: int
    place: int
    leaf: str
    text: str


def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no key is there twice."""
    if len(dict(found)) < len(found):
        raise ValueError("a key is there twice")
    return dict(found)


def read_line(line: str) -> Row:
    """A line of JSON: where the row belongs, and the row as the rest of the line."""
    before, mark, row = line.rstrip("\n").partition(',"row":')
    place = json.loads(before + "}", object_pairs_hook=pairs)
    kinds = [type(value) for value in place.values()]
    right = tuple(place) == PLACE and kinds[:3] == [int, int, str]
    if not (mark and right and row.endswith("}")):
        raise ValueError("not a line of an export")
    json.loads(row[:-1], object_pairs_hook=pairs)
    text = "" if row == "null}" else row[:-1]
    return Row(place["block"], place["place"], place["leaf"], text)


def read_parquet(file: Path) -> Iterator[Row]:
    """The rows of a Parquet file, whose columns hold what was hashed."""
    from pyarrow.parquet import ParquetFile

    for batch in ParquetFile(file).iter_batches():
        for cells in batch.to_pylist():
            block, place, leaf, _, text = (cells.pop(f"seal_{name}") for name in (*PLACE, "row"))
            values = json.loads(text, object_pairs_hook=pairs) if text else {}
            if any(not is_same(cell, values.get(name)) for name, cell in cells.items()):
                raise ValueError(f"block {block}, place {place}: a column differs from seal_row")
            yield Row(block, place, leaf, text or "")


def is_same(cell: Any, value: Any) -> bool:
    """Whether a cell holds a value of the row that was hashed."""
    if isinstance(cell, datetime):
        return bool(cell.astimezone(UTC).isoformat(timespec="microseconds") == value)
    if isinstance(cell, str) and not isinstance(value, str):
        return bool(json.loads(cell) == value)
    return bool(cell == value)


def rows_of(file: Path) -> Iterator[Row]:
    """The rows of a table's file.

    Raises:
        ValueError: it is not as an export has it.
    """
    if file.suffix == ".parquet":
        yield from read_parquet(file)
    elif file.suffix == ".jsonl":
        with file.open(encoding="utf-8", newline="\n") as lines:
            yield from map(read_line, lines)
    else:
        raise ValueError("this file does not belong to an export")


def root_of(leaves: list[bytes]) -> str:
    """The root of a tree, as in RFC 9162, section 2.1."""
    while len(leaves) > 1:
        couples = zip(leaves[::2], leaves[1::2], strict=False)
        last = leaves[-1:] if len(leaves) % 2 else []
        leaves = [sha256(b"\x01" + left + right).digest() for left, right in couples] + last
    return leaves[0].hex() if leaves else ""


class Record:
    """The blocks of an export, the leaves that were found for them, and all that is wrong."""

    def __init__(self, heads: list[dict[str, Any]]) -> None:
        self.heads = heads
        self.documents = [json.loads(one["document"]) for one in heads]
        self.tables = {one["number"]: self._tables(one) for one in heads}
        self.leaves: dict[int, dict[int, bytes]] = {number: {} for number in self.tables}
        self.absent: list[tuple[str, Row]] = []
        self.expired: Counter[str] = Counter()
        self.rows = 0
        self.wrong: list[str] = []

    def _tables(self, head: dict[str, Any]) -> list[str]:
        """The table of each place of a block."""
        return [table for table, _, _, size in head["parts"] for _ in range(size // 32)]

    def check_heads(self, pems: bytes) -> None:
        """Check the heads: their hashes, signatures, links, and which tables they say they have."""
        loaded: list[Any] = [load_pem_public_key(pem) for pem in PEM.findall(pems)]
        keys = {sha256(key.public_bytes_raw()).hexdigest(): key for key in loaded}
        number, head = self.documents[0]["number"] - 1, self.documents[0]["previous"]
        if number == 0 and head != BEFORE_THE_FIRST:
            self.wrong.append("block 1: follows another one")
        for one, document in zip(self.heads, self.documents, strict=True):
            text, parts = one["document"].encode(), one["parts"]
            name = f"block {document['number']}"
            described = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
            if sha256(described.encode()).hexdigest() != document["contents"]:
                self.wrong.append(f"{name}: its tables are not those that were sealed")
            if sha256(text).hexdigest() != one["head"]:
                self.wrong.append(f"{name}: the head is not that of the block")
            if (one["number"], document["number"], document["previous"]) != (
                number + 1,
                number + 1,
                head,
            ):
                self.wrong.append(f"{name}: does not follow block {number}")
            try:
                keys[document["key"]].verify(bytes.fromhex(one["signature"]), text)
            except (KeyError, ValueError, InvalidSignature):
                self.wrong.append(f"{name}: not signed by one of the public keys")
            number, head = document["number"], one["head"]

    def add(self, file: Path, row: Row) -> None:
        """Take a row of a file."""
        table, name = file.stem, f"{file.name}, block {row.block}, place {row.place}"
        self.rows += 1
        hashed = sha256(f'\x00{{"row":{row.text},"table":"{table}"}}'.encode())
        if row.text and hashed.hexdigest() != row.leaf:
            self.wrong.append(f"{name}: not as it was sealed")
        places = self.tables.get(row.block, [])
        if not 0 <= row.place < len(places) or places[row.place] != table:
            self.wrong.append(f"{name}: the block has no such row")
        elif row.place in self.leaves[row.block]:
            self.wrong.append(f"{name}: is there twice")
        else:
            self.leaves[row.block][row.place] = bytes.fromhex(row.leaf)
        if not row.text:
            self.absent.append((table, row))
        elif table == "expiry":
            expiry = json.loads(row.text)
            known = self.expired[expiry["table_name"]]
            self.expired[expiry["table_name"]] = max(known, expiry["last_block"])

    def check_trees(self) -> None:
        """Check that all rows of all blocks are there, and that an expiry explains those without content."""
        for one, document in zip(self.heads, self.documents, strict=True):
            tree = self.leaves[one["number"]]
            leaves = [tree[place] for place in sorted(tree)]
            if (len(leaves), root_of(leaves)) != (document["count"], document["root"]):
                self.wrong.append(
                    f"block {document['number']}: rows are missing, or do not belong to it"
                )
        for table, row in self.absent:
            if table not in ERASABLE and row.block > self.expired[table]:
                self.wrong.append(
                    f"{table}, block {row.block}, place {row.place}: has no content, and no expiry in this "
                    "export explains that"
                )

    def describe(self) -> str:
        """What was found."""
        without = Counter(table for table, _ in self.absent)
        counted = "".join(f"\n  {table}: {number}" for table, number in sorted(without.items()))
        first, last = self.heads[0], self.heads[-1]
        return (
            f"blocks {first['number']} to {last['number']}, {self.rows} rows, {len(self.absent)} of them "
            f"without content{counted}\nthe first follows the head {self.documents[0]['previous']}\n"
            f"the last head is {last['head']}"
        )


def main(folder: str, public_keys: str) -> int:
    """Print what is wrong, and what was found; 0 if nothing is wrong."""
    try:
        file = Path(folder) / "blocks.jsonl"
        text = file.read_text(encoding="utf-8")
        record = Record([json.loads(one, object_pairs_hook=pairs) for one in text.splitlines()])
        record.check_heads(Path(public_keys).read_bytes())
        for file in sorted(Path(folder).iterdir()):
            for row in rows_of(file) if file.name != "blocks.jsonl" else ():
                record.add(file, row)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        print(f"{file.name} cannot be read: {error}\n1 FAULT")
        return 1
    record.check_trees()
    print("\n".join([*record.wrong, record.describe()]))
    if record.wrong:
        print(f"{len(record.wrong)} FAULTS")
    return 1 if record.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
