#!/usr/bin/env python3
"""Checks the proof that a decision is in the sealed record; it needs Python and `cryptography` alone.

    check-proof.py PROOF.json [PUBLIC-KEY.pem]

With a public key that you got by another way, the proof must be signed by that key.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def root_of(leaf: bytes, index: int, count: int, path: list[bytes]) -> bytes:
    """The root that a path leads to, as in RFC 9162, section 2.1; nothing if its length or place is wrong."""
    if not 0 <= index < count:
        return b""
    node, last = leaf, count - 1
    while last:
        if index % 2 or index < last:
            if not path:
                return b""
            sibling = path.pop(0)
            node = sha256(b"\x01" + (sibling + node if index % 2 else node + sibling)).digest()
        index, last = index // 2, last // 2
    return b"" if path or index else node


def check(proof: dict[str, Any], trusted: bytes | None) -> str:
    """What is wrong with the proof; nothing if it holds."""
    document = proof["document"]
    head = json.loads(document)
    key: Any = load_pem_public_key(trusted or proof["public_key"].encode())
    leaf = sha256(b"\x00" + proof["row"].encode()).digest()
    path = [bytes.fromhex(step) for step in proof["path"]]
    if leaf.hex() != proof["leaf"]:
        return "the row is not the one that was sealed"
    if root_of(leaf, proof["index"], head["count"], path).hex() != head["root"]:
        return "the path does not lead to the root of the block"
    if sha256(document.encode()).hexdigest() != proof["head"]:
        return "the head is not that of the block"
    if sha256(key.public_bytes_raw()).hexdigest() != head["key"]:
        return "the block was signed by another key"
    try:
        key.verify(bytes.fromhex(proof["signature"]), document.encode())
    except InvalidSignature:
        return "the signature is wrong"
    return ""


def main(proof: str, trusted: str = "") -> int:
    """Print the result; 0 if the proof holds."""
    document = json.loads(Path(proof).read_text())
    wrong = check(document, Path(trusted).read_bytes() if trusted else None)
    head = json.loads(document["document"])
    found = f"block {head['number']}, sealed at {head['sealed_at']} by key {head['key'][:16]}"
    print(f"NOT PROVED: {wrong}" if wrong else f"proved: the row is in {found}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
