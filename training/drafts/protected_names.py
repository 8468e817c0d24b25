"""What of a column's name or categories suggests an attribute that the law may forbid to use."""

from collections.abc import Iterable

from training.drafts.names import split_words, words

BIRTH = "date of birth"
_PROTECTED = {
    "age": "age ages alter edad idade",
    "sex": "sex gender geschlecht sexe genre sexo genero male female ismale isfemale",
    "marital status": "marital marriage married familienstand civil matrimonial conyugal spouse",
    "nationality": "nationality citizenship citizen nationalität nationalitaet nationalité "
    "nationalite nacionalidad staatsangehörigkeit foreign foreigner immigrant ausländer extranjero",
    "religion": "religion religious konfession religión confession",
    "race or ethnicity": "race ethnic ethnicity ethnie raza etnia hispanic latino tribe caste",
    "date of birth": "born birth birthday birthdate birthyear dob geburtsdatum geburt geburtstag geboren "
    "naissance nacimiento nacido geburtsjahr yob",
    "disability": "disability disabled handicap behinderung discapacidad handicapped",
    "family": "pregnant pregnancy maternity children kids kinder enfants hijos",
    "telephone": "telephone phone telefon téléphone teléfono telefono",
    "place of residence": "zip zipcode postcode postal plz region neighbourhood neighborhood",
    "language": "language langue sprache idioma",
    "political opinion": "union political party",
}
PROTECTED = {word: what for what, words in _PROTECTED.items() for word in words.split()}

_PHRASES = {
    "familystatus": "marital status",
    "situationfamiliale": "marital status",
    "placeofbirth": "origin",
    "mothertongue": "origin",
    "dateofbirth": "date of birth",
}
_VALUES = {
    "sex": split_words(
        """male female man woman männlich weiblich homme femme hombre mujer masculino femenino"""
    ),
    "marital status": split_words(
        """married single divorced widowed widow separated ledig verheiratet geschieden verwitwet
        marié mariée célibataire divorcé soltero casado divorciado"""
    ),
}
_THINGS = frozenset(
    ("car", "vehicle", "house", "property", "account", "acct", "loan", "credit", "file", "oldest")
)
"""What has an age besides a person."""


def protected_as(name: str) -> str | None:
    """The attribute that the law may forbid to use and that the name suggests."""
    parts = words(name)
    found = [PROTECTED[word] for word in parts if word in PROTECTED]
    joined = "".join(parts)
    if found == ["age"] and set(parts) & _THINGS:
        return None
    within = [what for phrase, what in _PHRASES.items() if phrase in joined]
    return next(iter(found or within), None)


def protected_by_values(categories: Iterable[object]) -> str | None:
    """The attribute that the categories suggest, such as male and female."""
    plain = {text.casefold() for text in categories if isinstance(text, str)}
    found = [what for what, known in _VALUES.items() if len(plain.intersection(known)) >= 2]
    return next(iter(found), None)


def is_birth(name: str) -> bool:
    """Whether the name says that a date is one of birth."""
    return protected_as(name) == BIRTH
