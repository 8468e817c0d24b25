"""The chapters of a written report, from its document."""

from training.validation import findings, origins, performance
from training.validation.chapter import Chapter
from training.validation.report import Report

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
    findings.fairness,
    origins.parity,
    origins.tried,
    origins.limits,
)


def chapters(report: Report) -> list[Chapter]:
    """All chapters in their order."""
    return [make(report) for make in CHAPTERS]
