"""Draws `docs/architecture.svg`: the packages by layer, and who imports whom.

`python -m tests.architecture` draws it from the imports in the code and the layers in pyproject.toml.
"""

import ast
import tomllib
from collections import Counter
from typing import NamedTuple
from xml.sax.saxutils import escape

import grimp

from creditapp.settings.paths import ROOT

PICTURE = ROOT / "docs" / "architecture.svg"
TRAINING, STARTED_BY = "training", "cli"

ROW, BOX, PURPOSE, LEFT, TOP, MARGIN = 28, 118, 560, 12, 112, 24
INK, PALE, LINE, BAND, CELL = "#1b2530", "#8995a1", "#c6ced6", "#f1f4f7", "36, 105, 160"
DARKEST = 25
"""From this many imports on, a cell has its darkest colour."""


class Package(NamedTuple):
    """A row of the picture: a package, or a module of the top level."""

    name: str
    purpose: str
    layer: int


def layers() -> list[list[str]]:
    """The layers of pyproject.toml, top first; training comes below the commands that start it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    [contract] = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    named = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    place = named.index([STARTED_BY]) + 1
    return [*named[:place], [TRAINING], *named[place:]]


def packages() -> list[Package]:
    """All packages, from the top layer down, each with the first line of its docstring."""
    return [
        Package(name, _purpose(name), number)
        for number, layer in enumerate(layers())
        for name in layer
    ]


def imports() -> Counter[tuple[str, str]]:
    """Imports between modules of different packages, counted by (importing, imported) package."""
    graph = grimp.build_graph(
        "creditapp", TRAINING, exclude_type_checking_imports=True, cache_dir=None
    )
    return Counter(
        (_package(importer), _package(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if _package(importer) != _package(imported)
    )


def draw() -> str:
    """The picture as SVG: a row and a column for each package, and in each cell a number of imports."""
    rows, counts = packages(), imports()
    place = {package.name: number for number, package in enumerate(rows)}
    matrix = LEFT + BOX + PURPOSE
    width, height = matrix + len(rows) * ROW + MARGIN, TOP + len(rows) * ROW + MARGIN
    shapes = [f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    shapes += _heading(matrix)
    for number, package in enumerate(rows):
        shapes += _row(number, package, width) + _column(matrix + number * ROW, package)
        shapes.append(_cell(matrix + number * ROW, number, "", 'fill="#dde3e9"'))
    for (importer, imported), count in sorted(counts.items()):
        x = matrix + place[imported] * ROW
        strength = 0.12 + 0.5 * min(count, DARKEST) / DARKEST
        fill = f'fill="rgb({CELL})" fill-opacity="{strength:.2f}"'
        shapes.append(_cell(x, place[importer], str(count), fill))
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{INK}">'
    )
    title = "<title>Packages of creditapp by layer, and the imports between them</title>"
    return "\n".join([start, title, *shapes, "</svg>"]) + "\n"


def _heading(matrix: int) -> list[str]:
    lines = (
        "Layers from top to bottom; packages of one band are in one layer and do not import each other.",
        "A number: how often modules of the row's package import modules of the column's package.",
        "Imports go down only, so nothing is below the diagonal.",
    )
    return [
        _text(LEFT, 24, "creditapp: packages and imports", 'font-size="16" font-weight="bold"'),
        *(_text(LEFT, 48 + 18 * number, line) for number, line in enumerate(lines)),
        _text(matrix - 6, TOP - 6, "imports …", f'text-anchor="end" fill="{PALE}"'),
    ]


def _row(number: int, package: Package, width: int) -> list[str]:
    """A band behind every second layer, the package's box, and its purpose."""
    y = TOP + number * ROW
    shapes = []
    if package.layer % 2 == 0:
        shapes.append(
            f'<rect x="{LEFT - 6}" y="{y}" width="{width - LEFT - 2}" height="{ROW}" fill="{BAND}"/>'
        )
    shapes.append(
        f'<rect x="{LEFT}" y="{y + 3}" width="{BOX - 10}" height="{ROW - 6}" rx="3" '
        f'fill="#ffffff" stroke="{LINE}"/>'
    )
    shapes.append(_text(LEFT + 8, y + 18, package.name, 'font-weight="bold"'))
    shapes.append(_text(LEFT + BOX, y + 18, package.purpose))
    return shapes


def _column(x: int, package: Package) -> list[str]:
    turned = f'transform="rotate(-60 {x + 18} {TOP - 6})"'
    return [_text(x + 18, TOP - 6, package.name, turned)]


def _cell(x: int, number: int, count: str, fill: str) -> str:
    y = TOP + number * ROW
    shape = f'<rect x="{x + 1}" y="{y + 1}" width="{ROW - 2}" height="{ROW - 2}" {fill}/>'
    if count:
        shape += _text(x + ROW // 2, y + 18, count, 'text-anchor="middle" font-size="11"')
    return shape


def _text(x: int, y: int, text: str, attributes: str = "") -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{escape(text)}</text>'


def _package(module: str) -> str:
    """The row that a module belongs to; `creditapp` itself is none and imports nothing."""
    root, _, rest = module.partition(".")
    return root if root == TRAINING else rest.partition(".")[0]


def _purpose(name: str) -> str:
    base = ROOT / TRAINING if name == TRAINING else ROOT / "creditapp" / name
    file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text())) or ""
    return docstring.partition("\n")[0]


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(draw())


if __name__ == "__main__":
    main()
