"""Drafts: whatever the cells are, the drafted fields accept them all, and the example too."""

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.exceptions import BadTable
from tests.drafted import fields_of, write_csv
from training.drafts.infer import infer

ROWS = 40
MISSING = st.sampled_from(["", "NA", "?", "null", "unknown", "-", "-1", "999", "-999.0", "no file"])
CELLS = st.one_of(
    st.integers(-5, 120).map(str),
    st.integers(0, 10**17).map(str),
    st.floats(-1e6, 1e6).map(lambda value: f"{value:.2f}"),
    st.floats(-1e9, 1e9).map(repr),
    st.integers(0, 10**6).map(lambda value: f"{value:,}"),
    st.integers(0, 10**6).map(lambda value: f"{value:,}".replace(",", ".") + ",5"),
    st.floats(0, 100).map(lambda value: f"{value:.1f}%"),
    st.dates(date(1890, 1, 1), date(2120, 1, 1)).map(date.isoformat),
    st.dates(date(1950, 1, 1), date(2020, 1, 1)).map(lambda day: f"{day:%d/%m/%Y}"),
    st.dates(date(1950, 1, 1), date(2020, 1, 1)).map(lambda day: f"{day:%b-%Y}"),
    st.sampled_from(["<1 year", "1-4 years", "5+ years", "A1", "B2", "C3", "low", "High"]),
    st.sampled_from(
        ["yes", "no", "Yes", "Y", "N", "0", "1", "01", "true", " a ", "b\nc", '"', "é"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)


@st.composite
def columns(draw: st.DrawFn) -> list[str]:
    """A column of few or many different cells, of one or several kinds."""
    pool = draw(st.lists(CELLS, min_size=1, max_size=30))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(CELLS.original_strategies))
        pool = draw(st.lists(kind, min_size=1, max_size=30))
    pool += draw(st.lists(MISSING, max_size=3))
    return draw(st.lists(st.sampled_from(pool), min_size=ROWS, max_size=ROWS))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cells=st.lists(columns(), min_size=1, max_size=3), separator=st.sampled_from(",;\t"))
def test_a_draft_accepts_its_own_data(cells: list[list[str]], separator: str) -> None:
    """Each cell is a missing code, or a value of its field's type, categories and limits."""
    bad = ["1" if row % 3 else "0" for row in range(ROWS)]
    table = {f"x{place}": column for place, column in enumerate(cells)}
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "in.csv", {**table, "bad": bad}, separator)
        try:
            infer(path, "bad", ["1"], Path(folder) / "out")
        except BadTable:
            # why: there may be nothing to score by, such as constants alone.
            return
        document = yaml.safe_load((Path(folder) / "out" / "datapackage.yaml").read_text("utf-8"))
    fields = fields_of(document)
    scored = {name for name, field in fields.items() if "role" not in field.get("creditapp", {})}
    assert set(document["creditapp"]["example"]) == scored
    for name in scored:
        assert_accepts(fields[name], document["creditapp"]["example"][name], table[name])


def assert_accepts(field: dict[str, Any], example: Any, cells: list[str]) -> None:
    """Fail for a cell, or an example, that the field refuses."""
    assert field["type"] != "string" or field["categories"]
    codes = {code["value"] for code in field.get("missingValues", [{"value": ""}])}
    constraints = field.get("constraints", {})
    assert not (constraints.get("required") and "" in field.get("missingValues", []))
    for cell in (text.strip() for text in cells):
        if cell not in codes:
            assert_accepts_value(field, value_of(field, cell))
        assert cell or not constraints.get("required")
    assert_accepts_value(field, date.fromisoformat(example) if field["type"] == "date" else example)


def assert_accepts_value(field: dict[str, Any], value: Any) -> None:
    """Fail for a value that is outside of the categories or limits."""
    if "categories" in field:
        assert value in field["categories"]
    constraints = field.get("constraints", {})
    if "minimum" in constraints:
        assert constraints["minimum"] <= value <= constraints["maximum"]
    expected = {"integer": int, "boolean": bool, "string": str, "date": date}
    assert isinstance(value, expected.get(field["type"], (int, float)))


def value_of(field: dict[str, Any], cell: str) -> Any:
    """A cell as Table Schema reads it."""
    if field["type"] == "boolean":
        true, false = field.get("trueValues", ["true"]), field.get("falseValues", ["false"])
        assert cell in [*true, *false]
        return cell in true
    if field["type"] == "date":
        if "format" not in field:
            return date.fromisoformat(cell)
        return datetime.strptime(cell, field["format"]).date()  # noqa: DTZ007
    if field["type"] == "string":
        return cell
    if not field.get("bareNumber", True):
        cell = cell.strip("%$€ ")
    plain = cell.replace(field.get("groupChar", "\0"), "").replace(
        field.get("decimalChar", "."), "."
    )
    return int(plain) if field["type"] == "integer" else float(plain)
