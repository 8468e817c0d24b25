"""The served bundle: everything that training passes to serving, with a digest of each file."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.catalogue_document import document_of, read_catalogue
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.questions import Answer
from creditapp.exceptions import BadCatalogue, BrokenBundle
from creditapp.phrases import marked
from creditapp.settings.paths import DEFAULT_PORTFOLIO

FORMAT = 5
FORMAT_OF_FORESTS = 4
"""Bundles of this format hold forests only; the next one added the family and the link."""

FIRST_FAMILY = "forest"
"""The documented family: the default one, and that of models from before families were recorded."""

FORMAT_WITHOUT_CATALOGUE = 3
"""Bundles of this format belong to the default portfolio; their decisions must still be replayed."""

MODEL, LEAVES, METADATA, GOLDEN, HOLDOUT, CATALOGUE, DIGESTS = (
    "model.onnx",
    "leaves.npy",
    "metadata.json",
    "golden.json",
    "holdout.csv",
    "catalogue.json",
    "digests.json",
)
FILES = {MODEL, LEAVES, METADATA, GOLDEN, HOLDOUT, DIGESTS}
"""The files of every bundle; all but the oldest hold `CATALOGUE` too."""

UNREADABLE = (
    BadCatalogue,
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
        score_population: the distribution of the probability of good credit in the hold-out, and what
            became of its rows by score; older bundles may lack the latter.
        observed: how often each answer occurs in the data, and with how many bad credits; older
            bundles may lack it.
        family: the family of models, see `training/estimators`.
        link: the slope and intercept of `link.Link`; empty if the leaves add up to the probability.
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
    family: str = FIRST_FAMILY
    link: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Golden:
    """Applications with the probabilities of good credit that the fitted pipeline gave them."""

    applications: Sequence[Mapping[str, Answer]]
    probabilities: Sequence[float]


@dataclass(frozen=True)
class Bundle:
    """A model ready to be served, with everything needed to check it; about 300 kB packed.

    The last column of `holdout`, a CSV file, is the outcome: 1 good, 0 bad.
    """

    model: bytes
    leaves: bytes
    metadata: Metadata
    golden: Golden
    holdout: str
    catalogue: Catalogue

    @property
    def protected_used(self) -> tuple[str, ...]:
        """The names of the protected answers that the model uses."""
        return tuple(name for name in self.catalogue.protected if name in self.metadata.inputs)

    def pack(self) -> bytes:
        """Pack the bundle into bytes; equal bundles give equal bytes."""
        files = {
            MODEL: self.model,
            LEAVES: self.leaves,
            METADATA: _json(asdict(self.metadata)),
            GOLDEN: _json(asdict(self.golden)),
            HOLDOUT: self.holdout.encode(),
            CATALOGUE: document_of(self.catalogue).encode(),
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
            if metadata.get("format") not in (FORMAT, FORMAT_OF_FORESTS, FORMAT_WITHOUT_CATALOGUE):
                raise BrokenBundle(
                    marked(
                        "the served bundle has another format than %(format)s; train the model again"
                    ),
                    format=FORMAT,
                )
            return cls(
                files[MODEL],
                files[LEAVES],
                Metadata(**metadata),
                Golden(**json.loads(files[GOLDEN])),
                files[HOLDOUT].decode(),
                _catalogue(files, metadata),
            )
        except UNREADABLE as error:
            raise BrokenBundle(marked("the served bundle cannot be read")) from error


def _catalogue(files: Mapping[str, bytes], metadata: Mapping[str, Any]) -> Catalogue:
    """The catalogue that the model was trained under.

    Raises:
        BrokenBundle: the bundle's own catalogue, or that of the default portfolio, is another one.
    """
    if metadata["format"] == FORMAT_WITHOUT_CATALOGUE:
        catalogue = read_portfolio(DEFAULT_PORTFOLIO)
    else:
        # why: a key at the top that changes the inputs would change the fingerprint, which is checked below.
        catalogue = read_catalogue(files[CATALOGUE].decode(), may_be_newer=True)
    if catalogue.fingerprint != metadata["fingerprint"]:
        raise BrokenBundle(marked("the model was trained under another catalogue of features"))
    return catalogue


def digest(content: bytes) -> str:
    """The SHA-256 digest of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _check_digests(files: Mapping[str, bytes]) -> None:
    expected = json.loads(files[DIGESTS])
    names = files.keys() - {CATALOGUE}
    if names != FILES or expected.keys() != files.keys() - {DIGESTS}:
        raise BrokenBundle(
            marked("the served bundle must hold these files only: %(files)s"),
            files=", ".join(sorted({*FILES, CATALOGUE})),
        )
    for name, value in expected.items():
        if digest(files[name]) != value:
            raise BrokenBundle(marked("%(name)s in the served bundle was altered"), name=name)


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
