"""Says what differs between the inputs of two catalogues, for people who send applications."""

from collections.abc import Iterator

from creditapp.applications.catalogue import Catalogue
from creditapp.applications.questions import Answer, Choice, Question, Role, as_shown
from creditapp.phrases import Phrase, Verbatim, marked


def differences(old: Catalogue, new: Catalogue) -> list[Phrase]:
    """What is added, removed and accepted otherwise in the new catalogue; empty if nothing is.

    Labels and descriptions are not inputs.
    """
    return [
        *(
            Phrase(marked('removed: "%(name)s"'), {"name": Verbatim(name)})
            for name in old.by_name
            if name not in new.by_name
        ),
        *(_added(question) for name, question in new.by_name.items() if name not in old.by_name),
        *(
            Phrase(
                marked('changed: "%(name)s" %(change)s'),
                {"name": Verbatim(name), "change": change},
            )
            for name, question in new.by_name.items()
            if name in old.by_name
            for change in _changes(old.by_name[name], question)
        ),
    ]


def _added(question: Question) -> Phrase:
    optional = question.role is not Role.FEATURE or question.optional
    words = {"name": Verbatim(question.name), "accepted": question.accepted}
    if optional:
        return Phrase(
            marked('added: "%(name)s" (may be left out; accepted is %(accepted)s)'), words
        )
    return Phrase(marked('added: "%(name)s" (required; accepted is %(accepted)s)'), words)


def _changes(old: Question, new: Question) -> Iterator[Phrase]:
    if old.role != new.role:
        roles = {"new": Verbatim(new.role), "old": Verbatim(old.role)}
        yield Phrase(marked("has the role %(new)s, before: %(old)s"), roles)
    if old.optional != new.optional and new.role is Role.FEATURE:
        text = marked("may be left out now") if new.optional else marked("is required now")
        yield Phrase(text, {})
    if isinstance(old, Choice) and isinstance(new, Choice) and old.kind == new.kind:
        yield from _code_changes(old, new)
    elif old.signature != new.signature and str(old.accepted) != str(new.accepted):
        accepted = {"new": new.accepted, "old": old.accepted}
        yield Phrase(marked("accepts %(new)s; before: %(old)s"), accepted)
    elif old.signature != new.signature:
        kinds = {"new": Verbatim(new.kind), "old": Verbatim(old.kind)}
        yield Phrase(marked("is %(new)s now; before: %(old)s"), kinds)


def _code_changes(old: Choice, new: Choice) -> Iterator[Phrase]:
    added = _codes_missing_in(old.all_answers, new.all_answers)
    removed = _codes_missing_in(new.all_answers, old.all_answers)
    if added:
        yield Phrase(marked("accepts %(codes)s too"), {"codes": added})
    if removed:
        yield Phrase(marked("does not accept %(codes)s any more"), {"codes": removed})
    if not added and not removed and old.values != new.values:
        yield Phrase(marked("has its codes in another order"), {})


def _codes_missing_in(some: tuple[Answer, ...], others: tuple[Answer, ...]) -> Verbatim:
    """The codes that only the others have, as messages show them; empty if there is none."""
    codes = [as_shown(code) for code in others if code not in some and code is not None]
    return Verbatim(", ".join(codes))
