"""The commands that erase personal data: on request, after its time, and again after a restore."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.named_decisions import find_named
from creditapp.decisions import erasures, once
from creditapp.exceptions import BadErasure
from creditapp.identity import sign_in_table
from creditapp.identity.actors import operator
from creditapp.settings.current import current_settings

DAYS_OF_MONTH = 30.4375
REASON = click.option(
    "--reason",
    required=True,
    help="Why; kept with the erasure and in the events, so it must not be personal.",
)


@click.command()
@click.argument("decision_ids", metavar="DECISION...", nargs=-1)
@click.option("--reference", help="Erase all decisions on this reference.")
@REASON
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(decision_ids: tuple[str, ...], reference: str | None, reason: str, yes: bool) -> None:
    """Erase the answers, the reference, the reviewers' words and the kept answers of decisions.

    The decisions stay. What was erased cannot be replayed or explained any more.
    """
    with errors_in_one_line():
        found = find_named(decision_ids, reference)
        if not yes:
            click.confirm(
                f"erase the personal data of {len(found)} decisions for good?", abort=True
            )
        _say(erasures.erase(found, operator(), reason))


@click.command("erasures")
def list_erasures() -> None:
    """Print all erasures, one JSON object a line: keep them outside the database for restores."""
    with errors_in_one_line():
        for row in erasures.list_all():
            click.echo(
                json.dumps(
                    {
                        "decision_id": str(row.decision_id),
                        "erased_at": row.erased_at.isoformat(),
                        "erased_by": row.erased_by,
                        "reason": row.reason,
                    }
                )
            )


@click.command("erase-again")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def erase_again(file: Path) -> None:
    """Erase again what `flask erasures` had listed in FILE, after an older backup was restored."""
    with errors_in_one_line():
        _say(erasures.erase_again(_read(file), operator(), "erased before the backup was restored"))


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say what is overdue.")
def retention(dry_run: bool) -> None:
    """Erase answers and delete kept answers and sign-ins after their time; run it daily."""
    settings = current_settings()
    with errors_in_one_line():
        if before := _before(settings.keep_answers_months):
            overdue = erasures.find_older(before)
            if overdue and not dry_run:
                erasures.erase(overdue, operator(), "kept for the time of retention")
            _print("answers", len(overdue), before, dry_run=dry_run)
        before = datetime.now(UTC) - timedelta(hours=settings.idempotency_hours)
        number = once.forget_kept(before, dry_run=dry_run)
        _print("kept answers to requests", number, before, dry_run=dry_run)
        if before := _before(settings.keep_sign_ins_months):
            number = sign_in_table.delete_expired(before, dry_run=dry_run)
            _print("sign-ins", number, before, dry_run=dry_run)


def _print(kind: str, number: int, before: datetime, *, dry_run: bool) -> None:
    what = "overdue" if dry_run else "gone"
    click.echo(f"{kind}: {number:,} from before {before:%Y-%m-%d %H:%M} UTC are {what}")


def _before(months: int) -> datetime | None:
    """The time before which data is overdue; none if it is kept for ever."""
    return datetime.now(UTC) - timedelta(days=months * DAYS_OF_MONTH) if months else None


def _read(file: Path) -> list[str]:
    """The ids of the decisions in a list of erasures."""
    ids = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        try:
            ids.append(str(json.loads(line)["decision_id"]))
        except (ValueError, TypeError, KeyError) as error:
            raise BadErasure(
                f"{file}: line {number} is no erasure; flask erasures prints them"
            ) from error
    return ids


def _say(erased: erasures.Erased) -> None:
    click.echo(f"{erased.now} decisions erased, {erased.before} had nothing left to erase")


COMMANDS = (erase, list_erasures, erase_again, retention)
