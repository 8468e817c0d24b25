"""The default training with what explains it, for tests and pictures of reasons."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import FEATURE_NAMES, Application
from creditapp.explanations.reasons import GROUP, Explainer, Reason, checked_explainer
from creditapp.policy.definition import DEFAULT_POLICY
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Score, Scorer
from creditapp.scoring.verification import verify
from creditapp.settings.paths import ROOT
from training import dataset, pipeline
from training.export import Origin, make_bundle

CUT_OFF = DEFAULT_POLICY.low_risk_from


class Explained(NamedTuple):
    """A trained model with what explains it, and the held-out applications."""

    pipeline: Pipeline
    bundle: Bundle
    scorer: Scorer
    explainer: Explainer
    applications: list[Application]
    scores: list[Score]

    def adverse(self) -> list[tuple[Application, Score]]:
        """The held-out applications that the score keeps from approval."""
        both = zip(self.applications, self.scores, strict=True)
        return [(one, score) for one, score in both if score.probability_good < CUT_OFF]

    def group(self, cut_off: float) -> tuple[list[Application], list[float]]:
        """The held-out rows at or just above a cut-off, or the best where few reach it, with their scores."""
        both = zip(self.applications, self.scores, strict=True)
        ordered = sorted(both, key=lambda pair: pair[1].probability_good)
        reached = [pair for pair in ordered if pair[1].probability_good >= cut_off]
        chosen = reached[:GROUP] if len(reached) >= GROUP else ordered[-GROUP:]
        return [pair[0] for pair in chosen], [pair[1].probability_good for pair in chosen]

    def reasons(self, application: Application, score: Score) -> tuple[Reason, ...]:
        """The reasons under the policy in force."""
        return self.explainer.reasons(application, score, DEFAULT_POLICY)

    def encoded(self, columns: Any) -> Any:
        """Rows as the forest sees them, by the fitted pipeline itself."""
        frame = pd.DataFrame(dict(columns))[list(FEATURE_NAMES)]
        return self.pipeline.named_steps["preprocessor"].transform(frame).astype(np.float32)


def explain_the_default() -> Explained:
    """The project's own data and pipeline, fitted anew."""
    split = dataset.split(dataset.load(ROOT / "data" / "estadistical.csv"))
    fitted = pipeline.build().fit(split.training.features, split.training.target)
    bundle = make_bundle(fitted, split, {}, Origin("run", "now"))[0]
    bundle = Bundle.unpack(bundle.pack())
    scorer = verify(bundle)
    columns = {name: split.held_out.features[name].tolist() for name in FEATURE_NAMES}
    rows = zip(*columns.values(), strict=True)
    applications = [Application(dict(zip(columns, row, strict=True))) for row in rows]
    explainer = checked_explainer(bundle, scorer)
    scores = scorer.score(applications)
    return Explained(fitted, bundle, scorer, explainer, applications, scores)
