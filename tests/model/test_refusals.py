"""What the registry's door refuses, and that the reason is said."""

import io
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from creditapp.exceptions import RefusedModel, RegistryUnavailable
from creditapp.scoring.bundle import Bundle, digest
from creditapp.serving.registry import DIGEST_TAG, MODEL_NAME, Registry
from tests.serving import Trained

Change = Callable[[Bundle], Bundle]


@pytest.fixture
def registry(trained: Trained, tmp_path: Path) -> Registry:
    """A registry of this test's own, with its artifacts: copied, and so at another path."""
    shutil.copy(trained.registry, tmp_path / "mlflow.db")
    shutil.copytree(trained.registry.parent / "mlruns", tmp_path / "mlruns")
    return Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")


def bundle_file(folder: Path) -> Path:
    """The registered bundle."""
    [file] = folder.glob("mlruns/*/artifacts/served_bundle/bundle.zip")
    return file


def register(registry: Registry, folder: Path, packed: bytes) -> None:
    """Put other bytes in the bundle's place, under their own digest."""
    bundle_file(folder).write_bytes(packed)
    registry._client.set_model_version_tag(MODEL_NAME, "1", DIGEST_TAG, digest(packed))


def with_metadata(**changes: Any) -> Change:
    """The bundle with some of its metadata changed."""
    return lambda bundle: replace(bundle, metadata=replace(bundle.metadata, **changes))


def less_a_feature(bundle: Bundle) -> Bundle:
    """The bundle of a model that knows nothing of age."""
    inputs = {name: one for name, one in bundle.metadata.inputs.items() if name != "Age in years"}
    return with_metadata(inputs=inputs)(bundle)


def with_another_feature(bundle: Bundle) -> Bundle:
    """The bundle of a model that wants to know more."""
    return with_metadata(
        inputs={**bundle.metadata.inputs, "Shoe size": {"ordinal": ["small", "large"]}}
    )(bundle)


def with_golden_rows_off(bundle: Bundle) -> Bundle:
    """The bundle whose known rows scored otherwise when it was made."""
    probabilities = [p + 1e-5 for p in bundle.golden.probabilities]
    return replace(bundle, golden=replace(bundle.golden, probabilities=probabilities))


def with_an_engine_that_lies(bundle: Bundle) -> Bundle:
    """The bundle whose model is no ONNX at all."""
    return replace(bundle, model=b"no model")


REFUSED: dict[str, tuple[Change, str]] = {
    "a missing feature": (less_a_feature, 'lacks the feature "Age in years"'),
    "an extra feature": (with_another_feature, 'no application has: "Shoe size"'),
    "swapped classes": (with_metadata(classes=[1, 0]), r"in the order \[1, 0\]"),
    "another catalogue": (with_metadata(fingerprint="other"), "another catalogue"),
    "golden rows off": (with_golden_rows_off, "the golden rows differ by 1e-05"),
    "no known rows": (
        lambda bundle: replace(bundle, golden=replace(bundle.golden, applications=[])),
        "cannot be run|no known rows",
    ),
    "no model": (with_an_engine_that_lies, "cannot be run"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bundle_that_is_not_fit_is_refused_with_its_reason(
    registry: Registry, tmp_path: Path, change: Change, reason: str
) -> None:
    """Though it is whole, and registered under its digest."""
    packed = change(Bundle.unpack(bundle_file(tmp_path).read_bytes())).pack()
    register(registry, tmp_path, packed)
    with pytest.raises(RefusedModel, match=reason):
        registry.fetch_bundle("1")


def test_a_fit_bundle_is_fetched(registry: Registry, tmp_path: Path) -> None:
    """So that the refusals above mean something."""
    assert registry.fetch_bundle("1") == bundle_file(tmp_path).read_bytes()


def test_a_truncated_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    """It is not the one that was registered."""
    file = bundle_file(tmp_path)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(RefusedModel, match="not the one that was registered"):
        registry.fetch_bundle("1")


def test_a_missing_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    """And is not mistaken for a registry that is down."""
    bundle_file(tmp_path).unlink()
    with pytest.raises(RefusedModel, match="no served bundle"):
        registry.fetch_bundle("1")


def test_no_room_to_fetch_into_is_no_fault_of_the_model(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be tried again when there is room."""

    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry._client, "download_artifacts", no_room)
    with pytest.raises(RegistryUnavailable, match="No space left on device"):
        registry.fetch_bundle("1")


class Canary:
    """Sings when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        """Make a folder."""
        return os.mkdir, (str(self.file),)


def test_a_pickle_is_refused_wherever_it_lies_and_is_never_loaded(
    registry: Registry, tmp_path: Path
) -> None:
    """In the model's place, as a further file of the bundle, and beside the registered model."""
    canary = tmp_path / "canary"
    poison = pickle.dumps(Canary(canary))
    whole = bundle_file(tmp_path).read_bytes()
    register(registry, tmp_path, replace(Bundle.unpack(whole), model=poison).pack())
    with pytest.raises(RefusedModel, match="cannot be run"):
        registry.fetch_bundle("1")
    register(registry, tmp_path, with_a_file(whole, "model.pkl", poison))
    with pytest.raises(RefusedModel, match="must hold these files only"):
        registry.fetch_bundle("1")
    register(registry, tmp_path, whole)
    [model] = tmp_path.glob("mlruns/models/*/artifacts")
    (model / "model.pkl").write_bytes(poison)
    with pytest.raises(RefusedModel, match=r"it holds model\.pkl"):
        registry.fetch_bundle("1")
    assert not canary.exists()


def with_a_file(packed: bytes, name: str, content: bytes) -> bytes:
    """An archive with one file more."""
    target = io.BytesIO(packed)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, content)
    return target.getvalue()
