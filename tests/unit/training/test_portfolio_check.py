"""What the check of a portfolio warns of."""

from pathlib import Path

from creditapp.applications.portfolio import read_portfolio
from tests.drafted import drafted, repeated
from training.portfolio_check import check_data

WARNING = "would be outside of the training data today"


def warnings_of(folder: Path, *opened: str) -> str:
    """The warnings of a drafted portfolio with two columns of dates, and no day of the application."""
    drafted(folder, {"seen": repeated(*opened), "noticed": repeated("1970-01-31", "1980-01-31")})
    catalogue = read_portfolio(folder / "portfolio")
    lines = check_data(catalogue, folder / "portfolio" / catalogue.data.path)
    return "\n".join(line for line in lines if line.startswith("warning"))


def test_dates_that_are_older_today_than_in_any_row_are_named(tmp_path: Path) -> None:
    """They count from a day of the data there, and from today in an application."""
    assert '"seen" counts from as_of, 2015-03-01, in the data' in warnings_of(
        tmp_path, "2015-02-01", "2015-03-01"
    )


def test_dates_of_a_wide_range_are_not_named(tmp_path: Path) -> None:
    """Few of them are near the end of the range."""
    years = [f"{year}-01-01" for year in range(1600, 2020)]
    assert '"seen"' not in warnings_of(tmp_path, *years)
