"""Checks the chain itself: each head by its document, its signature, its tree and the head before it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson
from sqlalchemy.orm import Session

from creditapp.seals import blocks
from creditapp.seals.blocks import BEFORE_THE_FIRST, HASH_BYTES, Head, SealBlock, SealPart
from creditapp.seals.faults import Findings, Kind
from creditapp.seals.signatures import PublicKeys, is_signed
from creditapp.seals.tables import sealed_tables
from creditapp.seals.unsealed import split_keys


@dataclass
class Ahead:
    """Heads kept elsewhere that the chain has not reached: the last of their numbers, and all their rows."""

    number: int = 0
    rows: int = 0

    def add(self, head: Head) -> None:
        """Count one more."""
        self.number = max(self.number, head.number)
        self.rows += int(orjson.loads(head.document)["count"])


def check_link(before: SealBlock | None, block: SealBlock, findings: Findings) -> None:
    """Check that a block follows the one before it."""
    number = before.number + 1 if before else 1
    if block.number != number:
        gap = (
            f"block {number} is missing"
            if block.number == number + 1
            else f"blocks {number} to {block.number - 1} are missing"
        )
        findings.add(Kind.REWRITTEN, gap, block=block.number)
    elif block.previous != (before.head if before else BEFORE_THE_FIRST):
        findings.add(Kind.REWRITTEN, "it does not follow the head before it", block=block.number)


def check_block(
    block: SealBlock, parts: Sequence[SealPart], keys: PublicKeys | None, findings: Findings
) -> None:
    """Check a block by itself; without public keys, its signature is not checked."""
    document = blocks.document_of(block)
    wrong = []
    if sha256(document).hexdigest() != block.head:
        wrong.append("the hash of its head is wrong")
    if keys is not None and block.key_id not in keys:
        wrong.append(f"its key {block.key_id[:16]} is not known")
    elif keys is not None and not is_signed(document, block.signature, keys[block.key_id]):
        wrong.append("its signature is wrong")
    if blocks.contents_of(parts) != block.contents or not all(map(_is_whole, parts)):
        wrong.append("its keys are not those that were sealed")
    leaves = sum(len(part.leaves) for part in parts) // HASH_BYTES
    if leaves != block.count or blocks.root_of(parts) != block.root:
        wrong.append("its hashes do not have the root that was sealed")
    for text in wrong:
        findings.add(Kind.REWRITTEN, text, block=block.number)


def compare_heads(
    session: Session, elsewhere: Iterable[Head], newest: SealBlock | None, findings: Findings
) -> Ahead:
    """Compare heads that were kept elsewhere with the chain; those that it has not reached."""
    ahead = Ahead()
    last = newest.number if newest else 0
    for head in elsewhere:
        if head.number > last:
            ahead.add(head)
            continue
        block = session.get(SealBlock, head.number)
        if block is None or block.head != head.head:
            text = "it is not the one whose head is kept elsewhere"
            findings.add(Kind.REWRITTEN, text, block=head.number)
    return ahead


def _is_whole(part: SealPart) -> bool:
    """Whether a part has a hash for each key, and names its first and last key."""
    table = sealed_tables().get(part.table_name)
    if table is None:
        return False
    keys = split_keys(table, part.keys)
    ends = (part.low_key, part.high_key)
    return len(keys) * HASH_BYTES == len(part.leaves) and ends == (keys[0], keys[-1])
