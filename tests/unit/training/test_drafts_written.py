"""Drafts: the document, the folder, the command, and accepting a draft as it is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from creditapp.cli.portfolio import portfolio
from creditapp.exceptions import BadTable
from tests.drafted import BAD, drafted, fields_of, repeated, write_csv
from training.drafts import folder
from training.drafts.accept import accept_draft
from training.drafts.infer import infer
from training.drafts.yaml_text import comment, lines_of

VALUES: list[Any] = [
    "no",
    "y",
    "1",
    "1e3",
    "0x1F",
    "null",
    "~",
    "",
    " blanks ",
    "2019-01-31",
    "12:30:00",
    "a: b",
    "#x",
    "- x",
    'quote "',
    "it's",
    "new\nline",
    "\u2028",
    "\x85",
    "Müll",
    "😀",
    "\U00018d09",
    "\ufeff",
    "{x}",
    "=",
    "<<",
    ".5",
    0,
    -1,
    1.5,
    1e-7,
    1e16,
    True,
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_read_back(value: Any) -> None:
    """As a value, as a key, and inside of a list and a mapping, with its type."""
    text = "\n".join(
        [
            *lines_of("value", value),
            *lines_of("list", [value, {"x": value}] * 30),
            *lines_of(str(value), {str(value): value}),
        ]
    )
    document = yaml.safe_load(text)
    assert document["value"] == value
    assert type(document["value"]) in {type(value), int}
    assert document["list"] == [value, {"x": value}] * 30
    assert document[str(value)] == {str(value): value}


def test_a_comment_stays_a_comment() -> None:
    """A cell with a line break cannot end it."""
    assert list(comment('"a\nb: c" is a code')) == ['# "a b: c" is a code']


def make(folder_: Path, **options: Any) -> Path:
    """Draft a portfolio with several review marks; the path of its document."""
    columns = {
        "id": range(len(BAD)),
        "grade": repeated("A", "B", "C"),
        "months": repeated(-9, *range(40)),
        "leak_recovery": repeated(*range(37)),
        "limit": repeated("$1,000", "$2,000"),
        "bad": [*BAD[:-1], ""],
    }
    infer(write_csv(folder_ / "loans.csv", columns), "bad", ["1"], folder_ / "out", **options)
    return folder_ / "out" / "datapackage.yaml"


def without_marks(document: Any) -> Any:
    """The document without its review marks."""
    for field in document["resources"][0]["schema"]["fields"]:
        field.get("creditapp", {}).pop("review", None)
        if field.get("creditapp") == {}:
            del field["creditapp"]
    return document


def test_an_accepted_draft_loses_its_marks_only(tmp_path: Path) -> None:
    """Comments and everything else stay as they are."""
    text = make(tmp_path).read_text()
    accepted = accept_draft(text)
    assert "review:" in text
    assert "review:" not in accepted
    assert yaml.safe_load(accepted) == without_marks(yaml.safe_load(text))
    assert re.findall("#.*", accepted) == re.findall("#.*", text)
    assert set(accepted.splitlines()) - set(text.splitlines()) <= {
        "          creditapp: {role: ignored}",
        "          creditapp: {role: outcome}",
    }
    assert accept_draft(accepted) == accepted


BEFORE = "resources:\n- schema:\n    fields:\n    - name: x\n"
ACCEPTED = {
    "      creditapp: {review: why, role: ignored} # note\n": "      creditapp: {role: ignored} # note\n",
    "      creditapp: {role: ignored, review: [a, b]}\n": "      creditapp: {role: ignored}\n",
    "      creditapp: {review: why}\n": "",
    "      creditapp:\n        review: why\n": "",
    "      creditapp:\n        review: why # note\n        role: ignored\n": (
        "      creditapp:\n        # note\n        role: ignored\n"
    ),
    "      creditapp:\n        role: ignored\n        review:\n          - a\n          - b\n# end\n": (
        "      creditapp:\n        role: ignored\n# end\n"
    ),
    "      creditapp:\n        review: |\n          a\n          b\n        role: ignored\n": (
        "      creditapp:\n        role: ignored\n"
    ),
    "      creditapp:\n        role: ignored\n        review: why": (
        "      creditapp:\n        role: ignored\n"
    ),
    "    - creditapp: {review: why}\n      name: y\n": "    - name: y\n",
    "      creditapp: {reason: {any: review}}\n": "      creditapp: {reason: {any: review}}\n",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_mark_is_taken_out_in_every_style(text: str) -> None:
    """In a block, in braces, first, last or alone."""
    assert accept_draft(BEFORE + text) == BEFORE + ACCEPTED[text]


def test_json_can_be_accepted() -> None:
    """A document may also be JSON."""
    text = '{"resources": [{"schema": {"fields": [{"name": "x", "creditapp": {"review": "y"}}]}}]}'
    assert accept_draft(text) == '{"resources": [{"schema": {"fields": [{"name": "x"}]}}]}'


def test_only_marks_of_fields_are_taken_out() -> None:
    """A field of the example may be called `review`."""
    text = "creditapp:\n  example:\n    review: 1\n"
    assert accept_draft(text) == text


def test_a_text_that_is_no_yaml_is_refused() -> None:
    """With the parser's own words."""
    with pytest.raises(BadTable, match="not readable as YAML"):
        accept_draft("a: [")


def test_a_document_is_not_overwritten(tmp_path: Path) -> None:
    """It may hold a person's work."""
    path = make(tmp_path)
    path.write_text("mine")
    with pytest.raises(BadTable, match="--overwrite"):
        make(tmp_path)
    assert path.read_text() == "mine"
    assert make(tmp_path, overwrite=True).read_text() != "mine"
    assert sorted(file.name for file in path.parent.iterdir()) == ["datapackage.yaml", "loans.csv"]


def test_another_data_file_is_not_overwritten(tmp_path: Path) -> None:
    """A folder may hold files of its own."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "loans.csv").write_text("mine")
    with pytest.raises(BadTable, match="is another file"):
        make(tmp_path)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["loans.csv"]


def test_data_in_the_folder_stays(tmp_path: Path) -> None:
    """A data file may already be where it belongs."""
    path = write_csv(tmp_path / "loans.csv", {"income": repeated(*range(61)), "bad": BAD})
    infer(path, "bad", ["1"], tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["datapackage.yaml", "loans.csv"]


def test_a_failure_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the disk is full while the data is copied."""

    def fail(source: Path, target: Path) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(folder.shutil, "copyfile", fail)
    with pytest.raises(OSError, match="No space"):
        make(tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_document_has_what_a_catalogue_needs(tmp_path: Path) -> None:
    """Name, outcome, example, and one resource with all columns."""
    document = drafted(tmp_path, {"housing": repeated("own", "rent")})
    assert document["name"] == "portfolio"
    assert document["creditapp"]["outcome"] == {"field": "bad", "good": [0], "bad": [1]}
    assert set(document["creditapp"]["example"]) == {"amount", "housing"}
    assert [resource["path"] for resource in document["resources"]] == ["loans.csv"]
    assert list(fields_of(document)) == ["amount", "housing", "bad"]


def test_the_command_says_what_to_review_and_to_do_next(tmp_path: Path) -> None:
    """Rows, fields, marks, warnings, and the next command."""
    path = make(tmp_path).with_name("loans.csv")
    out = tmp_path / "other"
    arguments = ["infer", str(path), "--outcome", "bad", "--bad", "1", "--out", str(out)]
    result = CliRunner().invoke(portfolio, arguments)
    assert result.exit_code == 0, result.output
    for text in (
        "200 rows",
        "warning: 1 rows have no outcome",
        "grade: the order is a guess, by the grades: A < B < C",
        f"flask portfolio check {out}",
    ):
        assert text in result.output


def test_the_command_fails_in_one_line(tmp_path: Path) -> None:
    """With the exit code of bad input."""
    path = make(tmp_path).with_name("loans.csv")
    arguments = ["infer", str(path), "--outcome", "end", "--bad", "1", "--out", str(tmp_path / "o")]
    result = CliRunner().invoke(portfolio, arguments)
    assert result.exit_code == 2
    assert result.output.splitlines() == [
        'there is no column "end" for the outcome; the columns are: '
        "id, grade, months, leak_recovery, limit, bad"
    ]
