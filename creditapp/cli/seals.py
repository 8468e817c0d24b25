"""The commands that seal the record, verify it, and prove that a decision is in it."""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import click

from creditapp.cli.errors import errors_in_one_line
from creditapp.exceptions import BadHeads, BadSealKey, DatabaseUnavailable
from creditapp.seals.faults import Report
from creditapp.seals.heads import Heads, heads_at
from creditapp.seals.proofs import prove
from creditapp.seals.sealer import Sealed, seal
from creditapp.seals.signatures import (
    PublicKeys,
    SigningKey,
    by_id,
    create_key,
    public_pem,
    read_key,
    read_public_keys,
)
from creditapp.seals.verification import verify
from creditapp.settings.current import current_settings
from creditapp.settings.paths import INSTANCE

FAULTY = 1
"""The exit code of a verification that finds a fault."""

PUBLIC_KEYS = click.option(
    "--public-key",
    "public_keys",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with the public keys that may have signed. Without it, those of the settings.",
)


@click.group("seal", invoke_without_command=True)
@click.option(
    "--every",
    type=click.IntRange(1, 86_400),
    metavar="SECONDS",
    help="Go on, and seal what is new after each pause of so many seconds.",
)
@click.pass_context
def seal_record(context: click.Context, every: int | None) -> None:
    """Seal what is new in the record, in signed blocks."""
    if context.invoked_subcommand:
        return
    with errors_in_one_line():
        key = _signing_key()
        heads = heads_at(current_settings().seal_heads)
        _say(seal(key, heads, everything=True), always=every is None)
        while every:
            time.sleep(every)
            _seal_again(key, heads)


@seal_record.command("key")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def make_key(file: Path | None) -> None:
    """Create a private key in FILE, and print its public key; without FILE, print that of the key in use."""
    with errors_in_one_line():
        key = create_key(file) if file else _signing_key()
    click.echo(public_pem(key.public), nl=False)


@click.group("audit")
def audit() -> None:
    """Verify the record by its seals, or prove that a decision is in it."""


@audit.command("verify")
@click.option(
    "--full", is_flag=True, help="Compare all blocks, not only those since the last time."
)
@click.option(
    "--heads",
    "place",
    help="Heads that were kept elsewhere: a file, - for standard input, or the address of a database. "
    "Without it, those of the settings.",
)
@PUBLIC_KEYS
def verify_record(full: bool, place: str | None, public_keys: Path | None) -> None:
    """Compare the record with its seals, and name each difference; exit code 1 if there is one."""
    with errors_in_one_line():
        report = verify(known_public_keys(public_keys), _heads(place), full=full)
    print_report(report)
    if report.faults:
        sys.exit(FAULTY)


@audit.command("prove")
@click.argument("decision_id", metavar="DECISION")
@PUBLIC_KEYS
def prove_decision(decision_id: str, public_keys: Path | None) -> None:
    """Print the proof that a DECISION is in the sealed record; ops/check-proof.py checks it."""
    with errors_in_one_line():
        keys = known_public_keys(public_keys)
        if keys is None:
            raise BadSealKey("no public key is known; give --public-key FILE")
        proof = prove(decision_id, keys)
    click.echo(json.dumps(proof, indent=1))


def print_report(report: Report) -> None:
    """Print each fault that a verification found, and its sum."""
    for fault in report.faults:
        click.echo(str(fault))
    click.echo(str(report))


def known_public_keys(file: Path | None = None) -> PublicKeys | None:
    """The public keys of a file, of the settings, or of the private key; none if none is known.

    Raises:
        BadSealKey: the file cannot be read, or holds something else.
    """
    settings = current_settings()
    if path := file or (Path(settings.seal_public_keys) if settings.seal_public_keys else None):
        return read_public_keys(path)
    private = _key_path()
    return by_id([read_key(private).public]) if private and private.exists() else None


def _key_path() -> Path | None:
    """The file of the private key; none in production if it is not set."""
    settings = current_settings()
    if settings.seal_key:
        return Path(settings.seal_key)
    return None if settings.production else INSTANCE / "seal-key.pem"


def _signing_key() -> SigningKey:
    path = _key_path()
    if path is None:
        raise BadSealKey(
            "CREDITAPP_SEAL_KEY: not set; create a key with: flask seal key FILE, and set it to FILE"
        )
    if not path.exists() and not current_settings().seal_key:
        return create_key(path)
    return read_key(path)


def _heads(place: str | None) -> Heads | None:
    """The heads to compare with; what was written to standard output cannot be read again."""
    configured = current_settings().seal_heads
    return heads_at(place or ("" if configured == "-" else configured))


def _seal_again(key: SigningKey, heads: Heads | None) -> None:
    """Seal once more; a database or a place that does not answer is tried again after the pause."""
    try:
        _say(seal(key, heads, everything=False), always=False)
    except (DatabaseUnavailable, BadHeads) as error:
        _log(f"not sealed: {error}")


def _say(sealed: Sealed, *, always: bool) -> None:
    if sealed.blocks or always:
        _log(f"sealed {sealed.rows:,} rows in {sealed.blocks:,} blocks")


def _log(line: str) -> None:
    """Write a line to standard error; a full disk under it does not end the sealer."""
    with suppress(OSError):
        click.echo(line, err=True)


COMMANDS = (seal_record, audit)
