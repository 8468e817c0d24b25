"""The portfolios that the tests use."""

from creditapp.applications.portfolio import read_portfolio
from creditapp.settings.paths import ROOT

GERMAN_FOLDER = ROOT / "data"
GERMAN = read_portfolio(GERMAN_FOLDER)

FEATURES = GERMAN.features
RECORDED = GERMAN.recorded
QUESTIONS = GERMAN.questions
BY_NAME = GERMAN.by_name
FEATURE_NAMES = GERMAN.feature_names
PROTECTED = GERMAN.protected
EXAMPLE = GERMAN.example

TAIWAN_FOLDER = ROOT / "data" / "taiwan"
TAIWAN = read_portfolio(TAIWAN_FOLDER)
