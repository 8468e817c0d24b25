"""How decisions are found by their references: equal ones, and beginnings, by one index in lower case."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Dialect, and_, func

from creditapp.decisions.log import Answers


def contains(text: str, dialect: Dialect) -> ColumnElement[bool]:
    """Whether a reference has a text in it, in any case; needs the answers joined."""
    place = func.instr if dialect.name == "sqlite" else func.strpos
    return place(func.lower(Answers.reference), func.lower(text)) > 0


def is_one_of(references: Sequence[str]) -> ColumnElement[bool]:
    """Whether a reference is one of some, to the letter."""
    lower = func.lower(Answers.reference).in_([func.lower(reference) for reference in references])
    # why: SQLite would put a single one in place of the column in lower(), and then use no index.
    to_the_letter = Answers.reference.in_([*references, ""])
    return and_(Answers.reference.is_not(None), lower, to_the_letter)


def is_same(text: str) -> list[ColumnElement[bool]]:
    """Whether a reference is a text, in any case."""
    return [Answers.reference.is_not(None), func.lower(Answers.reference) == func.lower(text)]


def begins_with(text: str, dialect: Dialect) -> list[ColumnElement[bool]]:
    """Whether a reference begins with a text, in any case."""
    lower, wanted = func.lower(Answers.reference), func.lower(text)
    # why: no reference has this character, and it is greater than all that may follow.
    end = func.lower(f"{text}\U0010ffff")
    given = Answers.reference.is_not(None)
    if dialect.name == "sqlite":
        return [given, lower >= wanted, lower < end]
    # why: these compare byte by byte, whatever the locale; so does the index.
    return [given, lower.bool_op("~>=~")(wanted), lower.bool_op("~<~")(end)]
