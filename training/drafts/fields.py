"""A drafted field: what goes into the catalogue, why, and what a person must decide."""

from dataclasses import dataclass, field
from typing import Any

from training.drafts.kinds import Kind

Value = str | int | float | bool


@dataclass
class DraftField:
    """A field while it is drafted; `kind` is the notation of its cells, None for texts."""

    name: str
    type: str
    kind: Kind | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    categories: list[Value] = field(default_factory=list)
    ordered: bool = False
    missing: list[tuple[str, str]] = field(default_factory=list)
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    role: str = "feature"
    protected: bool = False
    unit: str | None = None
    changeable: str = ""
    comments: list[str] = field(default_factory=list)
    reviews: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say why; written as a comment above the field."""
        self.comments.append(text)

    def ask(self, text: str) -> None:
        """Say what a person must decide."""
        self.reviews.append(text)

    def ignore(self, why: str) -> None:
        """Leave the column out, and say why."""
        self.role = "ignored"
        self.note(f"Ignored: {why}.")

    @property
    def codes(self) -> set[str]:
        """The cells that stand for a missing answer."""
        return {text for text, _ in self.missing}

    @property
    def is_scored(self) -> bool:
        """Whether the model reads it."""
        return self.role == "feature"
