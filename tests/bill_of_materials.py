"""What the images are made of, and under which licences: `python -m tests.bill_of_materials`.

Writes a bill of materials (CycloneDX, JSON) for each image and a table of the licences to `build/sbom/`. It
fails where a package has no licence, or one that nobody accepted.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import Requirement

from tests.serving import ROOT

FOLDER = ROOT / "build" / "sbom"
IMAGES = ("serve", "train")

ACCEPTED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only"),
        *("LLVM-exception", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0"),
        *("Python-2.0", "Zlib"),
    }
)
"""By SPDX. LGPL and MPL ask nothing of an application that uses the library unchanged."""

CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
}
"""What older packages say instead of an identifier."""

READ_BY_US = {
    "huey": "MIT",
    "interpret-core": "MIT",
    "partd": "BSD-3-Clause",
    "protobuf": "BSD-3-Clause",
    "qdldl": "Apache-2.0",
    "skops": "MIT",
}
"""Packages whose metadata name none; from the licence that each brings or its repository has."""

Component = dict[str, Any]


def main() -> None:
    """Write the bills and the table; exit code 1 if a licence is missing or was not accepted."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    installed = read_environment()
    assets = read_assets()
    lines, wrong = set(), set()
    for image in IMAGES:
        components = [installed[name] for name in locked(image)]
        components += assets if image == "serve" else []
        (FOLDER / f"{image}.cdx.json").write_text(json.dumps(bill(image, components), indent=1))
        for one in components:
            terms = licences(one)
            lines.add(f"{one['name']} {one['version']}: {', '.join(terms) or 'none'}")
            wrong |= {str(one["name"])} if not terms or set(terms) - ACCEPTED else set()
    (FOLDER / "licences.txt").write_text("\n".join(sorted(lines, key=str.lower)) + "\n")
    print(f"{FOLDER}: {len(lines)} packages")
    if wrong:
        sys.exit(f"no licence, or one that was not accepted: {', '.join(sorted(wrong))}")


def read_environment() -> Mapping[str, Component]:
    """The components of this environment by their names."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
    done = subprocess.run([*command, sys.prefix], capture_output=True, check=True)
    components = json.loads(done.stdout)["components"]
    for one in components:
        if known := READ_BY_US.get(_normal(one["name"])):
            one["licenses"] = [{"license": {"id": known}}]
    return {_normal(one["name"]): one for one in components}


def read_assets() -> list[Component]:
    """The npm packages whose files the pages load."""
    lock = json.loads((ROOT / "requirements/assets/package-lock.json").read_text())
    found = {path.removeprefix("node_modules/"): one for path, one in lock["packages"].items()}
    return [
        {
            "type": "library",
            "name": name,
            "version": found[name]["version"],
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{found[name]['version']}",
            "licenses": [{"license": {"id": found[name]["license"]}}],
        }
        for name in found[""]["dependencies"]
    ]


def locked(image: str) -> Iterator[str]:
    """The packages that are installed in an image on this platform."""
    for line in (ROOT / "requirements" / f"{image}.txt").read_text().splitlines():
        if "==" in line and not line.startswith(" "):
            required = Requirement(line.rstrip("\\ "))
            if required.marker is None or required.marker.evaluate():
                yield _normal(required.name)


def bill(image: str, components: list[Component]) -> dict[str, Any]:
    """A bill of materials: https://cyclonedx.org/docs/1.6/json/."""
    project = {"type": "application", "name": f"creditapp-{image}", "version": "0.1.0"}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**project, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components,
    }


def licences(component: Component) -> list[str]:
    """The SPDX identifiers of a component's licences; of classifiers only if there is nothing better."""
    declared = component.get("licenses", [])
    terms = [one.get("expression") or one["license"].get("id") for one in declared]
    if not any(terms):
        terms = [CLASSIFIERS.get(one["license"].get("name", "")) for one in declared]
    words = re.findall(r"[\w.+-]+", " ".join(filter(None, terms)))
    return sorted(set(words) - {"AND", "OR", "WITH"})


def _normal(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
