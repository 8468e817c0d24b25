"""A portfolio whose files are written in Latin-1 with semicolons, and y and n for yes and no."""

from creditapp.applications.catalogue_document import catalogue_of

LOANS = catalogue_of(
    {
        "name": "loans",
        "creditapp": {
            "outcome": {"field": "paid", "good": [True], "bad": [False]},
            "example": {"use": "Möbel", "owner": True},
        },
        "resources": [
            {
                "path": "loans.csv",
                "encoding": "latin-1",
                "dialect": {"delimiter": ";"},
                "schema": {
                    "fields": [
                        {"name": "use", "type": "string", "categories": ["Möbel", "Auto"]},
                        {
                            "name": "owner",
                            "type": "boolean",
                            "trueValues": ["y"],
                            "falseValues": ["n"],
                        },
                        {"name": "paid", "type": "boolean", "creditapp": {"role": "outcome"}},
                    ]
                },
            }
        ],
    }
)
