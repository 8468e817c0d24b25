"""The command that scores stored decisions again."""

import sys

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.decisions import log as decision_log
from creditapp.decisions.replay import Replayed, load_chunks, replay
from creditapp.row_numbers import HIGHEST

DIFFERS = 1


@click.command("replay")
@click.argument("decision_ids", nargs=-1)
@click.option("--limit", type=click.IntRange(1, HIGHEST), help="Only this many, the newest.")
def replay_decisions(decision_ids: tuple[str, ...], limit: int | None) -> None:
    """Score stored decisions again with the bundles that made them; exit code 1 if a score differs."""
    with errors_in_one_line():
        named = [decision_log.find(decision_id) for decision_id in decision_ids]
        chunks = iter([named]) if decision_ids else load_chunks(limit)
        replayed = differing = 0
        for chunk in chunks:
            for result in replay(chunk):
                replayed += 1
                if result.differs:
                    differing += 1
                    click.echo(f"{result.decision.decision_id}  {_describe(result)}")
    click.echo(f"{replayed} decisions scored again, {differing} differ")
    sys.exit(DIFFERS if differing else 0)


def _describe(result: Replayed) -> str:
    if result.score_differs:
        return f"has {result.decision.score} points; its policy gives {result.score}"
    return f"differs by {result.difference:.2g}"


COMMANDS = (replay_decisions,)
