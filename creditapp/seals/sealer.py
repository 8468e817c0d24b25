"""The sealer: puts rows that are in no block into blocks, off the path of requests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from creditapp.database.session import lock_table, reading, writing
from creditapp.exceptions import SealingRefused
from creditapp.seals import blocks, rows
from creditapp.seals.blocks import BEFORE_THE_FIRST, MOST_ROWS, SealBlock, SealPart
from creditapp.seals.heads import Heads
from creditapp.seals.signatures import SigningKey
from creditapp.seals.unsealed import Found, find_unsealed


@dataclass(frozen=True)
class Sealed:
    """What one run sealed."""

    blocks: int
    rows: int


def seal(key: SigningKey, heads: Heads | None, *, everything: bool) -> Sealed:
    """Seal what is in no block yet, sign each block, and keep its head elsewhere too.

    A run that was killed is continued by the next one. Without `everything`, rows that committed more than
    ten minutes late are left to a run with it.

    Raises:
        SealingRefused: another sealer made a block meanwhile, or the heads kept elsewhere do not fit.
        BadHeads: heads cannot be kept; blocks that were made before stay.
        DatabaseUnavailable: the database cannot be read or written.
    """
    with reading() as session:
        last = blocks.newest(session)
    if heads:
        _catch_up(heads)
    since = _since(last)
    made = count = 0
    for batch in fill_blocks(find_unsealed(everything=everything), MOST_ROWS):
        block = _add_block(key, last, since, batch)
        if block is None:
            continue
        if heads:
            heads.keep([blocks.head_of(block)])
        last, made, count = block, made + 1, count + block.count
    return Sealed(made, count)


def fill_blocks(found: Iterable[Found], most: int) -> Iterator[list[Found]]:
    """Put keys together into blocks of `most` rows; the last may have fewer."""
    block: list[Found] = []
    room = most
    for one in found:
        keys = one.keys
        while keys:
            taken, keys = keys[:room], keys[room:]
            block.append(Found(one.table, taken))
            room -= len(taken)
            if not room:
                yield block
                block, room = [], most
    if block:
        yield block


def _catch_up(heads: Heads) -> None:
    """Keep the heads that a killed sealer left behind; refuse to go on from a chain that does not fit."""
    kept = heads.newest()
    if kept is None:
        # why: a stream cannot tell what it was given before; a new file or database gets all heads.
        missing = _heads_after(0) if heads.remembers else []
    else:
        with reading() as session:
            same = session.get(SealBlock, kept.number)
        if same is None or same.head != kept.head:
            raise SealingRefused(
                f"block {kept.number} is not the one whose head is kept elsewhere; "
                "run: flask audit verify, and see docs/runbook.md"
            )
        missing = _heads_after(kept.number)
    heads.keep(missing)


def _heads_after(number: int) -> list[blocks.Head]:
    with reading() as session:
        return [blocks.head_of(block) for block in blocks.after(session, number)]


def _since(last: SealBlock | None) -> datetime | None:
    """When the run before this one ended; a full last block belongs to a run that may not have ended."""
    if last is None:
        return None
    return last.since if last.count == MOST_ROWS else last.sealed_at


def _add_block(
    key: SigningKey, last: SealBlock | None, since: datetime | None, batch: Sequence[Found]
) -> SealBlock | None:
    """Hash, sign and store one block; None if all its rows were erased meanwhile."""
    number = last.number + 1 if last else 1
    parts = _hash_parts(number, batch)
    if not parts:
        return None
    block = SealBlock(
        number=number,
        sealed_at=datetime.now(UTC),
        since=since,
        count=len(blocks.leaves_of(parts)),
        root=blocks.root_of(parts),
        contents=blocks.contents_of(parts),
        previous=last.head if last else BEFORE_THE_FIRST,
        key_id=key.key_id,
    )
    document = blocks.document_of(block)
    block.head = sha256(document).hexdigest()
    block.signature = key.sign(document)
    _store(block, parts)
    return block


def _hash_parts(number: int, batch: Sequence[Found]) -> list[SealPart]:
    keys: dict[str, list[bytes]] = {}
    tables = {found.table.name: found.table for found in batch}
    for found in batch:
        keys.setdefault(found.table.name, []).extend(found.keys)
    parts = []
    with reading() as session:
        for name, wanted in keys.items():
            table = tables[name]
            hashed = rows.hash_stored(session, table, table.columns, wanted)
            if not hashed.keys:
                continue
            if not all(hashed.leaves):
                raise SealingRefused(f"{name}: a row holds what its column cannot hold")
            parts.append(
                SealPart(
                    number=number,
                    table_name=name,
                    columns=list(table.columns),
                    keys=b"".join(hashed.keys),
                    leaves=b"".join(hashed.leaves),
                    low_key=hashed.keys[0],
                    high_key=hashed.keys[-1],
                )
            )
    return parts


def _store(block: SealBlock, parts: Sequence[SealPart]) -> None:
    """Add the block, unless another sealer has added one since this one looked."""
    with writing() as session:
        lock_table(session, "seal_block")
        newest = blocks.newest(session)
        if (newest.head if newest else BEFORE_THE_FIRST) != block.previous:
            raise SealingRefused("another sealer made a block meanwhile; run one sealer only")
        session.add(block)
        session.flush()
        session.add_all(parts)
