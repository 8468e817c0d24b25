"""The command that scores a file too large for a request."""

from pathlib import Path

import click

from creditapp.cli.errors import in_one_line
from creditapp.exceptions import FileRunFailed, InvalidSetting


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="A file ending in .csv or .parquet, or a folder for one file a part.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes to score in; 1 is this one.",
)
@click.option("--scheduler", help="A Dask scheduler to score on instead, tcp://HOST:PORT.")
@click.option("--record", is_flag=True, help="Write the decisions to the log.")
def score(file: Path, out: Path, workers: int, scheduler: str | None, record: bool) -> None:
    """Score a CSV or Parquet FILE of any size; the same command goes on where it was stopped."""
    with in_one_line():
        try:
            summary = _score(file, out, workers, scheduler, record)
        except OSError as error:
            raise FileRunFailed(f"{error.filename}: {error.strerror}") from error
    click.echo(summary)


def _score(file: Path, out: Path, workers: int, scheduler: str | None, record: bool) -> str:
    """Dask is loaded here, and only here."""
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

        def say(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        done = file_run.score_file(file, out, client, record=record, say=say)
    return (
        f"{done.rows} rows, {done.rows - done.wrong} scored by version {done.model_version}: {done.results}\n"
        f"{done.wrong} wrong rows: {done.wrong_rows}"
    )


COMMANDS = (score,)
