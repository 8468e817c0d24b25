"""The route that Prometheus scrapes."""

from contextlib import suppress

from flask import Blueprint, Response

from creditapp.exceptions import DatabaseUnavailable
from creditapp.observability import metrics
from creditapp.retention import status as retention_status
from creditapp.seals import status as seal_status
from creditapp.settings.current import current_settings
from creditapp.web.access import MONITORING_ONLY, open_to

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@open_to(MONITORING_ONLY)
def show() -> Response:
    """Answer all metrics in the Prometheus text format, summed over all workers."""
    # why: a scrape that waits for the database a second time would come too late to tell of it.
    with suppress(DatabaseUnavailable):
        seal_status.export()
        retention_status.export(current_settings())
    return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
