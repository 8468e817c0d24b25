"""The data file is the published one."""

import csv
import hashlib

from creditapp.settings.paths import ROOT

PUBLISHED = "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871"


def test_the_file_turns_back_into_the_published_one() -> None:
    """Less its headers, and with blanks for commas, it has the source's digest."""
    with (ROOT / "data" / "estadistical.csv").open(newline="") as lines:
        header, *rows = csv.reader(lines)
    source = "".join(" ".join(row) + "\n" for row in rows)
    assert len(header) == 21
    assert hashlib.sha256(source.encode()).hexdigest() == PUBLISHED
