#!/usr/bin/env python3
"""Checks an export of the sealed record; it needs Python and `cryptography`, and `pyarrow` for Parquet.

    check-export.py FOLDER PUBLIC-KEYS.pem

Get the public keys by another way than the export. Compare the last head with the heads that you keep.
"""

import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

END = b"-----END PUBLIC KEY-----\n"


def lines_of(file: Path) -> Iterator[tuple[int, int, str, str]]:
    """The rows of a table: block, place, leaf hash, and the text that was hashed; empty without a row."""
    if file.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile

        columns = ["seal_block", "seal_place", "seal_leaf", "seal_row"]
        for batch in ParquetFile(file).iter_batches(columns=columns):
            for block, place, leaf, row in zip(*batch.to_pydict().values(), strict=True):
                yield block, place, leaf, row or ""
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            # The row is the rest of the line, and was hashed as it stands there.
            text = line.rstrip("\n").partition('"row":')[2][:-1]
            yield one["block"], one["place"], one["leaf"], text if one["row"] else ""


def root_of(leaves: list[bytes]) -> str:
    """The root of a tree, as in RFC 9162, section 2.1."""
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        leaves = [sha256(b"\x01" + a + b).digest() for a, b in pairs] + leaves[len(leaves) & ~1 :]
    return leaves[0].hex() if leaves else ""


def check_heads(heads: list[dict[str, Any]], pems: bytes) -> Iterator[str]:
    """What is wrong with the heads: their hashes, signatures and links."""
    loaded: list[Any] = [load_pem_public_key(pem + END) for pem in pems.split(END) if pem.strip()]
    keys = {sha256(key.public_bytes_raw()).hexdigest(): key for key in loaded}
    before = None
    for one in heads:
        document, text = json.loads(one["document"]), one["document"].encode()
        number = document["number"]
        if sha256(text).hexdigest() != one["head"]:
            yield f"block {number}: the head is not that of the block"
        if before and (number, document["previous"]) != (before[0] + 1, before[1]):
            yield f"block {number}: does not follow block {before[0]}"
        try:
            keys[document["key"]].verify(bytes.fromhex(one["signature"]), text)
        except (KeyError, ValueError, InvalidSignature):
            yield f"block {number}: not signed by one of the public keys"
        before = number, one["head"]


def main(folder: str, public_keys: str) -> int:
    """Print what is wrong, and what was found; 0 if nothing is wrong."""
    heads = [json.loads(line) for line in (Path(folder) / "blocks.jsonl").read_text().splitlines()]
    wrong = list(check_heads(heads, Path(public_keys).read_bytes()))
    trees: dict[int, dict[int, bytes]] = {
        json.loads(one["document"])["number"]: {} for one in heads
    }
    rows = without = 0
    for file in sorted(Path(folder).glob("*.*")):
        for block, place, leaf, text in lines_of(file) if file.name != "blocks.jsonl" else ():
            hashed = sha256(f'\x00{{"row":{text},"table":"{file.stem}"}}'.encode())
            if text and hashed.hexdigest() != leaf:
                wrong.append(f"{file.name}, block {block}, place {place}: not as it was sealed")
            trees.setdefault(block, {})[place] = bytes.fromhex(leaf)
            rows, without = rows + 1, without + (not text)
    for document in (json.loads(one["document"]) for one in heads):
        tree = trees.pop(document["number"])
        leaves = [tree[place] for place in sorted(tree)]
        if (len(leaves), root_of(leaves)) != (document["count"], document["root"]):
            wrong.append(f"block {document['number']}: rows are missing, or do not belong to it")
    wrong += [f"block {number}: has rows, but no head" for number in trees]
    print(
        "\n".join([*wrong, f"{len(heads)} blocks, {rows} rows, {without} of them without content"])
    )
    print(f"the last head is {heads[-1]['head']}" if not wrong else f"{len(wrong)} FAULTS")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
