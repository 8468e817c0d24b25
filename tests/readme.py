"""Writes the table of settings into the README: `make documents`."""

import re

from creditapp.settings.paths import ROOT
from creditapp.settings.settings import markdown_table

MARKS = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def main() -> None:
    """Replace what is between the marks."""
    readme = ROOT / "README.md"
    table = markdown_table()
    readme.write_text(MARKS.sub(lambda marks: f"{marks[1]}{table}\n{marks[2]}", readme.read_text()))


if __name__ == "__main__":
    main()
