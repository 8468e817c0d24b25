"""The frame that the pipeline is fitted on: one column per feature, and one for its missing answers.

A number that stands for a missing value becomes NaN, a date the number of days before the application, and
a code its text. A number or an ordered code that may be missing has a second column, ` NAME: missing`, with
the missing answer as JSON; it is empty for a value.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Nominal, Question, as_shown
from creditapp.applications.table import Columns


def frame_of(catalogue: Catalogue, columns: Columns) -> pd.DataFrame:
    """The frame of some rows, from the columns that `columns_of` gives."""
    frame: dict[str, Any] = {}
    for question in catalogue.features:
        answers = columns[question.name]
        frame[question.name] = _column(question, answers)
        if has_gaps(question):
            frame[missing_name(question)] = _missing_column(question, answers)
    return pd.DataFrame(frame)


def has_gaps(question: Question) -> bool:
    """Whether missing answers have a column of their own; without an order they are codes like others."""
    return bool(question.missing) and not isinstance(question, Nominal)


def missing_name(question: Question) -> str:
    """The name of the column with a question's missing answers."""
    # why: no field has a blank before its name, so the column is no field's.
    return f" {question.name}: missing"


def code_text(code: Answer) -> str:
    """A code, or a missing answer, as the frame has it."""
    return "" if code is None else as_shown(code)


def gap_text(code: Answer) -> str:
    """A missing answer as its own column has it: as JSON, so that null is not the text "null"."""
    return json.dumps(code, ensure_ascii=False)


def _column(question: Question, answers: Sequence[Answer]) -> Any:
    if isinstance(question, Nominal):
        return pd.Series([code_text(answer) for answer in answers], dtype="object")
    if isinstance(question, Choice):
        texts = [None if question.is_missing(one) else code_text(one) for one in answers]
        return pd.Series(texts, dtype="object")
    if not question.missing:
        return pd.Series(answers, dtype="float64")
    missing = set(question.missing_answers)
    return pd.Series([np.nan if one in missing else one for one in answers], dtype="float64")


def _missing_column(question: Question, answers: Sequence[Answer]) -> Any:
    # why: where a number is expected, -1.0 is the same missing answer as -1.
    texts = {code: gap_text(code) for code in question.missing_answers}
    return pd.Series([texts.get(one, "") for one in answers], dtype="object")
