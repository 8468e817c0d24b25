"""The commands that erase personal data: on request, after its time, and again after a restore."""

import json
from datetime import datetime
from pathlib import Path

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.named_decisions import find_named
from creditapp.cli.texts import REASON
from creditapp.decisions import erasures
from creditapp.exceptions import BadErasure, NotSealed
from creditapp.identity.actors import operator
from creditapp.retention.kinds import KINDS, Kind
from creditapp.settings.current import current_settings

WHY = click.option(
    "--reason",
    type=REASON,
    required=True,
    help="Why; kept with the erasure and in the events, so it must not be personal.",
)


@click.command()
@click.argument("decision_ids", metavar="DECISION...", nargs=-1)
@click.option("--reference", help="Erase all decisions on this reference.")
@WHY
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
    """Erase answers, and delete kept answers, sign-ins, keys, decisions and events after their time.

    Run it daily. Decisions and events go once the block that sealed them is old enough.
    """
    with errors_in_one_line():
        for kind in KINDS:
            if before := kind.before(current_settings()):
                _delete(kind, before, dry_run=dry_run)


def _delete(kind: Kind, before: datetime, *, dry_run: bool) -> None:
    """Delete what is overdue of one kind, and say so; the record goes once it is sealed."""
    try:
        number = kind.delete(before, operator(), dry_run=dry_run)
    except NotSealed as error:
        click.echo(f"{kind.name}: {error}", err=True)
        return
    what = "overdue" if dry_run else "gone"
    click.echo(f"{kind.name}: {number:,} from before {before:%Y-%m-%d %H:%M} UTC are {what}")


def _read(file: Path) -> list[str]:
    """The ids of the decisions in a list of erasures."""
    ids = []
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
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
