"""Another model than the one that is served, for tests that need two."""

from datetime import UTC, datetime
from functools import cache

from creditapp.scoring.bundle import Bundle
from creditapp.settings.paths import ROOT
from tests.portfolios import GERMAN
from training import dataset, pipeline
from training.export import Origin, make_bundle


@cache
def other_bundle() -> Bundle:
    """A forest without the protected answers, on the project's own data."""
    split = dataset.split(dataset.load(GERMAN, ROOT / "data" / "estadistical.csv"))
    built = pipeline.build(GERMAN, protected=False)
    fitted = built.fit(split.training.features, split.training.target)
    return make_bundle(fitted, split, {}, Origin("run", datetime.now(UTC).isoformat()))[0]
