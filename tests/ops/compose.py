"""Reads the compose files as Compose does: merged, variables filled in, paths led back to the repository."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from tests.serving import ROOT

FILE = "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
REPLACED = ("command", "entrypoint", "test")
"""Lists that an override replaces; it adds to others."""


@dataclass(frozen=True)
class Service:
    """What a service is started with."""

    command: list[str]
    environment: dict[str, str]


def compose(*overrides: str) -> dict[str, Any]:
    """The file as it is, with the services that its overrides leave in it."""
    found: dict[str, Any] = {}
    for file in (FILE, *overrides):
        found = _merged(found, yaml.safe_load((ROOT / file).read_text()))
    services = found["services"].items()
    return {**found, "services": {name: one for name, one in services if "profiles" not in one}}


def service(name: str, variables: dict[str, str], *overrides: str) -> Service:
    """One service, as it would be started."""
    found = compose(*overrides)["services"][name]
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


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {**first, **{key: _joined(key, first.get(key), value) for key, value in second.items()}}


def _joined(key: str, before: Any, value: Any) -> Any:
    if isinstance(before, dict) and isinstance(value, dict):
        return _merged(before, value)
    if isinstance(before, list) and isinstance(value, list) and key not in REPLACED:
        return [*before, *value]
    return value


def _shared(volume: str) -> tuple[str, str]:
    here, there, *_ = volume.split(":")
    return there, str(ROOT / here)


def _led_back(word: str, shared: dict[str, str]) -> str:
    for there, here in shared.items():
        word = word.replace(there, here)
    return word
