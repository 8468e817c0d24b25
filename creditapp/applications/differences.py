"""Says what differs between the inputs of two catalogues, for people who send applications."""

from collections.abc import Iterator

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Choice, Question, Role, as_shown


def differences(old: Catalogue, new: Catalogue) -> list[str]:
    """What is added, removed and accepted otherwise in the new catalogue; empty if nothing is.

    Labels and descriptions are not inputs.
    """
    return [
        *(f'removed: "{name}"' for name in old.by_name if name not in new.by_name),
        *(_added(question) for name, question in new.by_name.items() if name not in old.by_name),
        *(
            f'changed: "{name}" {change}'
            for name, question in new.by_name.items()
            if name in old.by_name
            for change in _changes(old.by_name[name], question)
        ),
    ]


def _added(question: Question) -> str:
    optional = question.role is not Role.FEATURE or question.optional
    need = "may be left out" if optional else "required"
    return f'added: "{question.name}" ({need}; accepted is {question.accepted})'


def _changes(old: Question, new: Question) -> Iterator[str]:
    if old.role != new.role:
        yield f"has the role {new.role}, before: {old.role}"
    if old.optional != new.optional and new.role is Role.FEATURE:
        yield "may be left out now" if new.optional else "is required now"
    if isinstance(old, Choice) and isinstance(new, Choice) and old.kind == new.kind:
        yield from _code_changes(old, new)
    elif old.signature != new.signature and str(old.accepted) != str(new.accepted):
        yield f"accepts {new.accepted}; before: {old.accepted}"
    elif old.signature != new.signature:
        yield f"is {new.kind} now; before: {old.kind}"


def _code_changes(old: Choice, new: Choice) -> Iterator[str]:
    before = old.all_answers
    after = new.all_answers
    added = [as_shown(code) for code in after if code not in before and code is not None]
    removed = [as_shown(code) for code in before if code not in after and code is not None]
    if added:
        yield f"accepts {', '.join(added)} too"
    if removed:
        yield f"does not accept {', '.join(removed)} any more"
    if not added and not removed and old.values != new.values:
        yield "has its codes in another order"
