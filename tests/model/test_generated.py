"""For any catalogue, the bundle encodes and scores like the fitted pipeline."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.table import application_of
from creditapp.explanations.alternatives import alternatives
from creditapp.explanations.reasons import verify_explainer
from creditapp.policy.definition import Policy
from creditapp.scoring.bundle import Bundle
from creditapp.scoring.encoder import Encoder
from creditapp.scoring.verification import verify
from tests.catalogues import catalogues, valid_rows
from training.dataset import Dataset, split_at_random
from training.estimators.families import FAMILIES
from training.export import Origin, make_bundle

ROWS = 40


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_portfolio_is_trained_scored_and_explained(data: st.DataObject) -> None:
    """By any family: encoder and preprocessor agree, and scores, reasons and alternatives can be had."""
    catalogue = data.draw(catalogues())
    rows = data.draw(st.lists(valid_rows(catalogue), min_size=4, max_size=ROWS))
    rows = [_as_measured(catalogue, rows[place % len(rows)]) for place in range(ROWS)]
    answers = [
        {**application_of(catalogue, row).answers, **_day(catalogue.implied_day)} for row in rows
    ]
    names = [*catalogue.names_to_score]
    columns = {name: [row[name] for row in answers] for name in names}
    target = pd.Series([place % 3 > 0 for place in range(ROWS)], name="good").astype(int)
    split = split_at_random(Dataset(catalogue, columns, target))
    family = data.draw(st.sampled_from([*FAMILIES.values()]))
    fitted = family.fit(split.training)
    inputs = family.export(fitted, catalogue).inputs
    if not family.tables:
        expected = fitted.named_steps["preprocessor"].transform(split.held_out.features)
        encoded = Encoder.from_inputs(inputs).encode(split.held_out.columns)
        assert np.array_equal(encoded, np.asarray(expected, dtype=np.float32))
    bundle, parity = make_bundle(fitted, split, {}, Origin("run", "now"), family)
    assert parity.largest_difference <= 1e-6
    loaded = Bundle.unpack(bundle.pack())
    scorer = verify(loaded)
    explainer = verify_explainer(loaded, scorer)
    policy = Policy("strict", 0.99, 0.98)
    for row in split.held_out.rows()[:5]:
        application = Application(row)
        [score] = scorer.score([application])
        assert score.outside_training == () or set(score.outside_training) <= set(inputs)
        explainer.reasons(application, score, policy)
        alternatives(application, scorer, policy)


def _as_measured(catalogue: Catalogue, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its numbers to six decimals: standardised by less, others do not fit in 32 bits."""
    measured = {
        name: round(answer, 6) if isinstance(answer, float) else answer
        for name, answer in row.items()
    }
    return {
        name: answer if catalogue.by_name[name].accepts(answer) else row[name]
        for name, answer in measured.items()
        if name in catalogue.by_name
    }


def _day(implied: bool) -> dict[str, str]:
    return {"application_date": "2024-06-30"} if implied else {}
