"""Numbers in forms, read and shown as people of the page's language write them."""

import math
from collections.abc import Sequence
from typing import Any

from flask_babel import get_locale, gettext
from wtforms import FloatField
from wtforms.widgets import TextInput

from creditapp.web.typed_numbers import as_typed, plain_number


def typed_number(text: str) -> float | None:
    """The number that a person typed; none if it is no finite number, or could mean two."""
    plain = plain_number(text, get_locale())
    try:
        number = float(plain) if plain is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def shown_number(number: float) -> str:
    """A number as a person of the page's language would type it; `typed_number` gives it back."""
    short = f"{number:g}"
    return as_typed(short if float(short) == number else repr(number), get_locale())


class TypedNumberField(FloatField):  # type: ignore[misc]
    """A number that is typed in the page's language."""

    # why: a number field of a browser shows nothing for 0,7, and drops a comma that is typed.
    widget = TextInput()
    data: Any

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed."""
        if not valuelist:
            return
        self.data = typed_number(valuelist[0])
        if self.data is None:
            raise ValueError(gettext("This is not a number."))

    @property
    def typed(self) -> str:
        """The number as it was typed, or as a person of the page's language types it."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else shown_number(self.data)

    def _value(self) -> str:
        return self.typed
