"""The chapters of a written report, from its document."""

from creditapp.reports import findings, origins, performance, selection
from creditapp.reports.chapter import Chapter, Report

CHAPTERS = (
    origins.model,
    origins.data,
    performance.measures,
    performance.calibration,
    performance.decisions,
    performance.benchmarks,
    performance.learning_curve,
    findings.stability,
    findings.segments,
    findings.importance,
    findings.directions,
    findings.reasons,
    findings.fairness,
    origins.parity,
    origins.tried,
    origins.limits,
)


def chapters(report: Report) -> list[Chapter]:
    """All chapters in their order; that on own decisions if the model was trained on them."""
    first, *others = [make(report) for make in CHAPTERS]
    # why: reports from before this chapter do not have its part.
    on_selection = [selection.own_book(report)] if report.get("selection") else []
    return [first, *on_selection, *others]
