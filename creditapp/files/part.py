"""A run over one file, and the scoring of one part of that file."""

import gc
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from creditapp import publishing
from creditapp.applications import schemas
from creditapp.applications.application_table import ApplicationTable
from creditapp.applications.catalogue import Catalogue
from creditapp.applications.localisation import in_readers_language, written_in
from creditapp.columns import Column, Places
from creditapp.decisions.decide import Origin
from creditapp.decisions.decision_table import DecisionTable, judge_table
from creditapp.decisions.log import Channel
from creditapp.exceptions import BadTable
from creditapp.files import formats
from creditapp.files.formats import Part
from creditapp.files.part_table import Numbers, PartTable, read_table
from creditapp.phrases import marked, translate
from creditapp.policy.definition import from_document
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.verification import verify
from creditapp.serving.deployments import Deployment
from creditapp.serving.served_model import ScoringModel

BUNDLE = "model.bundle"
DRAFT = ".draft-"
ROW_DIGITS = 10
TEXT, NUMBER, WHOLE = pa.string(), pa.float64(), pa.int64()
RESULT = {
    "row": WHOLE,
    "reference": TEXT,
    "prediction": WHOLE,
    "probability_good_credit": NUMBER,
    "probability_bad_credit": NUMBER,
    "score": WHOLE,
    "risk_level": TEXT,
    "decision": TEXT,
    "outside_training": TEXT,
    "model_version": TEXT,
    "policy_version": TEXT,
    "decision_id": TEXT,
}
ABOUT_FIELD = marked("%(name)s: %(messages)s")
WRONG = {"row": WHOLE, "reason": TEXT}


@dataclass(frozen=True)
class FileRun:
    """The parameters of a run; they are saved, so that an interrupted run continues unchanged.

    `id` is a UUID of version 7. `size` is the file's size in bytes, `modified` its time of last change
    in nanoseconds. `started_at` is in ISO 8601. `policy` is the policy document as JSON text.
    `repeats`: an earlier run recorded the same, and this one has its id. `language` is that of the reasons
    of wrong rows.
    """

    id: str
    file: str
    size: int
    modified: int
    format: str
    folder: str
    recorded: bool
    started_at: str
    made_by: str
    model_name: str
    model_version: str
    generation: int
    policy: str
    repeats: bool = False
    language: str = "en"

    @property
    def origin(self) -> Origin:
        """The origin of the applications, for their decisions."""
        return Origin(Channel.FILE, self.id, self.made_by)

    def result_path(self, part: Part) -> Path:
        """The file of a part's results."""
        return Path(self.folder, f"part-{part.number:06}.{self.format}")

    def wrong_rows_path(self, part: Part) -> Path:
        """The file that lists a part's wrong rows."""
        return Path(self.folder, f"wrong-{part.number:06}.csv")

    def done_path(self, part: Part) -> Path:
        """The file that marks a part as complete."""
        return Path(self.folder, f"done-{part.number:06}.json")

    def decision_ids(self, rows: Numbers) -> list[str]:
        """The decision ids of rows: the id of the run, with the row number as its last digits."""
        # why: a part that is scored again after an interruption gets the same ids, so that
        # no row is recorded twice.
        prefix = self.id[:-ROW_DIGITS]
        return [f"{prefix}{row:0{ROW_DIGITS}x}" for row in rows.tolist()]


@dataclass(frozen=True)
class ScoredPart:
    """The result of a part; it has decisions, and their answers as JSON, only if the run records them."""

    part: Part
    rows: int
    wrong: int
    decisions: DecisionTable | None = None
    answers: Sequence[str] = ()


def score_part(run: FileRun, part: Part) -> ScoredPart:
    """Check and score a part, and publish its results if they do not exist yet.

    Raises:
        OSError, BadTable: this process cannot read the file or write to the folder.
    """
    model = _model(run)
    table = read_table(model.catalogue, Path(run.file), part)
    wrong = table.applications.wrong()
    reasons = _reasons(run, table, np.flatnonzero(wrong))
    applications, numbers = table.applications.without(wrong), table.numbers[~wrong]
    decisions = _decisions(run, model, applications, numbers)
    publish(run.wrong_rows_path(part), _wrong_rows(reasons))
    publish(run.result_path(part), _results(run, numbers, decisions))
    rows = len(numbers) + len(reasons)
    if not run.recorded or not len(numbers):
        return ScoredPart(part, rows, len(reasons))
    return ScoredPart(part, rows, len(reasons), decisions, applications.as_json())


def publish(path: Path, table: pa.Table) -> None:
    """Write a file under a temporary name, and publish it whole; an existing file stays.

    Raises:
        OSError: the folder cannot be written to.
    """
    # why: Dask may run a part twice at the same time.
    draft = path.with_name(f"{DRAFT}{secrets.token_hex(8)}-{path.name}")
    formats.write(draft, table)
    with suppress(FileExistsError):
        publishing.publish(draft, path)


def save(path: Path, value: object) -> None:
    """Write a small JSON document; the file is replaced whole or not at all."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(json.dumps(value, indent=1))
    draft.replace(path)


def as_document(run: FileRun) -> dict[str, Any]:
    """The parameters of a run as a JSON object, for the manifest."""
    return asdict(run)


def _decisions(
    run: FileRun, model: ScoringModel, applications: ApplicationTable, numbers: Numbers
) -> DecisionTable:
    started_at = datetime.fromisoformat(run.started_at)
    # why: ids take a tenth of the time of a part, and only recorded decisions need them.
    ids = run.decision_ids(numbers) if run.recorded else Column.same(run.id, len(numbers))
    return judge_table(applications, model, run.origin, started_at, ids)


def _reasons(run: FileRun, table: PartTable, wrong: Places) -> list[tuple[int, str]]:
    """The wrong rows with their numbers and what is wrong, in the order of the file."""
    catalogue, is_csv = table.applications.catalogue, formats.format_of(Path(run.file)) == "csv"
    rows: list[tuple[int, Any]] = [
        (int(table.numbers[place]), table.applications.row(place)) for place in wrong.tolist()
    ]
    with written_in(run.language):
        return [
            (number, reason_of(catalogue, row, is_csv=is_csv))
            for number, row in sorted([*rows, *table.unreadable], key=itemgetter(0))
        ]


@lru_cache(maxsize=1)
def _model(run: FileRun) -> ScoringModel:
    """Load the model of the run, once in each process."""
    bundle = Bundle.unpack(Path(run.folder, BUNDLE).read_bytes())
    deployment = Deployment(
        generation=run.generation, model_name=run.model_name, model_version=run.model_version
    )
    policy = from_document(json.loads(run.policy))
    # why: loaded modules and the model live as long as the process, so collections can skip them.
    gc.freeze()
    return ScoringModel(deployment, bundle.catalogue, bundle.metadata, verify(bundle), policy)


def _results(run: FileRun, numbers: Numbers, decisions: DecisionTable) -> pa.Table:
    outside = decisions.outside_training.each("; ".join)
    columns = {
        **decisions.recorded(),
        "row": numbers,
        "probability_bad_credit": 1.0 - decisions.probabilities,
        "outside_training": outside,
        "decision_id": decisions.ids if run.recorded else Column.same(None, len(numbers)),
    }
    return pa.table([_array(columns[name], kind) for name, kind in RESULT.items()], list(RESULT))


def _array(column: Any, kind: pa.DataType) -> pa.Array:
    """A column for PyArrow; each text of a column stands once."""
    if not isinstance(column, Column):
        return pa.array(column, kind)
    distinct = pa.array(column.distinct, kind)
    if kind == TEXT:
        return pa.DictionaryArray.from_arrays(pa.array(column.places, pa.int32()), distinct)
    return distinct.take(pa.array(column.places))


def _wrong_rows(reasons: Sequence[tuple[int, str]]) -> pa.Table:
    columns = zip(*reasons, strict=True) if reasons else [()] * len(WRONG)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, WRONG.values(), strict=True)]
    return pa.table(arrays, list(WRONG))


def reason_of(catalogue: Catalogue, row: dict[str, Any] | BadTable, *, is_csv: bool) -> str:
    """What is wrong with a wrong row, in one line, in the language of the reader."""
    if isinstance(row, BadTable):
        return str(translate(row.phrase, in_readers_language))
    validate = schemas.messages_about_cells if is_csv else schemas.messages_about
    messages = validate(catalogue, row)
    about_field = in_readers_language(ABOUT_FIELD)
    return "; ".join(
        about_field % {"name": name, "messages": " ".join(map(str, texts))}
        for name, texts in messages.items()
    )
