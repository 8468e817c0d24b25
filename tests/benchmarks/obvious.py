"""The yardstick: the same model served the obvious way, the fitted pipeline called once per application.

It checks nothing, records nothing and counts nothing, and so has the easier job.
"""

import os

import pandas as pd
from flask import Flask, request

from creditapp.settings.paths import ROOT
from tests.portfolios import GERMAN
from training import dataset, pipeline

split = dataset.split(dataset.load(GERMAN, ROOT / "data" / "estadistical.csv"))
model = pipeline.build(GERMAN).fit(split.training.features, split.training.target)
model.named_steps["classifier"].n_jobs = int(os.environ.get("N_JOBS", "1"))
columns = list(split.training.features.columns)

app = Flask(__name__)


@app.get("/api/live")
def live() -> dict[str, str]:
    """Whether it runs."""
    return {"status": "alive"}


@app.post("/api/predict")
def predict() -> dict[str, float]:
    """Score one application."""
    bad, good = model.predict_proba(pd.DataFrame([request.get_json()])[columns])[0]
    return {"probability_good_credit": float(good), "probability_bad_credit": float(bad)}
