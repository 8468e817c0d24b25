"""Writes the results of a tournament into a document, with a plot beside it."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from creditapp.exceptions import BadTable
from training.dataset import Dataset
from training.tournament import FOLDS, HEADER, Result, interval_of, rows_of
from training.validation.plots import draw, draw_bars


def write(results: Sequence[Result], whole: Dataset, document: Path) -> None:
    """Replace the table of the portfolio between its two marks, and the plot beside the document.

    Raises:
        BadTable: the document cannot be read or written, or has no such marks.
    """
    name = whole.catalogue.name
    first, last = f"<!-- tournament {name} -->", f"<!-- end of {name} -->"
    plot = document.with_name(f"{document.stem}-{name}.svg")
    try:
        before, _, rest = document.read_text(encoding="utf-8").partition(f"{first}\n")
        _, mark, after = rest.partition(last)
        if not mark:
            raise BadTable(f"{document}: put the results between {first} and {last}")
        table = "\n".join(_markdown(results, whole, plot.name))
        document.write_text(f"{before}{first}\n{table}\n{last}{after}", encoding="utf-8")
        plot.write_text(draw(lambda axes: _plot(axes, results)), encoding="utf-8")
    except OSError as error:
        raise BadTable(f"{document}: cannot be read or written: {error.strerror}") from error


def _markdown(results: Sequence[Result], whole: Dataset, plot: str) -> list[str]:
    repeats = len(results[0].aucs) // FOLDS
    return [
        f"{whole.catalogue.title}, {len(whole):,} rows; {repeats} times three folds:",
        "",
        f"| {' | '.join(HEADER)} |",
        f"|{'---|' * len(HEADER)}",
        *(f"| {' | '.join(row)} |" for row in rows_of(results)),
        "",
        f"![ROC AUC of each family with its 95 % interval]({plot})",
    ]


def _plot(axes: Axes, results: Sequence[Result]) -> None:
    figures = {
        f"{one.family.name}{'' if one.protected else ', without'}": interval_of(one.aucs)
        for one in results
    }
    draw_bars(axes, {name: vars(interval) for name, interval in figures.items()}, "mean")
    axes.set(xlabel="ROC AUC")
