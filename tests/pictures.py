"""Draws the pictures of `docs/decisions-explained.md`: from the group's mean to the applicant's score.

`python -m tests.pictures` draws them again and prints the reasons of the worked examples.
"""

from typing import NamedTuple

import matplotlib

from creditapp.applications.catalogue import Application
from creditapp.explanations.reasons import Reason
from creditapp.scoring.scorer import Score
from creditapp.settings.paths import ROOT
from tests.explained import CUT_OFF, Explained, explain_the_default
from tests.portfolios import BY_NAME, PROTECTED

BARS = 9
"""This many answers have a bar of their own; the remaining answers share one bar."""

EXAMPLES = {
    "large-and-long": {"Credit amount": 14027.0, "Duration in month": 60.0},
    "young": {"Credit amount": 983.0, "Age in years": 19.0},
    "small": {"Credit amount": 590.0, "Duration in month": 6.0},
}
"""The worked examples, each with answers that together identify one held-out row."""

NAMED, SHIELDED, AGAINST, IN_FAVOUR = "#a8321e", "#7a7a7a", "#dcb3aa", "#2f6f55"
MEANING = {
    NAMED: "named as a reason",
    AGAINST: "lowers the score, not named",
    IN_FAVOUR: "raises the score",
    SHIELDED: "protected, never named",
}


class Example(NamedTuple):
    """A held-out application with its score, its reasons, and the effect of each answer."""

    application: Application
    score: Score
    reasons: tuple[Reason, ...]
    effects: dict[str, float]


def find_example(explained: Explained, answers: dict[str, float]) -> Example:
    """Find the held-out application with these answers, and explain it."""
    [(application, score)] = [
        case for case in explained.adverse() if answers.items() <= case[0].answers.items()
    ]
    reasons = explained.reasons(application, score)
    return Example(
        application, score, reasons, explained.explainer.contributions(application, CUT_OFF)
    )


def reason_lines(example: Example) -> list[str]:
    """The reasons as the document gives them: the text, and the effect of the answer."""
    return [
        f"{reason.worded(str)['text']} ({example.effects[reason.feature]:.3f})"
        for reason in example.reasons
    ]


def draw(name: str, example: Example, mean: float) -> None:
    """Draw a bar for each answer with a large effect, and one bar for all remaining answers."""
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    all_effects = example.effects
    heaviest = sorted(all_effects, key=lambda feature: -abs(all_effects[feature]))[:BARS]
    rest = sum(effect for feature, effect in all_effects.items() if feature not in heaviest)
    labels = [BY_NAME[feature].label for feature in heaviest]
    effects = [all_effects[feature] for feature in heaviest]
    named = {reason.feature for reason in example.reasons}
    colours = [_colour(feature, all_effects[feature], named) for feature in heaviest]
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
    axes.set_yticks(range(BARS + 1), [*labels, f"the other {len(all_effects) - BARS} answers"])
    axes.invert_yaxis()
    axes.axvline(mean, color="black", linewidth=0.8, linestyle=":")
    axes.axvline(example.score.probability_good, color="black", linewidth=0.8)
    axes.use_sticky_edges = False
    axes.margins(x=0.1)
    patches = [Patch(color=colour, label=meaning) for colour, meaning in MEANING.items()]
    figure.legend(handles=patches, fontsize=8, frameon=False, loc="outside upper center", ncols=4)
    axes.set_xlabel(
        f"from the group's mean, {mean:.3f}, to the score, {example.score.probability_good:.3f}"
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
    mean = float(explained.scorer.probabilities(explained.group(CUT_OFF)).mean())
    for name, answers in EXAMPLES.items():
        example = find_example(explained, answers)
        draw(name, example, mean)
        score = example.score.probability_good
        print(f"{name}, score {score:.3f}:", *reason_lines(example), sep="\n  ")


if __name__ == "__main__":
    main()
