"""Draws the pictures of `docs/decisions-explained.md`: from the group's mean to the applicant's score.

`python -m tests.pictures` draws them anew and prints the worked examples' reasons.
"""

from statistics import fmean
from typing import NamedTuple

import matplotlib

from creditapp.applications.catalogue import BY_NAME, PROTECTED, Application
from creditapp.explanations.reasons import Reason
from creditapp.scoring.scorer import Score
from creditapp.settings.paths import ROOT
from tests.explained import CUT_OFF, Explained, explain_the_default

SHOWN = 9
"""So many answers have a bar of their own; the others share one."""

EXAMPLES = {
    "large-and-long": {"Credit amount": 14027.0, "Duration in month": 60.0},
    "young": {"Credit amount": 983.0, "Age in years": 19.0},
    "small": {"Credit amount": 590.0, "Duration in month": 6.0},
}
"""The worked examples, each by what no other held-out row has together."""

NAMED, SHIELDED, AGAINST, IN_FAVOUR = "#a8321e", "#7a7a7a", "#dcb3aa", "#2f6f55"
MEANING = {
    NAMED: "named as a reason",
    AGAINST: "lowers the score, not named",
    IN_FAVOUR: "raises the score",
    SHIELDED: "protected, never named",
}


class Example(NamedTuple):
    """An applicant of the held-out rows."""

    application: Application
    score: Score
    reasons: tuple[Reason, ...]
    effects: dict[str, float]


def example(explained: Explained, known_by: dict[str, float]) -> Example:
    """The one row with these answers."""
    [(application, score)] = [
        (one, score)
        for one, score in explained.adverse()
        if known_by.items() <= one.answers.items()
    ]
    reasons = explained.reasons(application, score)
    return Example(
        application, score, reasons, explained.explainer.contributions(application, CUT_OFF)
    )


def told(one: Example) -> list[str]:
    """Its reasons as the document gives them: the words, and what the answer adds."""
    return [
        f"{reason.worded(str)['text']} ({one.effects[reason.feature]:.3f})"
        for reason in one.reasons
    ]


def draw(name: str, one: Example, mean: float) -> None:
    """A bar for each of the heaviest answers, one after the other, and one for what is left."""
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    heaviest = sorted(one.effects, key=lambda feature: -abs(one.effects[feature]))[:SHOWN]
    rest = sum(effect for feature, effect in one.effects.items() if feature not in heaviest)
    labels = [BY_NAME[feature].label for feature in heaviest]
    effects = [one.effects[feature] for feature in heaviest]
    named = {reason.feature for reason in one.reasons}
    colours = [_colour(feature, one.effects[feature], named) for feature in heaviest]
    figure, axes = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
    at = mean
    for row, (effect, colour) in enumerate(
        zip([*effects, rest], [*colours, _colour("", rest, named)], strict=True)
    ):
        axes.barh(row, effect, left=at, color=colour)
        axes.annotate(
            f"{effect:+.3f}",
            (max(at, at + effect), row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
        at += effect
    axes.set_yticks(range(SHOWN + 1), [*labels, f"the other {len(one.effects) - SHOWN} answers"])
    axes.invert_yaxis()
    axes.axvline(mean, color="black", linewidth=0.8, linestyle=":")
    axes.axvline(one.score.probability_good, color="black", linewidth=0.8)
    axes.use_sticky_edges = False
    axes.margins(x=0.1)
    patches = [Patch(color=colour, label=meaning) for colour, meaning in MEANING.items()]
    figure.legend(handles=patches, fontsize=8, frameon=False, loc="outside upper center", ncols=4)
    axes.set_xlabel(
        f"from the group's mean, {mean:.3f}, to the score, {one.score.probability_good:.3f}"
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(ROOT / "docs" / f"reasons-{name}.svg", metadata={"Date": None})
    pyplot.close(figure)


def _colour(feature: str, effect: float, named: set[str]) -> str:
    if feature in named:
        return NAMED
    if feature in PROTECTED:
        return SHIELDED
    return AGAINST if effect < 0 else IN_FAVOUR


def main() -> None:
    """Draw each example and print its reasons."""
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "creditapp", "svg.fonttype": "path"})
    explained = explain_the_default()
    mean = fmean(explained.group(CUT_OFF)[1])
    for name, known_by in EXAMPLES.items():
        one = example(explained, known_by)
        draw(name, one, mean)
        print(f"{name}, score {one.score.probability_good:.3f}:", *told(one), sep="\n  ")


if __name__ == "__main__":
    main()
