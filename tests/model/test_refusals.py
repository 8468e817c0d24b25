"""The registry refuses bundles that are not fit to be served, and gives the reason."""

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
    """A copy of the registry and its artifacts at another path, which the test can change."""
    shutil.copy(trained.registry, tmp_path / "mlflow.db")
    shutil.copytree(trained.registry.parent / "mlruns", tmp_path / "mlruns")
    return Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")


def bundle_file(folder: Path) -> Path:
    """The file of the registered bundle."""
    [file] = folder.glob("mlruns/*/artifacts/served_bundle/bundle.zip")
    return file


def register(registry: Registry, folder: Path, packed: bytes) -> None:
    """Replace the registered bundle, and its digest."""
    bundle_file(folder).write_bytes(packed)
    registry._client.set_model_version_tag(MODEL_NAME, "1", DIGEST_TAG, digest(packed))


def with_metadata(**changes: Any) -> Change:
    """A function that changes the bundle's metadata."""
    return lambda bundle: replace(bundle, metadata=replace(bundle.metadata, **changes))


def without_a_feature(bundle: Bundle) -> Bundle:
    """The bundle of a model that does not use the age."""
    inputs = {**bundle.metadata.inputs}
    del inputs["Age in years"]
    return with_metadata(inputs=inputs)(bundle)


def with_another_feature(bundle: Bundle) -> Bundle:
    """The bundle of a model that needs an additional feature."""
    return with_metadata(
        inputs={**bundle.metadata.inputs, "Shoe size": {"ordinal": ["small", "large"]}}
    )(bundle)


def with_golden_rows_off(bundle: Bundle) -> Bundle:
    """The bundle with changed probabilities of its golden rows."""
    probabilities = [p + 1e-5 for p in bundle.golden.probabilities]
    return replace(bundle, golden=replace(bundle.golden, probabilities=probabilities))


def without_onnx(bundle: Bundle) -> Bundle:
    """The bundle with a model that is not ONNX."""
    return replace(bundle, model=b"no model")


REFUSED: dict[str, tuple[Change, str]] = {
    "a missing feature": (without_a_feature, 'lacks the feature "Age in years"'),
    "an extra feature": (with_another_feature, 'no application has: "Shoe size"'),
    "swapped classes": (with_metadata(classes=[1, 0]), r"in the order \[1, 0\]"),
    "one class": (with_metadata(classes=[0]), r"in the order \[0\]"),
    "another catalogue": (with_metadata(fingerprint="other"), "another catalogue"),
    "golden rows off": (with_golden_rows_off, "the golden rows differ by 1e-05"),
    "no golden rows": (
        lambda bundle: replace(bundle, golden=replace(bundle.golden, applications=[])),
        "holds no golden rows",
    ),
    "no model": (without_onnx, "cannot be run"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_an_unfit_bundle_is_refused_with_a_reason(
    registry: Registry, tmp_path: Path, change: Change, reason: str
) -> None:
    """It is refused although it is complete and has the registered digest."""
    packed = change(Bundle.unpack(bundle_file(tmp_path).read_bytes())).pack()
    register(registry, tmp_path, packed)
    with pytest.raises(RefusedModel, match=reason):
        registry.fetch_bundle("1")


def test_a_fit_bundle_is_fetched(registry: Registry, tmp_path: Path) -> None:
    """The bytes are those that were registered."""
    assert registry.fetch_bundle("1") == bundle_file(tmp_path).read_bytes()


def test_a_truncated_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    """Its digest is not the registered one."""
    file = bundle_file(tmp_path)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(RefusedModel, match="altered since it was registered"):
        registry.fetch_bundle("1")


def test_a_missing_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    """The registry is not reported as unavailable."""
    bundle_file(tmp_path).unlink()
    with pytest.raises(RefusedModel, match="no served bundle"):
        registry.fetch_bundle("1")


def test_a_full_disk_does_not_refuse_the_model(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says that the fetch failed, so that it can be tried again."""

    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry._client, "download_artifacts", no_room)
    with pytest.raises(RegistryUnavailable, match="No space left on device"):
        registry.fetch_bundle("1")


class Canary:
    """Makes a folder when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        """Return the call that makes the folder."""
        return os.mkdir, (str(self.file),)


def test_a_pickle_is_refused_and_never_loaded(registry: Registry, tmp_path: Path) -> None:
    """This holds for the bundle's model, an additional file in the bundle, and the registered model."""
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
    with pytest.raises(RefusedModel, match=r"it contains model\.pkl"):
        registry.fetch_bundle("1")
    assert not canary.exists()


def with_a_file(packed: bytes, name: str, content: bytes) -> bytes:
    """The archive with an additional file."""
    target = io.BytesIO(packed)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, content)
    return target.getvalue()
