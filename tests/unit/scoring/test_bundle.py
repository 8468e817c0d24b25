"""The served bundle survives a round trip, and damage is detected."""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.applications.catalogue_document import document_of, read_catalogue
from creditapp.exceptions import BadCatalogue, BrokenBundle
from creditapp.scoring.bundle import FORMAT, Bundle, Golden, Metadata, digest
from tests.portfolios import GERMAN

CATALOGUE = read_catalogue(document_of(GERMAN), may_be_newer=True)
"""The catalogue as a bundle gives it back."""


def bundle() -> Bundle:
    """A small bundle."""
    inputs = {"Age in years": {"mean": 35.5, "scale": 11.4}}
    metadata = Metadata(
        FORMAT, "run", "now", "a model", GERMAN.fingerprint, inputs, [0, 1], {}, {}, {}
    )
    golden = Golden([{"Age in years": 35}], [0.5])
    return Bundle(b"model", b"leaves", metadata, golden, "a,b\n", CATALOGUE)


def test_packing_is_reversible_and_deterministic() -> None:
    """Equal bundles have equal bytes, so that a digest of the bytes identifies a bundle."""
    assert Bundle.unpack(bundle().pack()) == bundle()
    assert bundle().pack() == bundle().pack()


def rewritten(name: str, content: bytes | None) -> bytes:
    """The packed bundle with a file changed, or removed if `content` is None."""
    source = zipfile.ZipFile(io.BytesIO(bundle().pack()))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for file in source.namelist():
            new = content if file == name else source.read(file)
            if new is not None:
                archive.writestr(file, new)
    return target.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "model.onnx",
        "leaves.npy",
        "metadata.json",
        "golden.json",
        "holdout.csv",
        "catalogue.json",
        "digests.json",
    ],
)
@pytest.mark.parametrize("content", [b"other", b"", None])
def test_an_altered_or_missing_file_is_refused(name: str, content: bytes | None) -> None:
    """No file of the bundle can be changed, emptied or removed."""
    with pytest.raises(BrokenBundle):
        Bundle.unpack(rewritten(name, content))


@given(st.integers(0, len(bundle().pack()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_has_no_effect(position: int, flip: int) -> None:
    """A damaged bundle is never read as another bundle, and raises only `BrokenBundle`."""
    packed = bytearray(bundle().pack())
    packed[position] ^= flip
    with contextlib.suppress(BrokenBundle):
        assert Bundle.unpack(bytes(packed)) == bundle()


def with_document(change: Callable[[dict[str, Any]], None]) -> bytes:
    """A packed bundle, as a version would write it that knows other keys of a catalogue."""
    document = json.loads(document_of(CATALOGUE))
    change(document)
    return replace(bundle(), catalogue=replace(CATALOGUE, document=document)).pack()


def test_an_unknown_key_at_the_top_of_a_catalogue_is_passed_over() -> None:
    """A newer version may have written it; the author of a portfolio is told, as it may be a typing error."""
    packed = with_document(lambda document: document["creditapp"].update(something_new=1))
    catalogue = Bundle.unpack(packed).catalogue
    assert catalogue.document["creditapp"]["something_new"] == 1
    assert catalogue.questions == CATALOGUE.questions
    with pytest.raises(BadCatalogue, match='the key "something_new" is not known'):
        read_catalogue(document_of(catalogue))


def test_an_unknown_key_of_a_field_of_a_catalogue_is_refused() -> None:
    """It may change how the field is read, and so the score."""

    def change(document: dict[str, Any]) -> None:
        field = document["resources"][0]["schema"]["fields"][0]
        field.setdefault("creditapp", {})["something_new"] = 1

    with pytest.raises(BrokenBundle):
        Bundle.unpack(with_document(change))


def test_another_format_is_refused() -> None:
    """In another format, the same keys may have another meaning."""
    other = replace(bundle(), metadata=replace(bundle().metadata, format=99))
    with pytest.raises(BrokenBundle, match="another format"):
        Bundle.unpack(other.pack())


@pytest.mark.parametrize("packed", [b"", b"nothing", bundle().pack()[:-30]])
def test_bytes_that_are_not_a_bundle_are_refused(packed: bytes) -> None:
    """An incomplete download is refused too."""
    with pytest.raises(BrokenBundle):
        Bundle.unpack(packed)


def of_format(number: int, fingerprint: str = GERMAN.fingerprint) -> bytes:
    """A bundle without a catalogue, as the format before this one had none."""
    made = bundle()
    source = zipfile.ZipFile(io.BytesIO(made.pack()))
    files = {name: source.read(name) for name in source.namelist()}
    metadata = {**json.loads(files["metadata.json"]), "format": number, "fingerprint": fingerprint}
    files["metadata.json"] = json.dumps(metadata).encode()
    del files["catalogue.json"], files["digests.json"]
    digests = {name: digest(content) for name, content in files.items()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in {**files, "digests.json": json.dumps(digests)}.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_a_bundle_of_the_format_without_catalogue_has_the_default_portfolio() -> None:
    """Decisions of such models must still be replayed."""
    read = Bundle.unpack(of_format(3))
    assert read.catalogue.name == "german-credit"
    assert read.catalogue.fingerprint == GERMAN.fingerprint
    assert (read.model, read.golden, read.holdout) == (b"model", bundle().golden, "a,b\n")


def test_a_bundle_without_catalogue_and_of_another_fingerprint_is_refused() -> None:
    """Its model has other inputs than the default portfolio."""
    with pytest.raises(BrokenBundle, match="trained under another catalogue"):
        Bundle.unpack(of_format(3, "other"))


def test_a_bundle_of_the_format_with_catalogue_must_hold_it() -> None:
    """The default portfolio does not take its place."""
    with pytest.raises(BrokenBundle, match="cannot be read"):
        Bundle.unpack(of_format(FORMAT))


def test_a_bundle_with_another_catalogue_than_its_metadata_name_is_refused() -> None:
    """Its inputs may have another meaning."""
    other = replace(bundle(), metadata=replace(bundle().metadata, fingerprint="other"))
    with pytest.raises(BrokenBundle, match="trained under another catalogue"):
        Bundle.unpack(other.pack())
