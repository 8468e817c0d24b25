"""What the tests of pages and of the API share."""

from collections.abc import Mapping, Sequence
from subprocess import CompletedProcess

import pytest

from creditapp.settings import child_commands
from creditapp.settings.paths import ROOT
from tests import commands


@pytest.fixture(autouse=True)
def loaded_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages run their commands in processes that have loaded the libraries already."""

    def run(
        arguments: Sequence[str], environment: Mapping[str, str], seconds: float
    ) -> CompletedProcess[str]:
        return commands.run(arguments, environment, ROOT, seconds)

    monkeypatch.setattr(child_commands, "run", run)
