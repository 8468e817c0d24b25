"""One rule of the policy as a row of a form."""

from typing import Any

from flask_babel import get_locale, gettext, lazy_gettext
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Question, as_shown, number_from_text
from creditapp.policy.definition import Outcome, Rule
from creditapp.web.pages.typed import shown_number
from creditapp.web.phrasing import phrase
from creditapp.web.typed_numbers import plain_number


class RuleForm(Form):  # type: ignore[misc]
    """One rule; without a feature it is none."""

    feature = SelectField(lazy_gettext("Answer to"), validate_choice=False)
    over = StringField(lazy_gettext("Over"))
    under = StringField(lazy_gettext("Or under"))
    codes = StringField(lazy_gettext("Or one of these codes, separated by commas"))
    outcome = SelectField(
        lazy_gettext("Decision"),
        default=Outcome.REFER.value,
        validate_choice=False,
        choices=[
            SelectChoice(Outcome.REFER.value, lazy_gettext("Refer to a person")),
            SelectChoice(Outcome.DECLINE.value, lazy_gettext("Decline")),
        ],
    )
    text = StringField(lazy_gettext("Reason for the applicant"))

    def document(self, catalogue: Catalogue) -> dict[str, Any]:
        """The rule as people write it in JSON, from the fields that are filled in."""
        question = catalogue.by_name.get(self.feature.data)
        limits = {
            key: _limit(text)
            for key in ("over", "under")
            if (text := (self[key].data or "").strip())
        }
        codes = (self.codes.data or "").strip()
        listed = {"codes": [_code(question, one.strip()) for one in codes.split(",")]}
        return {
            "feature": self.feature.data,
            "outcome": self.outcome.data,
            "text": self.text.data,
            **limits,
            **(listed if codes else {}),
        }


def _limit(text: str) -> Answer:
    """The number that was typed in the page's language; the text itself if it is none, or could mean two."""
    plain = plain_number(text, get_locale())
    return text if plain is None else number_from_text(plain)


def _code(question: Question | None, text: str) -> Answer:
    """The code that a text stands for, as messages show it; the text itself if it is none."""
    if question is None:
        return text
    answers = question.all_answers if isinstance(question, Choice) else question.missing_answers
    return {as_shown(answer): answer for answer in answers}.get(text, text)


def rule_texts(rule: Rule) -> dict[str, str]:
    """A rule as the texts of its fields."""
    limits = {"over": rule.over, "under": rule.under}
    return {
        "feature": rule.feature,
        **{key: "" if limit is None else shown_number(limit) for key, limit in limits.items()},
        "codes": ", ".join(map(as_shown, rule.codes)),
        "outcome": rule.outcome.value,
        "text": rule.text,
    }


def feature_choices(catalogue: Catalogue) -> list[SelectChoice]:
    """The features that a rule may use, after the choice of no rule."""
    usable = [one for one in catalogue.features if not one.protected]
    return [
        SelectChoice("", gettext("no rule")),
        *(SelectChoice(one.name, str(phrase(one.label))) for one in usable),
    ]
