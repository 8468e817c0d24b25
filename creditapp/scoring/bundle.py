"""The served bundle: everything that training passes to serving, with a digest of each file."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from creditapp.applications.catalogue import PROTECTED, Answer
from creditapp.exceptions import BrokenBundle

FORMAT = 3
MODEL, LEAVES, METADATA, GOLDEN, HOLDOUT, DIGESTS = (
    "model.onnx",
    "leaves.npy",
    "metadata.json",
    "golden.json",
    "holdout.csv",
    "digests.json",
)
TARGET = "Receive/ Not receive credit"
"""The hold-out's column with the outcome: 1 good, 0 bad."""

FILES = {MODEL, LEAVES, METADATA, GOLDEN, HOLDOUT, DIGESTS}
UNREADABLE = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""The exceptions that a damaged archive or document can raise."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp of each file in the archive, so that equal bundles have equal bytes."""


@dataclass(frozen=True)
class Metadata:
    """What serving needs to know about a model, and what people need to know to judge it.

    Attributes:
        inputs: how each used feature is encoded, see `encoder.Inputs`.
        classes: the order of the probabilities.
        population: the distribution of each feature's answers in the training rows.
        score_population: the distribution of the probability of good credit in the hold-out.
        observed: how often each answer occurs in the data, and with how many bad credits; older
            bundles may lack it.
    """

    format: int
    run_id: str
    trained_at: str
    description: str
    fingerprint: str
    inputs: Mapping[str, Mapping[str, Any]]
    classes: Sequence[int]
    metrics: Mapping[str, float]
    population: Mapping[str, Mapping[str, Any]]
    score_population: Mapping[str, Any]
    observed: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def protected_used(self) -> tuple[str, ...]:
        """The names of the protected answers that the model uses."""
        return tuple(name for name in PROTECTED if name in self.inputs)


@dataclass(frozen=True)
class Golden:
    """Applications with the probabilities of good credit that the fitted pipeline gave them."""

    applications: Sequence[Mapping[str, Answer]]
    probabilities: Sequence[float]


@dataclass(frozen=True)
class Bundle:
    """A model ready to be served, with everything needed to check it; about 300 kB packed."""

    model: bytes
    leaves: bytes
    metadata: Metadata
    golden: Golden
    holdout: str

    def pack(self) -> bytes:
        """Pack the bundle into bytes; equal bundles give equal bytes."""
        files = {
            MODEL: self.model,
            LEAVES: self.leaves,
            METADATA: _json(asdict(self.metadata)),
            GOLDEN: _json(asdict(self.golden)),
            HOLDOUT: self.holdout.encode(),
        }
        files[DIGESTS] = _json({name: digest(content) for name, content in files.items()})
        return _zip(files)

    @classmethod
    def unpack(cls, packed: bytes) -> "Bundle":
        """Read a bundle from its bytes, and check each file against its digest.

        Raises:
            BrokenBundle: a file is missing or altered, the archive cannot be read, or the bundle has
                another format.
        """
        try:
            files = _unzip(packed)
            _check_digests(files)
            metadata = json.loads(files[METADATA])
            if metadata.get("format") != FORMAT:
                raise BrokenBundle(
                    f"the served bundle has another format than {FORMAT}; train the model again"
                )
            golden = Golden(**json.loads(files[GOLDEN]))
            holdout = files[HOLDOUT].decode()
            return cls(files[MODEL], files[LEAVES], Metadata(**metadata), golden, holdout)
        except UNREADABLE as error:
            raise BrokenBundle("the served bundle cannot be read") from error


def digest(content: bytes) -> str:
    """The SHA-256 digest of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _check_digests(files: Mapping[str, bytes]) -> None:
    expected = json.loads(files[DIGESTS])
    if files.keys() != FILES or expected.keys() != FILES - {DIGESTS}:
        raise BrokenBundle(
            f"the served bundle must hold these files only: {', '.join(sorted(FILES))}"
        )
    for name, value in expected.items():
        if digest(files[name]) != value:
            raise BrokenBundle(f"{name} in the served bundle was altered")


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _unzip(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
