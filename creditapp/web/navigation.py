"""The main navigation: every link, in groups; a page shows those that its reader may use."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Flask, request, url_for

from creditapp.phrases import marked
from creditapp.web.access import may
from creditapp.web.prefix import absolute


class Link(NamedTuple):
    """A page and its name; it is also the current one for the pages below it."""

    endpoint: str
    text: str

    def leads_to(self, path: str) -> bool:
        """Whether it leads to a page, or to one above it, as /files is above /files/1."""
        own = url_for(self.endpoint)
        return path == own or path.startswith(f"{own}/")


class Group(NamedTuple):
    """Links below one name; the first group has none and is shown in the bar itself."""

    text: str
    links: Sequence[Link]


NAVIGATION = (
    Group(
        "",
        (
            Link("home.overview", marked("Home")),
            Link("scoring.form", marked("New application")),
            Link("queue.overview", marked("Queue")),
            Link("decisions.overview", marked("Decisions")),
            Link("files.overview", marked("Files")),
        ),
    ),
    Group(
        marked("Models"),
        (
            Link("models.overview", marked("Models")),
            Link("policy.overview", marked("Policy")),
            Link("challenger.overview", marked("Challenger")),
            Link("performance.overview", marked("Performance")),
            Link("drift.overview", marked("Drift")),
        ),
    ),
    Group(
        marked("Administration"),
        (
            Link("people.overview", marked("People")),
            Link("keys.overview", marked("API keys")),
            Link("account.events", marked("Events")),
        ),
    ),
    Group(
        marked("Help"),
        (
            Link("codebook.overview", marked("Code book")),
            Link("flasgger.apidocs", marked("API")),
        ),
    ),
)


def init_app(app: Flask) -> None:
    """Let the templates show the navigation."""
    app.jinja_env.globals.update(navigation=navigation, current_link=current_link)


def navigation() -> list[Group]:
    """The groups with the links that the current reader may use; a group without any is left out."""
    groups = [
        Group(group.text, [link for link in group.links if may(link.endpoint)])
        for group in NAVIGATION
    ]
    return [group for group in groups if group.links]


def current_link() -> Link | None:
    """The link of the page at hand, or of the nearest page above it; none if the navigation has neither."""
    path = absolute(request.path)
    links = [link for group in NAVIGATION for link in group.links if link.leads_to(path)]
    return max(links, key=lambda link: len(url_for(link.endpoint)), default=None)
