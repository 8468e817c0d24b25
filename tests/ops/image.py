"""Replays the Dockerfile without an engine: each stage is an overlay over this machine, with its own Python.

Root is needed, in a mount namespace of its own, so that nothing here is left behind or seen outside.
"""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.serving import ROOT

BASE = "python:3.13.2-slim"
PYTHON = "PYTHON_3_13"


@dataclass(frozen=True)
class Instruction:
    """One line of the Dockerfile, its continuations joined."""

    word: str
    text: str

    @property
    def values(self) -> list[str]:
        """What is written as a JSON list, or as words."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


@dataclass
class Stage:
    """What a stage begins with, its steps, and what it hands on."""

    name: str
    parent: str
    steps: list[Instruction] = field(default_factory=list)
    layers: list[Path] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    root: Path = Path()


def instructions(text: str) -> Iterator[Instruction]:
    """The Dockerfile's instructions, in order."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield Instruction(word.upper(), rest.strip())


def stages(text: str) -> dict[str, Stage]:
    """The stages by name, in order; the last is what is built when none is named."""
    found: dict[str, Stage] = {}
    for one in instructions(text):
        if one.word == "FROM":
            parent, _, name = one.text.split()
            stage = found[name] = Stage(name, parent)
        else:
            stage.steps.append(one)
    return found


class Image:
    """A target, built step by step in a folder that only this namespace sees."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages = stages((ROOT / "Dockerfile").read_text())

    def build(self, name: str) -> Stage:
        """Build a stage with all that it is made from."""
        stage = self._stages[name]
        if stage.layers:
            return stage
        if stage.parent != BASE:
            parent = self.build(stage.parent)
            stage.layers = [*parent.layers]
            stage.environment = {**parent.environment}
            stage.folder, stage.user = parent.folder, parent.user
            stage.entrypoint, stage.command = parent.entrypoint, parent.command
        for step in stage.steps:
            if step.word == "COPY" and step.text.startswith("--from="):
                self.build(step.text.split()[0].removeprefix("--from="))
        self._mount(stage)
        for step in stage.steps:
            self._do(stage, step)
        return stage

    def _mount(self, stage: Stage) -> None:
        own = self._folder / stage.name
        upper, work, stage.root = own / "upper", own / "work", own / "root"
        for one in (upper, work, stage.root):
            one.mkdir(parents=True)
        lower = ":".join(map(str, [*stage.layers, Path("/")]))
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, stage.root], check=True)
        python = os.environ[PYTHON]
        for here, there in ((python, "usr/local"), ("/dev", "dev"), ("/proc", "proc")):
            subprocess.run(["mount", "--rbind", here, stage.root / there], check=True)
        # What the machine has in these places is not in the image.
        for empty in ("srv", "opt/venv"):
            if not stage.layers:
                shutil.rmtree(stage.root / empty, ignore_errors=True)
                (stage.root / empty).mkdir()
        subprocess.run(["chroot", stage.root, "ldconfig"], check=True)
        stage.layers = [upper, *stage.layers]

    def _do(self, stage: Stage, step: Instruction) -> None:
        match step.word:
            case "ENV":
                for pair in shlex.split(step.text):
                    name, _, value = pair.partition("=")
                    path = stage.environment.get(
                        "PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                    )
                    stage.environment[name] = value.replace("$PATH", path)
            case "WORKDIR":
                stage.folder = step.text
                (stage.root / step.text.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                stage.user = step.text
            case "COPY":
                self._copy(stage, step.text.split())
            case "RUN":
                subprocess.run(self.inside(stage, ["sh", "-c", step.text]), check=True)
            case "ENTRYPOINT":
                stage.entrypoint = step.values
            case "CMD":
                stage.command = step.values
            case "EXPOSE" | "HEALTHCHECK":
                pass
            case other:
                raise AssertionError(f"this replay does not know {other}")

    def _copy(self, stage: Stage, words: list[str]) -> None:
        source = ROOT
        if words[0].startswith("--from="):
            source = self._stages[words.pop(0).removeprefix("--from=")].root
        *names, target = words
        place = stage.root / stage.folder.lstrip("/")
        place = stage.root / target.lstrip("/") if target.startswith("/") else place / target
        for name in names:
            origin = source / name.lstrip("/")
            if origin.is_dir():
                ignore = shutil.ignore_patterns("__pycache__") if source == ROOT else None
                shutil.copytree(origin, place, symlinks=True, dirs_exist_ok=True, ignore=ignore)
                continue
            if target.endswith("/"):
                place.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, place)

    def inside(self, stage: Stage, command: list[str], **more: str) -> list[str]:
        """The command that runs another inside a stage, as its user, with its environment alone."""
        uid, _, gid = stage.user.partition(":")
        passed = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        environment = {**passed, "HOME": "/root" if uid == "0" else "/nonexistent"}
        environment |= {**stage.environment, **more}
        variables = [f"{name}={value}" for name, value in environment.items()]
        limits = ["setpriv", f"--reuid={uid}", f"--regid={gid or uid}", "--clear-groups"]
        if uid != "0":
            limits += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        inner = f'cd {stage.folder} && exec "$@"'
        changing = ["chroot", str(stage.root), *limits, "env", "-i", *variables]
        return [*changing, "sh", "-c", inner, "sh", *command]

    def close(self, stage: Stage, shared: dict[Path, str]) -> None:
        """Mount what is shared, and make the rest read-only but for /tmp, as the compose file does."""
        for here, there in shared.items():
            place = stage.root / there
            if here.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", here, place], check=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "mode=1777", "tmp", stage.root / "tmp"], check=True
        )
        subprocess.run(["mount", "-o", "remount,ro", stage.root], check=True)
