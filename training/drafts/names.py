"""What the name of a column suggests: an identifier, a date, a protected attribute, a later event."""

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")

_NUMBERS = frozenset(("number", "num", "no", "nr", "count", "cnt", "times"))
_BETWEEN = re.compile(r"[\W_]+|(?<=[a-zäöü])(?=[A-ZÄÖÜ])")


def split_words(text: str) -> tuple[str, ...]:
    """The words of a list that is written as one text."""
    return tuple(text.split())


IDENTIFIERS = split_words("id ids no nr num nbr number key uuid guid ref reference index pk")
"""Words at the end of a name; `reference` and `id` also alone."""

_PERSONAL = frozenset(
    ("phone", "telephone", "telefon", "mobile", "email", "mail", "ssn", "iban", "passport")
)
"""What is different for every person, and no property of a credit."""

COUNTS = split_words(
    """number num no nbr count counts cnt many times months month years year days day age amount
    amnt amt percent percentage pct rate ratio score balance bal inquiries enquiries accounts
    dependents children anzahl alter jahre monate nombre numero cuantos
    income salary wage revenue value price payment installment limit sum
    einkommen gehalt betrag miete revenu montant ingresos monto"""
)
"""Words that say an integer counts or measures something, so that it is no code."""

_APPLICATION_DATES = split_words(
    """application applied apply applydate app request requested submitted submission antrag
    antragsdatum demande solicitud created creation issue issued origination originated"""
)
_POSSIBLE_DATES = split_words("decision opened open start date datum fecha")
"""Both in the order of preference; the possible ones may be of something else."""

_AFTERWARDS = re.compile(
    r"(?:^|_)(?:recover|collect(?!iv)|charge_?d?_?off|charged_off|write_?off|written_off|settle|"
    r"last_(pymnt|payment|paid|fico)|(pymnt|payment)_last|next_(pymnt|payment)|total_(pymnt|rec|paid)|"
    r"out_prncp|outstanding_princ|default|outcome|loan_status|foreclos|repossess|chargeback|"
    r"final_status|paid_?off|closed|days_past_due|dpd|ausfall|impago)"
)
_BEFORE = re.compile(r"prior|previous|prev|history|hist|past|earlier|ever|before|other")
_JOINED_IDENTIFIER = re.compile(
    r"(loan|user|member|customer|client|applicant|application|account|borrower|contract|case|"
    r"person|record|row)s?(id|no|nr|num|key)|skid\w*"
)
_AMOUNTS = re.compile(r"amount|amnt|amt|betrag|montant|monto|importe")
_OF_CREDIT = re.compile(r"loan|credit|kredit|requested|cr[eé]dit|principal|limit")
_TERMS = re.compile(r"duration|term$|^term|tenor|laufzeit|dur[eé]e|plazo|loan_months")
_UNITS = {"month": "months", "months": "months", "year": "years", "years": "years", "days": "days"}


def words(name: str) -> list[str]:
    """The words of a name in lower case: `loanAmnt` and `loan.amnt` have the same."""
    return [part.lower() for part in _PARTS.findall(name)]


def title_of(name: str) -> str:
    """A name as a label: `loan_amnt` is `Loan amnt`; a name of several words stays as it is."""
    if " " in name:
        return name
    parts = [part for part in _BETWEEN.split(name) if part] or [name]
    text = " ".join(part if len(part) == 1 and len(parts) > 1 else part.lower() for part in parts)
    return text[0].upper() + text[1:]


def is_identifier_like(name: str) -> bool:
    """Whether the name is like `id`, `loan_id`, `CustomerNo` or `reference`."""
    parts = words(name)
    return bool(parts) and (
        parts[-1] in IDENTIFIERS
        or parts[0] in ("id", "reference")
        or not _PERSONAL.isdisjoint(parts)
        or bool(_JOINED_IDENTIFIER.fullmatch("".join(parts)))
    )


def is_postal_code(name: str) -> bool:
    """Whether the name says that values are postal codes."""
    return bool({"zip", "zipcode", "postcode", "postal", "plz"} & set(words(name)))


def is_count_like(name: str) -> bool:
    """Whether the name says that integers count or measure."""
    return any(word in COUNTS for word in words(name))


def application_date_rank(name: str) -> int | None:
    """How well the name fits the date of an application, 0 best; None if not at all."""
    parts = words(name)
    order = (*_APPLICATION_DATES, *_POSSIBLE_DATES)
    ranks = [order.index(word) for word in parts if word in order]
    return min(ranks, default=None)


def is_application_date(name: str) -> bool:
    """Whether the name says clearly that a date is the application's."""
    rank = application_date_rank(name)
    return rank is not None and rank < len(_APPLICATION_DATES)


def is_known_afterwards(name: str) -> bool:
    """Whether the name suggests what is known only after the credit was given."""
    joined = "_".join(words(name))
    return bool(_AFTERWARDS.search(joined)) and not _BEFORE.search(joined)


def amount_rank(name: str) -> int | None:
    """How well the name fits the amount of the credit, 0 best; None if not at all."""
    joined = "_".join(words(name))
    amount, credit = bool(_AMOUNTS.search(joined)), bool(_OF_CREDIT.search(joined))
    if amount and credit:
        return 0
    if amount:
        return 1
    return 2 if "limit" in joined else None


def is_term(name: str) -> bool:
    """Whether the name fits the duration of the credit."""
    return bool(_TERMS.search("_".join(words(name))))


def unit_of(name: str) -> str | None:
    """The unit that the name says, if it says one."""
    if set(words(name)) & _NUMBERS:
        return None
    found = {_UNITS[word] for word in words(name) if word in _UNITS}
    return found.pop() if len(found) == 1 else None


def stem(name: str) -> str:
    """The name without its digits: the same for the columns of a series."""
    return re.sub(r"\d+", "#", name)
