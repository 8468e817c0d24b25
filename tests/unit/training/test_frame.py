"""The frame that the pipeline is fitted on."""

from creditapp.applications.catalogue_document import catalogue_of
from training.frame import frame_of, has_gaps, missing_name
from training.pipeline import build

DOCUMENT = {
    "name": "alike",
    "creditapp": {
        "outcome": {"field": "paid", "good": [True], "bad": [False]},
        "example": {"income": 1, "income: missing": 2},
    },
    "resources": [
        {
            "path": "alike.csv",
            "schema": {
                "fields": [
                    {"name": "income", "type": "integer"},
                    {
                        "name": "income: missing",
                        "type": "integer",
                        "constraints": {"required": True},
                    },
                    {"name": "paid", "type": "boolean", "creditapp": {"role": "outcome"}},
                ]
            },
        }
    ],
}


def test_a_field_may_be_called_like_the_missing_answers_of_another() -> None:
    """Each has its own column, and the pipeline is fitted on all of them."""
    catalogue = catalogue_of(DOCUMENT)
    columns = {"income": [1, None, 3, 4], "income: missing": [5, 6, 7, 8]}
    frame = frame_of(catalogue, columns)
    assert list(frame["income: missing"]) == [5, 6, 7, 8]
    [gaps] = [missing_name(one) for one in catalogue.features if has_gaps(one)]
    assert list(frame[gaps]) == ["", "null", "", ""]
    assert len(build(catalogue).fit(frame, [1, 0, 1, 0]).predict(frame)) == 4
