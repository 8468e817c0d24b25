"""What the tests of pages and of the API share."""

import pytest

from creditapp.settings import child_commands
from tests import commands


@pytest.fixture(autouse=True)
def loaded_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages run their commands in processes that have loaded the libraries already."""
    monkeypatch.setattr(child_commands, "run", commands.run)
