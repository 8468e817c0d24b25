"""The commands that export what is held: on one applicant, a list, and the sealed record for auditors."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.cli.named_decisions import find_named
from creditapp.decisions.filters import Filters, Order, State
from creditapp.decisions.reviews import LANGUAGES
from creditapp.decisions.search import MOST_EXPORTED, SEARCH_VARIABLE
from creditapp.exceptions import BadExport
from creditapp.exports.applicant import export_applicant
from creditapp.exports.folder import new_folder
from creditapp.exports.sealed_record import Exported, Wanted, export_record
from creditapp.exports.table_files import Format
from creditapp.identity.actors import Actor, operator
from creditapp.settings.current import current_settings
from creditapp.web.lender import lender_of
from creditapp.web.pages.decision_filters import served_amounts

CHANGED = 1
"""The exit code of an export with rows that are not as they were sealed."""

FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.group("export")
def export() -> None:
    """Export what is held on an applicant, a list of decisions, or the sealed record for auditors."""


@export.command("applicant")
@FOLDER
@click.argument("decision_ids", metavar="[DECISION]...", nargs=-1)
@click.option("--reference", help="Export all decisions on this reference.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
def applicant(
    folder: Path, decision_ids: tuple[str, ...], reference: str | None, language: str
) -> None:
    """Write everything that is held on an applicant to a new FOLDER: applicant.json and applicant.html."""
    with errors_in_one_line():
        named = find_named(decision_ids, reference)
        with new_folder(folder) as draft:
            settings = current_settings()
            lender = lender_of(settings)
            document, page = export_applicant(named, language, lender, settings, operator())
            (draft / "applicant.json").write_text(
                json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8"
            )
            (draft / "applicant.html").write_text(page, encoding="utf-8")
    click.echo(f"{folder}: {len(named)} decisions")


@export.command("record")
@FOLDER
@click.option("--since", metavar="TIME", help="Blocks sealed from this time on, as 2026-11-01.")
@click.option("--until", metavar="TIME", help="Blocks sealed before this time.")
@click.option(
    "--format",
    "kind",
    type=click.Choice([one.value for one in Format]),
    default=Format.JSONL.value,
    show_default=True,
)
@click.option(
    "--with-personal-data",
    is_flag=True,
    help="Also the answers, references and reviewers' words; without it, only their hashes.",
)
def record(
    folder: Path, since: str | None, until: str | None, kind: str, with_personal_data: bool
) -> None:
    """Write the sealed blocks of a time to a new FOLDER; ops/check-export.py checks it."""
    with errors_in_one_line():
        wanted = Wanted(
            _time("--since", since), _time("--until", until), with_personal_data, Format(kind)
        )
        exported = export_record(folder, wanted, operator())
    _say(folder, exported)
    if exported.changed:
        sys.exit(CHANGED)


@export.command("decisions")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--format", "kind", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True
)
@click.option("--from", "since", metavar="TIME", help="Made from this time on, as 2026-11-01.")
@click.option("--to", "until", metavar="TIME", help="Made before this time.")
@click.option(
    "--search",
    "text",
    default="",
    envvar=SEARCH_VARIABLE,
    help="References or ids that begin so.",
)
@click.option("--inside", is_flag=True, help="Also references that have the text elsewhere.")
@click.option("--decision", default="", help="The automatic outcome: approve, refer or decline.")
@click.option("--outcome", default="", help="The outcome that stands.")
@click.option("--state", type=click.Choice(["", *State]), default="", show_choices=True)
@click.option("--risk", "risk_level", default="", help="LOW, MEDIUM or HIGH.")
@click.option("--model", "model_version", default="", help="The version of the model.")
@click.option("--policy", "policy_version", default="", help="The version of the policy.")
@click.option("--channel", default="", help="ui, api, batch or file.")
@click.option("--made-by", default="", help="The person or the key that scored.")
@click.option("--amount-from", type=float)
@click.option("--amount-to", type=float)
@click.option("--oldest-first", is_flag=True)
@click.option("--most", type=click.IntRange(1), default=MOST_EXPORTED, show_default=True)
@click.option("--actor", default=lambda: operator().label, hidden=True)
@click.option("--request-id", default="", hidden=True)
def decisions(path: Path, kind: str, **given: Any) -> None:
    """Write a filtered list of decisions to a new FILE, newest first; that is an event."""
    actor = Actor(given.pop("actor"), given.pop("request_id"))
    order = Order.OLDEST if given.pop("oldest_first") else Order.NEWEST
    most = given.pop("most")
    with errors_in_one_line():
        given |= {name: _time(name, given[name]) for name in ("since", "until")}
        from creditapp.exports.decision_list import export_list

        filters = Filters(**given, order=order, amounts=served_amounts())
        number = export_list(path, filters, kind, most, actor)
    click.echo(f"{path}: {number:,} decisions")


def _time(option: str, text: str | None) -> datetime | None:
    """A time of an option; one without an offset is in UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadExport(f"{option}: use a time such as 2026-11-01 or 2026-11-01T12:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _say(folder: Path, exported: Exported) -> None:
    for name in exported.changed:
        click.echo(f"{name} is not as it was sealed")
    click.echo(
        f"{folder}: {exported.rows:,} rows in {exported.blocks:,} blocks; {exported.gone:,} are gone, "
        f"the personal data of {exported.left_out:,} is left out"
    )
    if exported.unsealed:
        click.echo(f"{exported.unsealed:,} rows are in no block yet and not in it; run: flask seal")


COMMANDS = (export,)
