"""What an admin sees of people: their role, their second factor, and when they signed in last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from creditapp.database.session import reading
from creditapp.exceptions import NotFound
from creditapp.identity.people import Person
from creditapp.identity.second_factor import SecondFactor
from creditapp.identity.sign_in_table import SignIn
from creditapp.phrases import marked


@dataclass(frozen=True)
class Account:
    """A person as an admin sees them; `last_sign_in` is none for who never signed in, or long ago."""

    person: Person
    has_second_factor: bool
    last_sign_in: datetime | None

    @property
    def is_external(self) -> bool:
        """Whether an identity provider vouches for the person."""
        return self.person.issuer is not None


def find_page(after: str = "", limit: int = 100) -> Sequence[Account]:
    """At most `limit` people by name; with `after`, those whose name comes after it.

    Raises:
        DatabaseUnavailable: the people cannot be read.
    """
    query = select(Person).order_by(Person.name).limit(limit)
    if after.isprintable():
        query = query.where(Person.name > after)
    with reading() as session:
        return _accounts(session, session.scalars(query).all())


def find(person_id: int) -> Account:
    """One person.

    Raises:
        NotFound: there is none with this number.
        DatabaseUnavailable: the person cannot be read.
    """
    with reading() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound(marked("there is no person %(number)s"), number=person_id)
        [account] = _accounts(session, [person])
        return account


def _accounts(session: Session, people: Iterable[Person]) -> list[Account]:
    ids = [person.id for person in people]
    with_factor = set(
        session.scalars(select(SecondFactor.person_id).where(SecondFactor.person_id.in_(ids)))
    )
    newest = (
        select(SignIn.person_id, func.max(SignIn.started_at))
        .where(SignIn.person_id.in_(ids))
        .group_by(SignIn.person_id)
    )
    signed_in: dict[int, datetime] = dict(session.execute(newest).all())
    return [
        Account(person, person.id in with_factor, signed_in.get(person.id)) for person in people
    ]
