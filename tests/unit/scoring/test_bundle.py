"""The served bundle survives a round trip, and damage is detected."""

import contextlib
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditapp.exceptions import BrokenBundle
from creditapp.scoring.bundle import FORMAT, Bundle, Golden, Metadata


def bundle() -> Bundle:
    """A small bundle."""
    inputs = {"Age in years": {"mean": 35.5, "scale": 11.4}}
    metadata = Metadata(FORMAT, "run", "now", "a model", "f", inputs, [0, 1], {}, {}, {})
    return Bundle(b"model", b"leaves", metadata, Golden([{"Age in years": 35}], [0.5]), "a,b\n")


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
    ["model.onnx", "leaves.npy", "metadata.json", "golden.json", "holdout.csv", "digests.json"],
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
