"""A validation report as tables: the same for the page of a version and for its files."""

from creditapp.reports.applicants import applicant_tables
from creditapp.reports.effects import effect_tables
from creditapp.reports.quality import quality_tables
from creditapp.reports.table import Report, Table


def tables_of(report: Report) -> list[Table]:
    """All tables of a report that have rows, in the order of reading."""
    tables = [*quality_tables(report), *applicant_tables(report), *effect_tables(report)]
    return [table for table in tables if table.rows]
