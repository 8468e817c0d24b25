"""The list of events as a page, and as a file to download."""

from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Response, render_template, request, stream_with_context

from creditapp.identity import audit, event_listing
from creditapp.identity.audit import Action, AuditEvent
from creditapp.identity.event_listing import EventPage, WantedEvents
from creditapp.row_numbers import nearest_row_number
from creditapp.spreadsheets import csv_parts
from creditapp.web import access
from creditapp.web.pages.event_filters import EventFilterForm

PAGE_LENGTH = 50
MOST_EXPORTED = 100_000
COLUMNS = ("time", "who", "what", "subject", "detail", "request_id")

Page = str | tuple[str, int]


def show_page() -> Page:
    """A page of the events that are filtered."""
    form = EventFilterForm(request.args)
    if not form.validate():
        return _page(form, EventPage([], has_newer=False, has_older=False)), 422
    before, after = (_number(name) for name in ("before", "after"))
    return _page(form, event_listing.find_page(form.wanted, before, after, PAGE_LENGTH))


def export() -> Response | Page:
    """The events that are filtered as CSV, at most `MOST_EXPORTED` of them; an event keeps who took them."""
    form = EventFilterForm(request.args)
    if not form.validate():
        return _page(form, EventPage([], has_newer=False, has_older=False)), 422
    filtered = ", ".join(f"{name}: {value}" for name, value in form.parameters.items())
    audit.record(access.current_actor(), Action.DATA_EXPORTED, "events", filtered)
    response = Response(stream_with_context(_lines(form.wanted)), mimetype="text/csv")
    name = f"events-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(wanted: WantedEvents) -> Iterator[bytes]:
    events = event_listing.iterate(wanted, MOST_EXPORTED)
    return csv_parts(COLUMNS, ([_cells(event)] for event in events))


def _cells(event: AuditEvent) -> tuple[str, ...]:
    at = event.at.isoformat(timespec="seconds")
    return at, event.actor, event.action, event.subject, event.detail, event.request_id


def _number(name: str) -> int | None:
    return nearest_row_number(request.args[name]) if request.args.get(name) else None


def _page(form: EventFilterForm, page: EventPage) -> str:
    return render_template("events.html", form=form, page=page, most=MOST_EXPORTED)
