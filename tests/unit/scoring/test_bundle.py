"""The served bundle."""

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
    """A small one."""
    inputs = {"Age in years": {"mean": 35.5, "scale": 11.4}}
    metadata = Metadata(FORMAT, "run", "now", "a model", "f", inputs, [0, 1], {}, {}, {})
    return Bundle(b"model", b"leaves", metadata, Golden([{"Age in years": 35}], [0.5]), "a,b\n")


def test_a_bundle_comes_back_whole_and_equal_bundles_have_equal_bytes() -> None:
    """So that a digest of the bytes names the bundle."""
    assert Bundle.unpack(bundle().pack()) == bundle()
    assert bundle().pack() == bundle().pack()


def rewritten(name: str, content: bytes | None) -> bytes:
    """The packed bundle with one file changed, or left out."""
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
    """Whatever is done to one file, nothing is served."""
    with pytest.raises(BrokenBundle):
        Bundle.unpack(rewritten(name, content))


@given(st.integers(0, len(bundle().pack()) - 1), st.integers(1, 255))
def test_one_flipped_byte_changes_nothing_or_is_refused(place: int, flip: int) -> None:
    """Damage is never read as something else, and never raises anything else."""
    packed = bytearray(bundle().pack())
    packed[place] ^= flip
    with contextlib.suppress(BrokenBundle):
        assert Bundle.unpack(bytes(packed)) == bundle()


def test_another_format_is_refused() -> None:
    """A later version may mean something else by the same names."""
    other = replace(bundle(), metadata=replace(bundle().metadata, format=99))
    with pytest.raises(BrokenBundle, match="another format"):
        Bundle.unpack(other.pack())


@pytest.mark.parametrize("packed", [b"", b"nothing", bundle().pack()[:-30]])
def test_bytes_that_are_no_bundle_are_refused(packed: bytes) -> None:
    """A cut download is no bundle."""
    with pytest.raises(BrokenBundle):
        Bundle.unpack(packed)
