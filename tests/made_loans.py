"""Loans made for tests: semicolons, Latin-1, dates, bands in words, identifiers, and many missing values."""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

ROWS = 2500
EMPLOYMENT = ("< 1 year", "1-3 years", "4-9 years", "10+ years")
GRADES = "ABCDEFG"
PURPOSES = ("Möbel", "car", "debt consolidation", "other")
COLUMNS = (
    "loan id",
    "application_date",
    "birth_date",
    "customer_since",
    "amount",
    "term",
    "grade",
    "employed_for",
    "income",
    "months_since_delinquency",
    "owns_home",
    "purpose",
    "inquiries",
    "comment",
    "recovered",
    "status",
)


def write_loans(path: Path, seed: int = 7) -> None:
    """Write the file."""
    with path.open("w", encoding="latin-1", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        generator = np.random.default_rng(seed)
        writer.writerows(_row(number, generator) for number in range(ROWS))


def _row(number: int, generator: np.random.Generator) -> list[object]:
    applied = date(2021, 1, 1) + timedelta(days=number * 700 // ROWS)
    age, known = generator.integers(19, 75), generator.integers(0, 4000)
    employment = int(generator.integers(0, 4))
    income = float(generator.lognormal(7.8, 0.5)) * (1 + employment / 3)
    amount = float(generator.lognormal(8.5, 0.8))
    delinquent = generator.random() < 0.3
    strain = amount / income / 3 + 1.2 * delinquent - employment / 3
    grade = int(np.clip(strain + generator.normal(2, 1), 0, 6))
    bad = generator.random() < 1 / (1 + np.exp(2.2 - strain - grade / 3))
    return [
        f"L{100_000 + number}",
        applied.strftime("%d/%m/%Y"),
        (applied - timedelta(days=int(age * 365.25 + generator.integers(0, 365)))).strftime(
            "%d/%m/%Y"
        ),
        ""
        if generator.random() < 0.4
        else (applied - timedelta(days=int(known))).strftime("%d/%m/%Y"),
        f"{amount:.2f}",
        f"{generator.choice([12, 24, 36, 48, 60])}",
        GRADES[grade],
        "n/a" if generator.random() < 0.1 else EMPLOYMENT[employment],
        "" if generator.random() < 0.35 else f"{income:.0f}",
        str(generator.integers(0, 120))
        if delinquent
        else ("-1" if generator.random() < 0.5 else ""),
        "" if generator.random() < 0.2 else generator.choice(["Y", "N"]),
        generator.choice(PURPOSES),
        int(generator.poisson(1.2)),
        "" if generator.random() < 0.9 else f"called on day {generator.integers(1, 10_000)}",
        f"{amount * generator.random():.2f}" if bad else "0.00",
        "Charged Off" if bad else "Fully Paid",
    ]
