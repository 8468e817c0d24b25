"""How a database would read a query, so that tests can see which index it uses."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def explain(session: Session, query: object) -> str:
    """The plan of a query with its values in it; PostgreSQL scans no table where it can use an index."""
    command = "EXPLAIN QUERY PLAN"
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))
        command = "EXPLAIN"
    return " ".join(str(row) for row in session.execute(text(f"{command} {query}")))
