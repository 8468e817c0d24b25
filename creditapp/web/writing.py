"""How pages write numbers, days and times: as the reader's language does; English as ISO 8601 does."""

from datetime import UTC, date, datetime

from flask import Flask
from flask_babel import format_date, get_locale

from creditapp.applications.localisation import in_readers_figures
from creditapp.applications.questions import Answer, as_shown
from creditapp.web.typed_numbers import write_quantity

MINUTE = "%Y-%m-%d %H:%M"


def init_app(app: Flask) -> None:
    """Give templates the filters that write numbers, answers, days and times."""
    app.jinja_env.filters.update(figure=figure, grouped=grouped, day=day, moment=moment)
    app.jinja_env.filters.update(as_shown=answer_as_shown, as_quantity=write_quantity)


def figure(form: str, value: object) -> str:
    """A number by a form of `%`, such as `%.3f`, with the marks of the reader's language."""
    return in_readers_figures(form % value)


def grouped(number: float) -> str:
    """A whole number with marks between its thousands."""
    return in_readers_figures(f"{number:,.0f}")


def day(when: date | str) -> str:
    """A day, given as one or as YYYY-MM-DD: 2026-11-27 or 27 novembre 2026."""
    if _is_english():
        return str(when)
    on = date.fromisoformat(when) if isinstance(when, str) else when
    return str(format_date(on, "long", rebase=False))


def answer_as_shown(answer: Answer) -> str:
    """A code as it is; a number with the marks of the reader's language."""
    text = as_shown(answer)
    return in_readers_figures(text) if isinstance(answer, float) else text


def moment(time: datetime | str, form: str = MINUTE) -> str:
    """A time in UTC, given as one or as a text in UTC; `form` says what English shows."""
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    at = at.astimezone(UTC) if at.tzinfo else at
    if _is_english():
        return f"{at:{form}} UTC"
    clock = "%H:%M:%S" if "%S" in form else "%H:%M"
    return f"{format_date(at, 'medium', rebase=False)} {at:{clock}} UTC"


def _is_english() -> bool:
    locale = get_locale()
    return locale is None or locale.language == "en"
