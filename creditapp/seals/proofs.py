"""The proof that a decision is in a block: everything that somebody needs to check it elsewhere."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.decisions import log as decision_log
from creditapp.exceptions import NotSealed
from creditapp.seals import blocks, merkle, rows
from creditapp.seals.blocks import SealBlock
from creditapp.seals.canonical import canonical
from creditapp.seals.signatures import PublicKeys, public_pem
from creditapp.seals.tables import Key, sealed_tables
from creditapp.seals.unsealed import split_keys

DECISION = "decision"


def prove(decision_id: str, keys: PublicKeys) -> dict[str, Any]:
    """The inclusion proof of a decision as a document for JSON.

    Raises:
        UnknownDecision: no decision has this id.
        NotSealed: it is in no block yet, or it is not as it was sealed.
        DatabaseUnavailable: the database cannot be read.
    """
    decision = decision_log.find(decision_id)
    with reading() as session:
        return _prove(session, decision.decision_id, keys)


def _prove(session: Session, decision_id: UUID, keys: PublicKeys) -> dict[str, Any]:
    key = decision_id.bytes
    block = _block_of(session, key)
    if block is None:
        raise NotSealed(f"{decision_id}: in no block yet; run: flask seal")
    if block.key_id not in keys:
        raise NotSealed(
            f"block {block.number}: the public key {block.key_id[:16]} is not known; give --public-key"
        )
    parts = blocks.parts_of(session, block.number)
    leaves = blocks.leaves_of(parts)
    index, columns = _place(parts, key)
    row = _row(session, columns, key)
    if merkle.leaf_hash(row) != leaves[index]:
        raise NotSealed(f"{decision_id}: not as it was sealed; run: flask audit verify --full")
    return {
        "row": row.decode(),
        "leaf": leaves[index].hex(),
        "index": index,
        "path": [step.hex() for step in merkle.inclusion_path(leaves, index)],
        "document": blocks.document_of(block).decode(),
        "head": block.head,
        "signature": block.signature,
        "public_key": public_pem(keys[block.key_id]),
    }


def _block_of(session: Session, key: Key) -> SealBlock | None:
    table = sealed_tables()[DECISION]
    for number, keys in blocks.keys_between(session, DECISION, key, key):
        if key in split_keys(table, keys):
            return session.get(SealBlock, number)
    return None


def _place(parts: Sequence[blocks.SealPart], key: Key) -> tuple[int, list[str]]:
    """The index of a decision among all leaves of a block, and the columns that were sealed."""
    before = 0
    for part in parts:
        if part.table_name == DECISION:
            return before + split_keys(sealed_tables()[DECISION], part.keys).index(
                key
            ), part.columns
        before += len(part.leaves) // blocks.HASH_BYTES
    raise LookupError(DECISION)


def _row(session: Session, columns: list[str], key: Key) -> bytes:
    table = sealed_tables()[DECISION]
    values = rows.read_row_values(session, table, columns, [key])
    return canonical(DECISION, values.get(key, {}))
