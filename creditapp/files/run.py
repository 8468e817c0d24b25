"""Files larger than a request, scored on Dask in this process, in several, or on a cluster."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from distributed import Client, Future, LocalCluster, as_completed
from uuid_utils import compat

from creditapp.decisions import log as decision_log
from creditapp.exceptions import FileRunFailed, ModelUnavailable
from creditapp.files import formats
from creditapp.files.formats import Part, format_of, parts_of
from creditapp.files.part import BUNDLE, DRAFT, FileRun, Scored, as_document, save, score_part
from creditapp.identity.actors import operator
from creditapp.policy import versions as policy_versions
from creditapp.serving import deployments

MANIFEST = "manifest.json"
LOCK = ".lock"
AHEAD = 3
"""How many parts are handed out for each worker: one is worked on, the others wait."""

RETRIES = 3
OWN_PORT = "127.0.0.1:0"
"""Without an address Dask serves its state to the whole network."""

Say = Callable[[int, int], None]
"""Told how many parts are done, of how many."""


@dataclass(frozen=True)
class Summary:
    """What came of a run: its rows, how many of them were wrong, and where those are told of."""

    rows: int
    wrong: int
    results: Path
    wrong_rows: Path
    model_version: str


def score_file(file: Path, out: Path, client: Client, *, record: bool, say: Say) -> Summary:
    """Score a file into another, or into a folder; a run that was interrupted is gone on with.

    Raises:
        BadTable: the file is no table of applications.
        ModelUnavailable: no model is in force.
        FileRunFailed: a part could not be scored, or `out` holds something else.
        DatabaseUnavailable: decisions could not be recorded.
    """
    file, out = file.resolve(), out.resolve()
    parts = parts_of(file)
    folder = _folder(out)
    if _is_file(out) and out.exists() and not Path(folder, MANIFEST).exists():
        raise FileRunFailed(f"{out}: is there already")
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        run = _begun(folder) or _begin(file, out, folder, record)
        _check_same(run, file, record)
        left = [part for part in parts if not run.done(part).exists()]
        for number, scored in enumerate(_scored(client, run, left), 1):
            _record(scored)
            save(run.done(scored.part), {"rows": scored.rows, "wrong": scored.wrong})
            say(len(parts) - len(left) + number, len(parts))
        return _finish(run, parts, out)


@contextmanager
def cluster(workers: int, scheduler: str | None) -> Iterator[Client]:
    """A client of the scheduler at this address, or of so many local processes; one is this process.

    Raises:
        FileRunFailed: the scheduler does not answer.
    """
    if scheduler:
        try:
            client = Client(scheduler, timeout=5)
        except (OSError, ValueError) as error:
            raise FileRunFailed(f"{scheduler}: no scheduler answers there") from error
        with client:
            yield client
        return
    several = workers > 1
    local = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=several,
        host="127.0.0.1" if several else None,
        dashboard_address=OWN_PORT,
        worker_dashboard_address=OWN_PORT,
        scheduler_kwargs={"dashboard": False},
    )
    with local, Client(local) as client:
        yield client


def _folder(out: Path) -> Path:
    """Where a run's parts are: the folder asked for, or one beside the file."""
    return out.with_name(f"{out.name}.parts") if _is_file(out) else out


def _is_file(out: Path) -> bool:
    return out.suffix.lower() in (".csv", ".parquet")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with Path(folder, LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FileRunFailed(f"{folder}: another run is at work here") from error
        yield


def _begun(folder: Path) -> FileRun | None:
    try:
        return FileRun(**json.loads(Path(folder, MANIFEST).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise FileRunFailed(f"{folder}: the manifest in it cannot be read") from error


def _begin(file: Path, out: Path, folder: Path, record: bool) -> FileRun:
    """The model, and the manifest with the policy, are put down before the first row is scored."""
    if any(one.name not in (LOCK, BUNDLE) for one in folder.iterdir()):
        raise FileRunFailed(f"{folder}: an empty folder, or one that is not there yet, is expected")
    deployment = deployments.in_force()
    if deployment is None:
        raise ModelUnavailable("no model is in force; flask promote puts one")
    Path(folder, BUNDLE).write_bytes(deployments.load_bundle(deployment.bundle_digest))
    found = file.stat()
    run = FileRun(
        file=str(file),
        size=found.st_size,
        modified=found.st_mtime_ns,
        format=format_of(out if _is_file(out) else file),
        folder=str(folder),
        recorded=record,
        started_at=datetime.now(UTC).isoformat(),
        id=str(compat.uuid7()),
        made_by=operator().label,
        model_name=deployment.model_name,
        model_version=deployment.model_version,
        generation=deployment.generation,
        policy=json.dumps(policy_versions.in_force().as_document()),
    )
    save(Path(folder, MANIFEST), as_document(run))
    return run


def _check_same(run: FileRun, file: Path, record: bool) -> None:
    found = file.stat()
    if (run.file, run.size, run.modified) != (str(file), found.st_size, found.st_mtime_ns):
        raise FileRunFailed(
            f"{run.folder}: holds a run over another file, or over this one before it changed"
        )
    if run.recorded != record:
        said = "with" if run.recorded else "without"
        raise FileRunFailed(f"{run.folder}: the run in it was begun {said} --record")


def _scored(client: Client, run: FileRun, parts: Sequence[Part]) -> Iterator[Scored]:
    """What comes of the parts, as they are done; few are under way at a time, so that few are in memory."""
    waiting = iter(parts)
    at_once = AHEAD * max(1, sum(client.nthreads().values()))
    futures = as_completed([_submit(client, run, part) for part in islice(waiting, at_once)])
    for future in futures:
        yield _result(future)
        futures.update([_submit(client, run, part) for part in islice(waiting, 1)])


def _submit(client: Client, run: FileRun, part: Part) -> "Future[Scored]":
    return client.submit(score_part, run, part, pure=False, retries=RETRIES)


def _result(future: "Future[Scored]") -> Scored:
    try:
        scored = future.result()
    except Exception as error:
        raise FileRunFailed(f"a part could not be scored: {error}") from error
    future.release()
    return scored


def _record(scored: Scored) -> None:
    """One commit for a part; one that was recorded before an interruption is not recorded again."""
    if scored.decisions and not decision_log.contains(scored.decisions[0].decision_id):
        decision_log.record(scored.decisions, scored.answers)


def _finish(run: FileRun, parts: Sequence[Part], out: Path) -> Summary:
    counts = [json.loads(run.done(part).read_text()) for part in parts]
    _sweep(Path(run.folder))
    wrong = _wrong_rows_path(out)
    _put_together([run.wrong(part) for part in parts], wrong)
    if _is_file(out):
        _put_together([run.result(part) for part in parts], out)
        _remove(Path(run.folder))
    total = {name: sum(one[name] for one in counts) for name in ("rows", "wrong")}
    return Summary(**total, results=out, wrong_rows=wrong, model_version=run.model_version)


def _sweep(folder: Path) -> None:
    """Take away what workers that died had begun to write."""
    for draft in folder.glob(f"{DRAFT}*"):
        draft.unlink()


def _remove(folder: Path) -> None:
    """Out of the way at once, then gone: nobody may go on with half of it."""
    gone = folder.rename(folder.with_name(f".{folder.name}"))
    shutil.rmtree(gone)


def _wrong_rows_path(out: Path) -> Path:
    return out.with_suffix(".wrong.csv") if _is_file(out) else out / "wrong.csv"


def _put_together(parts: Sequence[Path], path: Path) -> None:
    draft = path.with_name(f".{path.name}")
    formats.join(parts, draft)
    draft.replace(path)
