"""The code book: every field, code and meaning."""

from flask import Blueprint, render_template

from creditapp.applications.catalogue import BY_NAME, QUESTIONS, RECORDED
from creditapp.exceptions import ModelUnavailable
from creditapp.scoring.bundle import Metadata
from creditapp.serving import cache as model_cache
from creditapp.web.access import OFFICERS_OR_LOCAL, open_to

blueprint = Blueprint("codebook", __name__)


@blueprint.get("/codebook")
@open_to(OFFICERS_OR_LOCAL)
def overview() -> str:
    """Show every field with its codes, their meanings, and the labels once published."""
    return render_template(
        "codebook.html",
        questions=QUESTIONS,
        by_name=BY_NAME,
        recorded=RECORDED,
        metadata=_served_metadata(),
    )


def _served_metadata() -> Metadata | None:
    """The served model's metadata; the code book is also shown without a model."""
    try:
        return model_cache.current().metadata
    except ModelUnavailable:
        return None
