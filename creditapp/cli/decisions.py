"""Commands about stored decisions: score them again."""

import sys

import click

from creditapp.cli.errors import in_one_line
from creditapp.decisions import log as decision_log
from creditapp.decisions import replay
from creditapp.decisions.log import Decision

DIFFERS = 1


@click.command("replay")
@click.argument("decision_ids", nargs=-1)
@click.option("--limit", type=click.IntRange(1), help="The newest so many alone.")
def replay_decisions(decision_ids: tuple[str, ...], limit: int | None) -> None:
    """Score stored decisions again with the bundles that made them; code 1 where a score differs."""
    with in_one_line():
        chunks = iter([_found(decision_ids)]) if decision_ids else replay.stored(limit)
        replayed = differing = 0
        for chunk in chunks:
            for one in replay.all_of(chunk):
                replayed += 1
                if one.differs:
                    differing += 1
                    click.echo(f"{one.decision.decision_id}  differs by {one.difference:.2g}")
    click.echo(f"{replayed} decisions scored again, {differing} differ")
    sys.exit(DIFFERS if differing else 0)


def _found(decision_ids: tuple[str, ...]) -> list[Decision]:
    return [decision_log.find(decision_id) for decision_id in decision_ids]


COMMANDS = (replay_decisions,)
