"""What the pages know of a registry, without asking one."""

from flask import Flask

from creditapp.serving import registry_copies, registry_listing
from tests.reports import report_of


def known(app: Flask, slope: float) -> None:
    """Let the pages know of two versions, whose reports have the same slope of the calibration."""
    rest = {"uses_protected": False, "created_at": "2026-11-27 10:00:00", "validation": {}}
    rest |= {"promoted_at": "", "exclusion_difference": None, "overridden": []}
    stages = {"2": "Staging", "1": "Production"}
    with app.app_context():
        registry_listing.keep_versions(
            [
                {"version": version, "stage": stage, "family": "scorecard", "digest": "x", **rest}
                for version, stage in stages.items()
            ]
        )
        for version in stages:
            report = report_of(version, "x", slope=slope)
            registry_copies.keep(f"documents {version}", {"report": report, "points_table": None})
