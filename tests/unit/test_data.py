"""The data files are the published ones."""

import csv
import gzip
import hashlib

from creditapp.settings.paths import ROOT

PUBLISHED = "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871"
TAIWAN = "c6cd8edf506d1b47db1a3641dd7da340fc83f6f2b5ec6ca26e267b516fbf7277"


def test_the_file_turns_back_into_the_published_one() -> None:
    """Less its headers, and with blanks for commas, it has the source's digest."""
    with (ROOT / "data" / "estadistical.csv").open(newline="") as lines:
        header, *rows = csv.reader(lines)
    source = "".join(" ".join(row) + "\n" for row in rows)
    assert len(header) == 21
    assert hashlib.sha256(source.encode()).hexdigest() == PUBLISHED


def test_the_file_of_cards_is_the_one_of_its_data_card() -> None:
    """Its digest, uncompressed, is the one that the data card names."""
    folder = ROOT / "data" / "taiwan"
    content = gzip.decompress((folder / "UCI_Credit_Card.csv.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == TAIWAN
    assert TAIWAN in (folder / "README.md").read_text()
