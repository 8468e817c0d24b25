"""The documents: links, paths, the diagram of the packages, and the licence."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditapp.settings.paths import ROOT
from tests import architecture

GENERATED = {"build", "instance", "mlartifacts", "mlruns", "node_modules", "secrets"}
"""Folders with generated or downloaded files, which are not documents of the project."""

FENCE = re.compile(r"^(```|~~~).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
PATH = re.compile(
    r"(?<![\w./-])(?:creditapp|training|ops|docs|tests|migrations|templates|static|data|requirements)"
    r"/[\w./*-]*[\w/*]"
)
"""A path relative to the project's folder; `*` matches any name."""

APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt, which is also part of Debian."""


def documents() -> list[Path]:
    """All Markdown files of the project."""
    return sorted(
        path
        for path in ROOT.rglob("*.md")
        if not any(
            part in GENERATED or part.startswith(".") for part in path.relative_to(ROOT).parts
        )
    )


DOCUMENTS = documents()
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def prose(path: Path) -> str:
    """The text of a document without its code blocks."""
    return FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub generates for the headings of a document."""
    names: set[str] = set()
    for heading in HEADING.findall(prose(path)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = base = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = 0
        while name in names:
            number += 1
            name = f"{base}-{number}"
        names.add(name)
    return names


def relative_links(path: Path) -> Iterator[tuple[str, str]]:
    """Each link to a file or heading of the project, as (path, anchor)."""
    for target in LINK.findall(CODE.sub("", prose(path))):
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            file, _, anchor = target.partition("#")
            yield file, anchor


def broken_links(path: Path) -> list[str]:
    """The links of a document that lead nowhere."""
    broken = []
    for file, anchor in relative_links(path):
        target = (path.parent / file).resolve() if file else path
        if not target.exists():
            broken.append(file)
        elif anchor and (target.suffix != ".md" or anchor not in anchors(target)):
            broken.append(f"{file}#{anchor}")
    return broken


def missing_paths(path: Path) -> list[str]:
    """The paths in a document's code spans that do not exist."""
    return [
        name
        for span in CODE.findall(prose(path))
        for name in PATH.findall(span)
        if not any(ROOT.glob(name.rstrip("/")))
    ]


def test_documents_are_found() -> None:
    """The tests below read at least the main documents."""
    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"} <= {*NAMES}


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_links_are_valid(path: Path) -> None:
    """The file of each relative link exists, and its anchor is a heading."""
    assert broken_links(path) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_paths_exist(path: Path) -> None:
    """Each path in backticks is a file or folder of the project."""
    assert missing_paths(path) == []


def test_broken_links_and_missing_paths_are_reported(tmp_path: Path) -> None:
    """The checks report them, and ignore code blocks and links to other hosts."""
    file = tmp_path / "page.md"
    file.write_text(
        "# A `title`, with signs\n\n## Twice\n\n## Twice\n\n"
        "[good](#a-title-with-signs) [good](#twice-1) [good](https://example.org/#x)\n"
        "[bad](#nowhere) [bad](missing.md)\n\n```sh\n[not](a-link.md) `docs/none.md`\n```\n"
        "`creditapp/factory.py` `creditapp/*/__init__.py` `docs/missing.md` `ls training/none.py`\n"
    )
    assert broken_links(file) == ["#nowhere", "missing.md"]
    assert missing_paths(file) == ["docs/missing.md", "training/none.py"]


def test_diagram_shows_the_imports_of_the_code() -> None:
    """The diagram is up to date; `python -m tests.architecture` draws it."""
    assert architecture.PICTURE.read_text() == architecture.draw()


def test_packages_import_only_from_lower_layers() -> None:
    """No import of the diagram goes to the same or a higher layer."""
    layer = {package.name: package.layer for package in architecture.packages()}
    assert [pair for pair in architecture.imports() if layer[pair[0]] >= layer[pair[1]]] == []


def test_licence_is_apache_2() -> None:
    """The file has the original text of the licence, and the project its SPDX identifier."""
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
