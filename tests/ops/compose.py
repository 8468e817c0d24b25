"""Reads docker-compose.yml as Compose does: variables filled in, paths led back to the repository."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from tests.serving import ROOT

VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@dataclass(frozen=True)
class Service:
    """What a service is started with."""

    command: list[str]
    environment: dict[str, str]


def compose() -> dict[str, Any]:
    """The file as it is."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def service(name: str, variables: dict[str, str]) -> Service:
    """One service, as it would be started."""
    found = compose()["services"][name]
    shared = dict(_shared(one) for one in found.get("volumes", []) if one.startswith("./"))
    words = [*found.get("entrypoint", []), *found.get("command", [])]
    command = [_led_back(filled_in(word, variables), shared) for word in words]
    environment = found.get("environment", {})
    return Service(
        command, {key: filled_in(value, variables) for key, value in environment.items()}
    )


def filled_in(text: str, variables: dict[str, str]) -> str:
    """A value with its variables; one that is required and missing is an error."""

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        if variables.get(name):
            return variables[name]
        assert kind == "-", f"{name} is required"
        return str(default)

    return VARIABLE.sub(value, text).replace("$$", "$")


def _shared(volume: str) -> tuple[str, str]:
    here, there, *_ = volume.split(":")
    return there, str(ROOT / here)


def _led_back(word: str, shared: dict[str, str]) -> str:
    for there, here in shared.items():
        word = word.replace(there, here)
    return word
