"""The options of a training on the lender's own decisions, and how their rows are read."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from creditapp.applications.outcome_kinds import OutcomeKind
from creditapp.applications.performance import Performance
from creditapp.outcomes.book import Book, Extract, Part
from creditapp.outcomes.own_book import read_book
from creditapp.serving import cache as model_cache

if TYPE_CHECKING:
    from training.own_book import OwnBook

METHODS = ("none", "reweighting", "parcelling")
LARGEST_FACTOR = 10.0
NEEDED = (
    "--since, --reject-inference and --parcelling-factor go with --from-log, and "
    "--parcelling-factor with --reject-inference parcelling"
)
KEPT = (
    "The version keeps the answers of held-out decisions, without ids and references; flask erase does "
    "not reach them (docs/personal-data.md)."
)


class BookOptions(NamedTuple):
    """From which day on decisions are used, and how the declined enter the training."""

    since: datetime | None
    method: str
    factor: float


def book_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of the own book; it gets them as `book`, None without --from-log."""

    @click.option("--from-log", is_flag=True, help="Train on the own decisions that are mature.")
    @click.option(
        "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only decisions since this day (UTC)."
    )
    @click.option(
        "--reject-inference",
        "method",
        type=click.Choice(METHODS),
        help="How the declined enter: none (default), reweighting or parcelling.",
    )
    @click.option(
        "--parcelling-factor",
        "factor",
        type=click.FloatRange(0, LARGEST_FACTOR, min_open=True),
        help="How many times worse the declined of a score band are assumed to be (default 1).",
    )
    @wraps(command)
    def with_book(
        *,
        from_log: bool,
        since: datetime | None,
        method: str | None,
        factor: float | None,
        **others: Any,
    ) -> None:
        alone = not from_log and (since or method or factor)
        if alone or (factor and method != "parcelling"):
            raise click.UsageError(NEEDED)
        since = since.replace(tzinfo=UTC) if since else None
        options = BookOptions(since, method or METHODS[0], factor or 1.0)
        command(book=options if from_log else None, **others)

    return with_book


def read_source(options: BookOptions) -> "OwnBook":
    """Read the decisions of the served portfolio as a source of training rows, and say what they are.

    Raises:
        BadTable: no decision is mature.
        DatabaseUnavailable: the decisions cannot be read.
    """
    served = model_cache.current()
    extract = Extract(
        served.deployment.portfolio, served.catalogue.performance, options.since, datetime.now(UTC)
    )
    source = _source(extract, options.method, options.factor)
    click.echo("\n".join(_lines(source)))
    return source


def is_of_own_book(params: Mapping[str, str]) -> bool:
    """Whether a version was trained on own decisions, by what the registry keeps of its training."""
    return "book_as_of" in params


def read_source_again(params: Mapping[str, str]) -> "OwnBook":
    """Read the rows of a version that was trained on own decisions, as far as they are still the same.

    Raises:
        BadTable: no decision is mature.
        DatabaseUnavailable: the decisions cannot be read.
    """
    since = params["book_since"]
    bad = tuple(OutcomeKind(kind) for kind in params["book_bad"].split(","))
    extract = Extract(
        params["portfolio"],
        Performance(bad, int(params["book_window_months"])),
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(params["book_as_of"]),
    )
    return _source(extract, params["reject_inference"], float(params["parcelling_factor"]))


def _source(extract: Extract, method: str, factor: float) -> "OwnBook":
    from training.own_book import OwnBook
    from training.reject_inference import Inference, Method

    return OwnBook(read_book(extract), Inference(Method(method), factor))


def _lines(source: "OwnBook") -> list[str]:
    """What the book holds, and what is assumed of the declined."""
    from training.reject_inference import ASSUMPTIONS

    method = source.inference.method
    return [
        _counts(source.book),
        *([_others(source.book)] if source.book.other_versions else []),
        f"reject inference: {method}. {ASSUMPTIONS[method]}",
        KEPT,
    ]


def _counts(book: Book) -> str:
    parts = ", ".join(f"{book.counts.get(part, 0):,} {part}" for part in Part)
    return f"{sum(book.counts.values()):,} decisions: {parts}"


def _others(book: Book) -> str:
    versions = ", ".join(book.other_versions)
    return (
        f"left out: decisions with other inputs than the newest mature ones, by version {versions}"
    )
