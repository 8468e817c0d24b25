"""The main navigation: every link, in groups; a page shows those that its reader may use."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import Flask, request

from creditapp.phrases import marked
from creditapp.web.access import may


class Link(NamedTuple):
    """A page and its name; it is also the current one for the other pages of its blueprint."""

    endpoint: str
    text: str

    @property
    def is_exact(self) -> bool:
        """Whether it leads to the page at hand."""
        return request.endpoint == self.endpoint

    @property
    def is_near(self) -> bool:
        """Whether the page at hand has the same blueprint."""
        return (request.endpoint or "").partition(".")[0] == self.endpoint.partition(".")[0]


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
            Link("decisions.waiting", marked("Queue")),
            Link("decisions.overview", marked("Decisions")),
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
        (Link("account.events", marked("Events")),),
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
    """The link of the page at hand; none if the navigation does not have it."""
    links = [link for group in NAVIGATION for link in group.links]
    exact = [link for link in links if link.is_exact]
    near = [link for link in reversed(links) if link.is_near]
    return next(iter(exact + near), None)
