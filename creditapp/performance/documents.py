"""Writes a report as JSON and reads it again."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from creditapp.intervals import Mean
from creditapp.performance.estimates import Check
from creditapp.performance.measures import Band, Figures
from creditapp.performance.recent import Limited, Recent
from creditapp.performance.report import Report, Row
from creditapp.phrases import LocalText, Phrase

FORMAT = 1
"""Raise it when the report gets other parts: older documents are made anew then."""


def write(value: Any) -> Any:
    """A report, or a part of one, as JSON holds it; a number that is not known becomes null."""
    match value:
        case LocalText() | Phrase():
            return _write_label(value)
        case tuple() if hasattr(value, "_asdict"):
            return write(value._asdict())
        case Mapping():
            return {key: write(one) for key, one in value.items()}
        case list() | tuple():
            return [write(one) for one in value]
    return _write_number(value)


def _write_label(label: LocalText | Phrase) -> dict[str, Any]:
    if isinstance(label, Phrase):
        return {"template": label.template, "values": write(label.values)}
    return {"text": str(label), "translations": dict(label.translations)}


def _write_number(value: Any) -> Any:
    match value:
        case float():
            return None if math.isnan(value) else value
        case datetime():
            return value.isoformat()
        case Mean():
            return {"value": write(value.value), "interval": write(value.interval)}
    return value


def read(document: Mapping[str, Any]) -> Report:
    """The report that was written."""
    check = document["check"]
    return Report(
        made_at=datetime.fromisoformat(document["made_at"]),
        generation=document["generation"],
        overall=_figures(document["overall"]),
        bands=[Band(**one) for one in document["bands"]],
        months=_rows(document["months"]),
        by_record={name: _rows(rows) for name, rows in document["by_record"].items()},
        by_answer={name: _rows(rows) for name, rows in document["by_answer"].items()},
        check=Check(**{**_known(check), "auc": _mean(check["auc"])}) if check else None,
        recent=Recent(**{name: Limited(**_known(one)) for name, one in document["recent"].items()}),
    )


def _rows(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    return [Row(_label(row["label"]), _figures(row["figures"])) for row in rows]


def _figures(document: Mapping[str, Any]) -> Figures:
    return Figures(**_known(document))


def _known(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in document.items()}


def _mean(document: Mapping[str, Any]) -> Mean:
    low, high = document["interval"]
    return Mean(**_known({"value": document["value"]}), interval=(low, high))


def _label(label: Any) -> Any:
    match label:
        case {"text": text, "translations": translations}:
            return LocalText(text, translations)
        case {"template": template, "values": values}:
            return Phrase(template, {name: _label(one) for name, one in values.items()})
    return label
