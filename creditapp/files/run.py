"""A run over a file: starts or continues it, has its parts scored, and joins the results."""

import fcntl
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from uuid_utils import compat

from creditapp.applications.catalogue import Catalogue
from creditapp.decisions import log as decision_log
from creditapp.exceptions import FileRunFailed, ModelUnavailable
from creditapp.files import formats, recorded_runs
from creditapp.files.formats import Part, format_of, parts_of
from creditapp.files.part import BUNDLE, DRAFT, FileRun, ScoredPart, as_document, save, score_part
from creditapp.files.recorded_runs import Recording
from creditapp.identity.actors import operator
from creditapp.policy import versions as policy_versions
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle
from creditapp.serving import deployments
from creditapp.serving.deployments import Deployment

MANIFEST = "manifest.json"
LOCK = ".lock"
AHEAD = 3
"""The number of parts that are scored or wait at the same time."""

THREADS = 2
"""While the engine scores one part, which takes half of the time, Python reads and writes another."""

Say = Callable[[int, int], None]
"""Receives the number of finished parts and the number of all parts."""

Workers = Callable[[FileRun, Sequence[Part]], Iterator[ScoredPart]]
"""Scores parts, and gives the results in the order in which they are finished."""


@dataclass(frozen=True)
class Summary:
    """The result of a run: the numbers of rows and of wrong rows, and the paths of the files."""

    rows: int
    wrong: int
    results: Path
    wrong_rows: Path
    model_version: str
    repeats: datetime | None
    """When the same decisions were recorded first, if an earlier run did so."""


@dataclass(frozen=True)
class Keeping:
    """Whether decisions are recorded, and whether `again`, although an earlier run recorded the same.

    `made_by` is who makes the decisions. `language` is that of the reasons of wrong rows.
    """

    record: bool = False
    again: bool = False
    made_by: str = field(default_factory=lambda: operator().label)
    language: str = "en"


def score_file(file: Path, out: Path, workers: Workers, *, keep: Keeping, say: Say) -> Summary:
    """Score a file, or continue an interrupted run over it.

    `out` is a .csv or .parquet file, or a folder that gets one file per part.

    Raises:
        BadTable: the file is not a table of applications.
        ModelUnavailable: no model is in force.
        FileRunFailed: a part could not be scored, or `out` is in use or holds other files.
        DatabaseUnavailable: decisions could not be recorded.
    """
    file, out = file.resolve(), out.resolve()
    folder = _folder(out)
    parts = parts_of(_catalogue_of(folder), file)
    if _is_file(out) and out.exists() and not Path(folder, MANIFEST).exists():
        raise FileRunFailed(f"{out}: the file exists already; remove it or choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        run = _load_run(folder) or _start_run(file, out, folder, keep)
        _check_same(run, file, keep.record)
        remaining = [part for part in parts if not run.done_path(part).exists()]
        for number, scored in enumerate(_scored(workers, run, remaining), 1):
            _record(scored)
            save(run.done_path(scored.part), {"rows": scored.rows, "wrong": scored.wrong})
            say(len(parts) - len(remaining) + number, len(parts))
        return _finish(run, parts, out)


@contextmanager
def cluster(workers: int, scheduler: str | None) -> Iterator[Workers]:
    """The workers of the scheduler at this address, or local ones; with one worker, this process scores.

    Raises:
        FileRunFailed: the scheduler does not answer.
    """
    if workers == 1 and not scheduler:
        yield score_here
        return
    # why: Dask takes longer to load than a file of some thousand rows to be scored.
    from creditapp.files import dask_workers

    with dask_workers.connect(workers, scheduler) as found:
        yield found


def score_here(run: FileRun, parts: Sequence[Part]) -> Iterator[ScoredPart]:
    """Score parts in this process, while the caller works on the parts before."""
    waiting = iter(parts)
    with ThreadPoolExecutor(THREADS) as pool:
        ahead = deque(pool.submit(score_part, run, part) for part in islice(waiting, AHEAD))
        try:
            while ahead:
                yield ahead.popleft().result()
                ahead.extend(pool.submit(score_part, run, part) for part in islice(waiting, 1))
        finally:
            pool.shutdown(cancel_futures=True)


def _folder(out: Path) -> Path:
    """The folder of a run's parts: `out` itself, or a folder beside the file `out`."""
    return out.with_name(f"{out.name}.parts") if _is_file(out) else out


def _is_file(out: Path) -> bool:
    return out.suffix.lower() in (".csv", ".parquet")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with Path(folder, LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FileRunFailed(
                f"{folder}: another run is using this folder; wait for it, or choose another"
            ) from error
        yield


def _load_run(folder: Path) -> FileRun | None:
    try:
        return FileRun(**json.loads(Path(folder, MANIFEST).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise FileRunFailed(
            f"{folder}: {MANIFEST} is not readable; remove the folder to start again"
        ) from error


def _start_run(file: Path, out: Path, folder: Path, keep: Keeping) -> FileRun:
    """Save the model, and the manifest with the policy, before the first row is scored."""
    if any(path.name not in (LOCK, BUNDLE) for path in folder.iterdir()):
        raise FileRunFailed(f"{folder}: the folder holds other files; use an empty or a new folder")
    deployment = _in_force()
    Path(folder, BUNDLE).write_bytes(deployments.load_bundle(deployment.bundle_digest))
    policy = policy_versions.in_force()
    recording = _recording(file, deployment, policy, keep)
    status = file.stat()
    run = FileRun(
        file=str(file),
        size=status.st_size,
        modified=status.st_mtime_ns,
        format=format_of(out if _is_file(out) else file),
        folder=str(folder),
        recorded=keep.record,
        repeats=recording.is_repeat,
        started_at=recording.started_at.isoformat(),
        id=recording.run_id,
        made_by=recording.made_by,
        model_name=deployment.model_name,
        model_version=deployment.model_version,
        generation=deployment.generation,
        policy=json.dumps(policy.as_document()),
        language=keep.language,
    )
    save(Path(folder, MANIFEST), as_document(run))
    return run


def _recording(file: Path, deployment: Deployment, policy: Policy, keep: Keeping) -> Recording:
    """A new run, or the one that recorded the same file before: its decisions have the same ids."""
    run_id, made_by = str(compat.uuid7()), keep.made_by
    if not keep.record:
        return Recording(run_id, datetime.now(UTC), made_by, is_repeat=False)
    identity = recorded_runs.identify(file, deployment.bundle_digest, policy.version)
    return recorded_runs.claim(identity, run_id, made_by, again=keep.again)


def _in_force() -> Deployment:
    deployment = deployments.in_force()
    if deployment is None:
        raise ModelUnavailable("no model is in force; run `flask promote VERSION --reason TEXT`")
    return deployment


def _catalogue_of(folder: Path) -> Catalogue:
    """The catalogue of the run in a folder; without a run, that of the model in force."""
    saved = Path(folder, BUNDLE)
    if saved.exists():
        return Bundle.unpack(saved.read_bytes()).catalogue
    return catalogue_in_force()


def catalogue_in_force() -> Catalogue:
    """The catalogue of the model in force.

    Raises:
        ModelUnavailable: no model is in force.
    """
    return Bundle.unpack(deployments.load_bundle(_in_force().bundle_digest)).catalogue


def has_begun(out: Path) -> bool:
    """Whether a run that writes `out` was started and is not finished."""
    return Path(_folder(out.resolve()), MANIFEST).exists()


def _check_same(run: FileRun, file: Path, record: bool) -> None:
    status = file.stat()
    if (run.file, run.size, run.modified) != (str(file), status.st_size, status.st_mtime_ns):
        raise FileRunFailed(
            f"{run.folder}: the folder holds a run over another file, or over this file before it "
            "changed; choose another folder"
        )
    if run.recorded != record:
        option = "with" if run.recorded else "without"
        raise FileRunFailed(
            f"{run.folder}: the run was started {option} --record; continue it {option} --record"
        )


def _scored(workers: Workers, run: FileRun, parts: Sequence[Part]) -> Iterator[ScoredPart]:
    try:
        yield from workers(run, parts)
    except Exception as error:
        raise FileRunFailed(
            f"a part could not be scored: {error}; run the command again to continue"
        ) from error


def _record(scored: ScoredPart) -> None:
    """Record the decisions of a part in one commit, unless they are recorded already."""
    # why: after an interruption between commit and done file, the part is scored again.
    if scored.decisions and not decision_log.contains(scored.decisions.ids[0]):
        decision_log.record_columns(scored.decisions.recorded(), scored.answers)


def _finish(run: FileRun, parts: Sequence[Part], out: Path) -> Summary:
    counts = [json.loads(run.done_path(part).read_text()) for part in parts]
    _remove_drafts(Path(run.folder))
    wrong = _wrong_rows_path(out)
    _join([run.wrong_rows_path(part) for part in parts], wrong)
    if _is_file(out):
        _join([run.result_path(part) for part in parts], out)
        _remove(Path(run.folder))
    total = {name: sum(count[name] for count in counts) for name in ("rows", "wrong")}
    return Summary(
        **total,
        results=out,
        wrong_rows=wrong,
        model_version=run.model_version,
        repeats=datetime.fromisoformat(run.started_at) if run.repeats else None,
    )


def _remove_drafts(folder: Path) -> None:
    """Remove the unfinished files of workers that died."""
    for draft in folder.glob(f"{DRAFT}*"):
        draft.unlink()


def _remove(folder: Path) -> None:
    """Remove a run's folder."""
    # why: renamed first, so that no run continues with a half-removed folder.
    hidden = folder.rename(folder.with_name(f".{folder.name}"))
    shutil.rmtree(hidden)


def _wrong_rows_path(out: Path) -> Path:
    return out.with_suffix(".wrong.csv") if _is_file(out) else out / "wrong.csv"


def _join(parts: Sequence[Path], path: Path) -> None:
    draft = path.with_name(f".{path.name}")
    formats.join(parts, draft)
    draft.replace(path)
