"""The command that scores a file that is too large for a request."""

from pathlib import Path

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import FileRunFailed, InvalidSetting


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="A file ending in .csv or .parquet, or a folder that gets one file per part.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="The number of processes; with 1, this process scores.",
)
@click.option(
    "--scheduler", help="Score on the cluster of this Dask scheduler instead, tcp://HOST:PORT."
)
@click.option("--record", is_flag=True, help="Write the decisions to the log.")
def score(file: Path, out: Path, workers: int, scheduler: str | None, record: bool) -> None:
    """Score a CSV or Parquet FILE of any size; the same command continues an interrupted run."""
    with errors_in_one_line():
        try:
            summary = _score(file, out, workers, scheduler, record)
        except OSError as error:
            raise FileRunFailed(f"{error.filename}: {error.strerror}") from error
    click.echo(summary)


def _score(file: Path, out: Path, workers: int, scheduler: str | None, record: bool) -> str:
    """Load Dask, and score."""
    try:
        from creditapp.files import run as file_run
    except ImportError as error:
        raise InvalidSetting(
            "flask score needs Dask and PyArrow: install creditapp[files]"
        ) from error
    with (
        file_run.cluster(workers, scheduler) as client,
        click.progressbar(length=1, label="scoring") as bar,
    ):

        def show_progress(parts: int, of: int) -> None:
            bar.length = of
            bar.update(parts - bar.pos)

        result = file_run.score_file(file, out, client, record=record, say=show_progress)
    return (
        f"{result.rows} rows, {result.rows - result.wrong} scored by version {result.model_version}: "
        f"{result.results}\n"
        f"{result.wrong} wrong rows: {result.wrong_rows}"
    )


COMMANDS = (score,)
