"""The newest report of each portfolio and version, kept so that a page need not read all decisions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from creditapp.database.engine import Base, UtcDateTime
from creditapp.database.session import lock_table, reading, writing
from creditapp.performance import documents
from creditapp.performance.report import Report


class KeptReport(Base):
    """A report; that on all versions has an empty version."""

    __tablename__ = "performance_report"

    portfolio: Mapped[str] = mapped_column(String(63), primary_key=True)
    model_version: Mapped[str] = mapped_column(String(50), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


def keep(portfolio: str, reports: Mapping[str, Report]) -> None:
    """Keep the reports of a portfolio by version, in place of all that were kept.

    Raises:
        DatabaseUnavailable: those before stay.
    """
    with writing() as session:
        lock_table(session, KeptReport.__tablename__)
        session.execute(delete(KeptReport))
        for version, report in reports.items():
            document = {"format": documents.FORMAT, **documents.write(report)}
            session.add(
                KeptReport(
                    portfolio=portfolio,
                    model_version=version,
                    made_at=report.made_at,
                    document=document,
                )
            )


def find(portfolio: str, model_version: str = "") -> Report | None:
    """The kept report; None if there is none yet, or another version of the code wrote it.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """
    with reading() as session:
        row = session.get(KeptReport, (portfolio, model_version))
        if row is None or row.document.get("format") != documents.FORMAT:
            return None
        return documents.read(row.document)


def find_versions(portfolio: str) -> list[str]:
    """The versions with a report of their own.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    query = select(KeptReport.model_version).where(
        KeptReport.portfolio == portfolio, KeptReport.model_version != ""
    )
    with reading() as session:
        return list(session.scalars(query))
