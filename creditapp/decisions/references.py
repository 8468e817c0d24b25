"""How decisions are found by their references: equal ones, and beginnings, by one index in lower case."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Dialect, and_, func

from creditapp.decisions.log import Answers

GIVEN = Answers.reference.is_not(None)
LOWER = func.lower(Answers.reference)
"""The index has these values, where a reference is given."""


def contains(text: str, dialect: Dialect) -> ColumnElement[bool]:
    """Whether a reference has a text in it, in any case; needs the answers joined."""
    place = func.instr if dialect.name == "sqlite" else func.strpos
    return place(LOWER, func.lower(text)) > 0


def is_one_of(references: Sequence[str]) -> ColumnElement[bool]:
    """Whether a reference is one of some, to the letter."""
    lower = LOWER.in_([func.lower(reference) for reference in references])
    # why: SQLite would put a single one in place of the column in lower(), and then use no index.
    to_the_letter = Answers.reference.in_([*references, ""])
    return and_(GIVEN, lower, to_the_letter)


def is_same(text: str) -> list[ColumnElement[bool]]:
    """Whether a reference is a text, in any case."""
    return [GIVEN, func.lower(text) == LOWER]


def begins_with(text: str, dialect: Dialect) -> list[ColumnElement[bool]]:
    """Whether a reference begins with a text, in any case."""
    wanted = func.lower(text)
    # why: no reference has this character, and it is greater than all that may follow.
    end = func.lower(f"{text}\U0010ffff")
    if dialect.name == "sqlite":
        return [GIVEN, wanted <= LOWER, end > LOWER]
    # why: these compare byte by byte, whatever the locale; so does the index.
    return [GIVEN, LOWER.bool_op("~>=~")(wanted), LOWER.bool_op("~<~")(end)]
