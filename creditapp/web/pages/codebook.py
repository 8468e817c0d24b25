"""The code book: every field, code and meaning."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template

from creditapp.applications.questions import Answer
from creditapp.exceptions import ModelUnavailable
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.web.access import OFFICERS_OR_LOCAL, open_to
from creditapp.web.intake import catalogue_in_force

blueprint = Blueprint("codebook", __name__)


@blueprint.get("/codebook")
@open_to(OFFICERS_OR_LOCAL)
def overview() -> str:
    """Show every field with its codes, their meanings, and the labels once published."""
    served = _served()
    return render_template(
        "codebook.html",
        catalogue=served.catalogue if served else catalogue_in_force(),
        metadata=served and served.metadata,
        row_of=_row_of,
        protected_used=served.protected_used if served else (),
    )


def _row_of(observed: Sequence[Mapping[str, Any]], code: Answer) -> Mapping[str, Any] | None:
    """How often a code was counted in the data; none if it was not counted."""
    return next((row for row in observed if "answer" in row and row["answer"] == code), None)


def _served() -> ServedModel | None:
    """The served model; the code book is also shown without one."""
    try:
        return model_cache.current()
    except ModelUnavailable:
        return None
