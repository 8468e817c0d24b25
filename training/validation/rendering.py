"""Writes a validation report as files: JSON, one HTML page, Markdown, and its plots."""

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from training.validation.chapters import chapters
from training.validation.plots import plots
from training.validation.report import Report

TEMPLATES = Path(__file__).parent / "templates"


def files_of(report: Report) -> dict[str, str]:
    """The report's files by their names."""
    drawn = plots(report)
    return {
        "report.json": json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False),
        "report.html": as_html(report, drawn),
        "report.md": as_markdown(report),
        **{f"plots/{name}.svg": drawing for name, drawing in drawn.items()},
    }


def metrics_of(report: Report) -> dict[str, float]:
    """The figures by which versions are compared, with the limits of their intervals."""
    return {
        f"{name}{suffix}": figures[key]
        for name, figures in report["measures"].items()
        for key, suffix in (("mean", ""), ("low", "_low"), ("high", "_high"))
        if figures[key] is not None
    }


def as_html(report: Report, drawn: dict[str, str]) -> str:
    """The report as one page without links to other files, with its plots inside."""
    drawings = {name: Markup(drawing) for name, drawing in drawn.items()}  # noqa: S704 - drawn here
    return _write("report.html", report, drawings)


def as_markdown(report: Report) -> str:
    """The report as Markdown, without plots."""
    return _write("report.md", report, {})


def _write(template: str, report: Report, drawings: dict[str, Markup]) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=template.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|").replace("\n", " ")
    written = environment.get_template(template)
    return written.render(report=report, chapters=chapters(report), drawings=drawings)
