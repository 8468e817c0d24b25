"""The person at hand as somebody who works on cases."""

from creditapp.decisions.claims import Reviewer
from creditapp.identity.people import Role
from creditapp.web import access


def current_reviewer() -> Reviewer:
    """Who makes the current request; analysts and admins are senior."""
    role = access.current().role
    is_senior = role is not None and role.includes(Role.ANALYST)
    return Reviewer(access.current_actor(), is_senior)
