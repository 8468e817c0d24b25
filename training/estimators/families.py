"""All families of models, by name; a new family is a module and a line here."""

from creditapp.exceptions import BadTable
from training.estimators import boosting, calibrated_forest, ebm, forest, scorecard
from training.estimators.family import Family

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (forest, calibrated_forest, scorecard, boosting, ebm)
}
DEFAULT = forest.FAMILY


def find(name: str) -> Family:
    """The family of a name.

    Raises:
        BadTable: there is none; the message names all.
    """
    if name not in FAMILIES:
        raise BadTable(f'there is no family of models "{name}"; accepted is {", ".join(FAMILIES)}')
    return FAMILIES[name]
