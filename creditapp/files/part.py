"""A run over one file, and the scoring of one part of that file."""

import gc
import json
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa

from creditapp import publishing
from creditapp.applications import schemas
from creditapp.applications.catalogue import Catalogue
from creditapp.applications.localisation import in_readers_language, written_in
from creditapp.applications.questions import Answer
from creditapp.applications.table import application_of, wrong_rows
from creditapp.decisions.decide import Origin, judge
from creditapp.decisions.log import Channel, NewDecision
from creditapp.exceptions import BadTable
from creditapp.files import formats
from creditapp.files.formats import Part
from creditapp.phrases import marked, translate
from creditapp.policy.definition import from_document
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.verification import verify
from creditapp.serving.deployments import Deployment
from creditapp.serving.served_model import ScoringModel

BUNDLE = "model.bundle"
DRAFT = ".draft-"
ROW_BITS = 40
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

    def decision_ids(self, rows: Iterable[int]) -> list[UUID]:
        """The decision ids of rows: the id of the run, with the row number as its last `ROW_BITS` bits."""
        # why: a part that is scored again after an interruption gets the same ids, so that
        # no row is recorded twice.
        prefix = UUID(self.id).int >> ROW_BITS << ROW_BITS
        return [UUID(int=prefix | row) for row in rows]


@dataclass(frozen=True)
class ScoredPart:
    """The result of a part; it has decisions and answers only if the run records them."""

    part: Part
    rows: int
    wrong: int
    decisions: Sequence[NewDecision] = ()
    answers: Sequence[dict[str, Answer]] = ()


def score_part(run: FileRun, part: Part) -> ScoredPart:
    """Check and score a part, and publish its results if they do not exist yet.

    Raises:
        OSError, BadTable: this process cannot read the file or write to the folder.
    """
    catalogue = _model(run).catalogue
    numbered = list(formats.rows_of(catalogue, Path(run.file), part))
    wrong = wrong_rows(catalogue, [row for _, row in numbered])
    is_csv = formats.format_of(Path(run.file)) == "csv"
    good = [place for place in range(len(numbered)) if place not in wrong]
    rows = [numbered[place][1] for place in good]
    applications = [application_of(catalogue, row) for row in rows]  # type: ignore[arg-type]
    decisions = _decisions(run, applications, [numbered[place][0] for place in good])
    with written_in(run.language):
        reasons = [
            (numbered[place][0], reason_of(catalogue, numbered[place][1], is_csv=is_csv))
            for place in sorted(wrong)
        ]
    results = [
        _result(run, numbered[place][0], decision)
        for place, decision in zip(good, decisions, strict=True)
    ]
    publish(run.wrong_rows_path(part), WRONG, reasons)
    publish(run.result_path(part), RESULT, results)
    if not run.recorded:
        return ScoredPart(part, len(numbered), len(wrong))
    answers = [dict(application.answers) for application in applications]
    return ScoredPart(part, len(numbered), len(wrong), decisions, answers)


def publish(path: Path, columns: dict[str, pa.DataType], rows: Sequence[Sequence[Any]]) -> None:
    """Write a file under a temporary name, and publish it whole; an existing file stays.

    Raises:
        OSError: the folder cannot be written to.
    """
    # why: Dask may run a part twice at the same time.
    draft = path.with_name(f"{DRAFT}{secrets.token_hex(8)}-{path.name}")
    formats.write(draft, columns, rows)
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
    run: FileRun, applications: Sequence[Any], numbers: Sequence[int]
) -> list[NewDecision]:
    if not applications:
        return []
    decisions = judge(applications, _model(run), run.origin)
    if not run.recorded:
        return decisions
    started_at = datetime.fromisoformat(run.started_at)
    return [
        decision._replace(decision_id=decision_id, timestamp=started_at)
        for decision, decision_id in zip(decisions, run.decision_ids(numbers), strict=True)
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


def _result(run: FileRun, row: int, decision: NewDecision) -> tuple[Any, ...]:
    return (
        row,
        decision.reference,
        decision.prediction,
        decision.probability_good_credit,
        decision.probability_bad_credit,
        decision.score,
        str(decision.risk_level),
        str(decision.decision),
        "; ".join(decision.outside_training),
        decision.model_version,
        decision.policy_version,
        str(decision.decision_id) if run.recorded else None,
    )


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
