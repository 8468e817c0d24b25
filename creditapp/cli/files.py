"""The command that scores a file that is too large for a request."""

from datetime import datetime
from pathlib import Path

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import BadTable, FileRunFailed, InvalidSetting
from creditapp.files import recorded_runs  # noqa: F401 (its table belongs to the schema)

PROBLEM = "%(file)s: %(problem)s"


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
@click.option(
    "--record",
    is_flag=True,
    help="Write the decisions to the log, once: a file that the same model and policy recorded before is "
    "scored and not recorded again.",
)
@click.option("--again", is_flag=True, help="With --record: record it although it was before.")
def score(file: Path, out: Path, workers: int, scheduler: str | None, **given: bool) -> None:
    """Score a CSV or Parquet FILE of any size; the same command continues an interrupted run."""
    with errors_in_one_line():
        try:
            summary = _score(file, out, workers, scheduler, given)
        except BadTable as error:
            raise BadTable(PROBLEM, file=str(file), problem=error) from error
        except OSError as error:
            raise FileRunFailed(f"{error.filename}: {error.strerror}") from error
    click.echo(summary)


def _score(
    file: Path, out: Path, workers: int, scheduler: str | None, given: dict[str, bool]
) -> str:
    """Load PyArrow, and score."""
    if given["again"] and not given["record"]:
        raise FileRunFailed("--again: add --record; without it nothing is recorded")
    try:
        from creditapp.files import run as file_run
    except ImportError as error:
        raise InvalidSetting(
            "flask score needs Dask and PyArrow: install creditapp[files]"
        ) from error
    with (
        file_run.cluster(workers, scheduler) as found,
        click.progressbar(length=1, label="scoring") as bar,
    ):

        def show_progress(parts: int, of: int) -> None:
            bar.length = of
            bar.update(parts - bar.pos)

        keep = file_run.Keeping(record=given["record"], again=given["again"])
        result = file_run.score_file(file, out, found, keep=keep, say=show_progress)
    return (
        f"{result.rows} rows, {result.rows - result.wrong} scored by version {result.model_version}: "
        f"{result.results}\n"
        f"{result.wrong} wrong rows: {result.wrong_rows}{_about_repeat(result.repeats)}"
    )


def _about_repeat(recorded_at: datetime | None) -> str:
    if recorded_at is None:
        return ""
    return (
        f"\nthis file was recorded at {recorded_at:%Y-%m-%d %H:%M:%S} UTC by the same model and policy; "
        "nothing was recorded twice (--again records it again)"
    )


COMMANDS = (score,)
