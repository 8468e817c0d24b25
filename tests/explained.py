"""The default model with its explainer, for tests and pictures of reasons."""

import io
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from creditapp.applications.catalogue import Application
from creditapp.explanations.reasons import Explainer, Reason, verify_explainer
from creditapp.policy.definition import DEFAULT_POLICY
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.scorer import Score, Scorer
from creditapp.scoring.verification import verify
from creditapp.settings.paths import ROOT
from tests.portfolios import FEATURE_NAMES, GERMAN
from training import dataset, pipeline
from training.export import Origin, make_bundle
from training.frame import frame_of

CUT_OFF = DEFAULT_POLICY.low_risk_from


class Explained(NamedTuple):
    """A trained model, its explainer, and the held-out applications with their scores."""

    pipeline: Pipeline
    bundle: Bundle
    scorer: Scorer
    explainer: Explainer
    applications: list[Application]
    scores: list[Score]

    def adverse(self) -> list[tuple[Application, Score]]:
        """The held-out applications that score below the cut-off for approval."""
        cases = zip(self.applications, self.scores, strict=True)
        return [case for case in cases if case[1].probability_good < CUT_OFF]

    def group(self, cut_off: float) -> dict[str, list[Any]]:
        """The reference group's answers, read from the bundle's hold-out without the explainer."""
        rows = pd.read_csv(io.StringIO(self.bundle.holdout))
        columns = {name: rows[name].tolist() for name in FEATURE_NAMES}
        order = np.argsort(self.scorer.probabilities(columns), kind="stable")
        group = order[self.explainer.group(cut_off)]
        return {name: [answers[row] for row in group] for name, answers in columns.items()}

    def reasons(self, application: Application, score: Score) -> tuple[Reason, ...]:
        """The reasons under the default policy."""
        return self.explainer.reasons(application, score, DEFAULT_POLICY)

    def encoded(self, columns: Any) -> Any:
        """Rows encoded for the forest by the fitted pipeline itself."""
        frame = frame_of(GERMAN, columns)
        return self.pipeline.named_steps["preprocessor"].transform(frame).astype(np.float32)


def explain_the_default() -> Explained:
    """Train the default model on the project's data, and make its explainer."""
    split = dataset.split(dataset.load(GERMAN, ROOT / "data" / "estadistical.csv"))
    fitted = pipeline.build(GERMAN).fit(split.training.features, split.training.target)
    bundle = make_bundle(fitted, split, {}, Origin("run", "now"))[0]
    bundle = Bundle.unpack(bundle.pack())
    scorer = verify(bundle)
    applications = [Application(row) for row in split.held_out.rows()]
    explainer = verify_explainer(bundle, scorer)
    scores = scorer.score(applications)
    return Explained(fitted, bundle, scorer, explainer, applications, scores)
