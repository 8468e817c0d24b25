"""Checks what is sent against the served model's inputs, and says what changed in them."""

from typing import Any

from creditapp.applications import schemas
from creditapp.applications.catalogue import Application, Catalogue
from creditapp.applications.differences import differences
from creditapp.applications.portfolio import read_portfolio
from creditapp.applications.schemas import Batch
from creditapp.applications.table import is_application
from creditapp.exceptions import BadCatalogue, InvalidApplication, ModelUnavailable
from creditapp.phrases import Listing, Phrase, marked
from creditapp.serving import cache as model_cache
from creditapp.serving.served_model import ServedModel
from creditapp.settings.current import current_settings

MOST_CHANGES = 20


def load_application(served: ServedModel, data: object) -> Application:
    """Check one application against the inputs of a served model.

    Raises:
        InvalidApplication: it is wrong; if it fits the inputs before, the message says what changed.
    """
    try:
        return schemas.load_application(served.catalogue, data)
    except InvalidApplication as error:
        raise _explained(error, served, data) from error


def load_batch(served: ServedModel, data: object, limit: int) -> Batch:
    """Check a batch against the inputs of a served model.

    Raises:
        InvalidApplication, BatchTooLarge: as `schemas.load_batch`.
    """
    try:
        return schemas.load_batch(served.catalogue, data, limit)
    except InvalidApplication as error:
        raise _explained(error, served, _first_wrong_row(error, data)) from error


def catalogue_in_force() -> Catalogue:
    """The catalogue of the served model; without a model, that of the configured portfolio.

    Raises:
        ModelUnavailable: no model is served, and the portfolio's document cannot be read.
    """
    try:
        return model_cache.current().catalogue
    except ModelUnavailable:
        try:
            return read_portfolio(current_settings().portfolio_folder)
        except (BadCatalogue, OSError):
            raise ModelUnavailable(marked("no model is ready to be served")) from None


def changed_inputs(served: ServedModel, data: object) -> Phrase | None:
    """What changed since an application fitted the inputs before; none if it never did."""
    if served.replaced is None or not is_application(served.replaced, data):
        return None
    changes = differences(served.replaced, served.catalogue)[:MOST_CHANGES]
    return Phrase(
        marked(
            "the application fits the inputs before model version %(version)s; since then: %(changes)s"
        ),
        {"version": served.model_version, "changes": Listing(tuple(changes))},
    )


def _explained(error: InvalidApplication, served: ServedModel, data: object) -> InvalidApplication:
    changes = changed_inputs(served, data)
    if changes is None:
        return error
    return InvalidApplication(
        Listing((error.phrase, changes)),
        error.errors,
    )


def _first_wrong_row(error: InvalidApplication, data: Any) -> object:
    """The first row that is wrong; none if the body is no batch."""
    if not isinstance(error.errors, list):
        return None
    return data["applications"][error.errors[0]["index"]]
