"""What a verification finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from creditapp.seals.tables import Key


class Kind(StrEnum):
    """The kinds of faults."""

    EDITED = "edited row"
    REMOVED = "removed row"
    SWAPPED = "swapped rows"
    INSERTED = "inserted row"
    CUT = "cut tail"
    TRIGGER = "dropped trigger"
    REWRITTEN = "rewritten chain"
    OLDER = "restored older copy"


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, what is wrong, and the table and block where they are known."""

    kind: Kind
    text: str
    table: str = ""
    block: int | None = None

    def __str__(self) -> str:
        where = [self.table, f"block {self.block}" if self.block is not None else ""]
        return ": ".join([self.kind, *filter(None, where), self.text])


@dataclass(frozen=True)
class Suspect:
    """A sealed row that is gone or changed, with its block's columns and the leaf hash it should have."""

    key: Key
    block: int
    columns: Sequence[str]
    leaf: bytes


@dataclass
class Findings:
    """What the comparison of blocks with rows has found so far, by table where rows are concerned."""

    faults: list[Fault] = field(default_factory=list)
    edited: dict[str, list[Suspect]] = field(default_factory=dict)
    missing: dict[str, list[Suspect]] = field(default_factory=dict)
    sealed: dict[str, int] = field(default_factory=dict)
    erased: int = 0
    expired: int = 0
    bad_blocks: set[int] = field(default_factory=set)

    def add(self, kind: Kind, text: str, table: str = "", block: int | None = None) -> None:
        """Add a fault, and note its block as one to look at again."""
        self.faults.append(Fault(kind, text, table, block))
        if block is not None:
            self.bad_blocks.add(block)


@dataclass(frozen=True)
class Report:
    """The result of a verification.

    `first` is the number of the first block that was compared, and `last` that of the last one. `unsigned`
    tells that no public key was given, so that signatures were not checked.
    """

    faults: Sequence[Fault]
    first: int
    last: int
    rows: int
    erased: int
    expired: int
    unsealed: int
    unsigned: bool
    seconds: float

    def __str__(self) -> str:
        blocks = max(self.last - self.first + 1, 0)
        return (
            f"{blocks:,} blocks with {self.rows:,} rows verified in {self.seconds:.1f} s: "
            f"{_number(len(self.faults), 'fault')}; {self.erased:,} rows erased, "
            f"{self.expired:,} expired, {self.unsealed:,} not sealed yet"
            + ("; signatures not checked, as no public key is known" if self.unsigned else "")
        )


def _number(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
