"""Says in a few lines what a draft holds and what is to do next."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from training.drafts.draft import Draft


def summary_of(draft: Draft, folder: Path) -> Iterator[str]:
    """Rows, fields, warnings and review marks, and the next command."""
    outcome = draft.outcome
    source = draft.source
    yield f"{draft.rows:,} rows, {outcome.bad_rows / outcome.rows:.1%} of them bad ({source.path})"
    yield from _fields(draft)
    for note in draft.notes:
        yield f"note: {note}"
    if outcome.missing:
        yield (
            f'warning: {outcome.missing:,} rows have no outcome in "{outcome.field.name}"; training '
            "refuses them"
        )
    yield (f"to review: {len(draft.reviews)}" if draft.reviews else "nothing is marked for review")
    for name, text in draft.reviews:
        yield f"  {name}: {text}"
    yield f"written: {folder / 'datapackage.yaml'} and {folder / source.file_name}"
    yield f"Read it, correct it, remove the review marks, then:  flask portfolio check {folder}"


def _fields(draft: Draft) -> Iterator[str]:
    roles: dict[str, Counter[str]] = {}
    for field in draft.fields:
        kind = "category" if field.categories else field.type
        roles.setdefault(field.role, Counter())[kind] += 1
    for role, kinds in sorted(roles.items()):
        shown = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        yield f"  {role:<10}{kinds.total():>4}   {shown}"
    protected = [field.name for field in draft.fields if field.protected]
    if protected:
        yield f"  protected: {', '.join(protected)}"
