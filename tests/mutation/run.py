"""Change the code a little, one place at a time, and see whether a test notices.

Run by `make mutation`, in the environment that holds Cosmic Ray. The code is changed in a copy below
`build/mutation`. `results.json` beside the copy keeps what was learned; `--again` tries the survivors again.
"""

import argparse
import ast
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutation"
CONFIGURATION = tomllib.loads((ROOT / "tests" / "mutation" / "mutation.toml").read_text())
Place = tuple[int, int]


def main() -> None:
    """Try a sample of each package's mutants, and print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    packages = sorted({module.split("/")[1] for module in CONFIGURATION["tests"]})
    parser.add_argument("packages", nargs="*", help=", ".join(packages))
    parser.add_argument("--sample", type=int, default=CONFIGURATION["sample"])
    parser.add_argument("--seed", type=int, default=CONFIGURATION["seed"])
    parser.add_argument("--again", action="store_true", help="try only the survivors again")
    options = parser.parse_args()
    copy_the_code()
    if not options.again:
        shutil.rmtree(BUILD / "trained", ignore_errors=True)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["CREDITAPP_TESTS_TRAINED"] = str(BUILD / "trained")
    for package in options.packages or packages:
        known = read_results().get(package, {}) if options.again else {}
        mutants = sample(package, options.sample, options.seed)
        chosen = [one for one in mutants if name_of(one) in known] if known else mutants
        check_unchanged_code_passes({module_of(one) for one in chosen})
        for mutant in chosen:
            if not known.get(name_of(mutant), {}).get("killed"):
                keep(package, mutant, known)
        print_score(package, known)


def copy_the_code() -> None:
    """Copy every file that git knows; a mutant never touches the working tree."""
    tree = BUILD / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in files.stdout.splitlines():
        if (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
    os.chdir(tree)


def sample(package: str, size: int, seed: int) -> list[MutationSpec]:
    """Draw some mutants of a package; the same seed draws the same from the same code."""
    modules = [Path(one) for one in CONFIGURATION["tests"] if one.split("/")[1] == package]
    with use_db(str(BUILD / "mutants.sqlite")) as database:
        init(modules, database, {})
        all_mutants = [item.mutations[0] for item in database.work_items]
    mutants = sorted(filter(is_worth_trying, all_mutants), key=name_of)
    print(f"{package}: {len(mutants)} mutants, {min(size, len(mutants))} drawn", flush=True)
    return random.Random(seed).sample(mutants, min(size, len(mutants)))


def is_worth_trying(mutant: MutationSpec) -> bool:
    """Whether a mutant changes an expression, not an annotation or the star of a signature."""
    if any(re.search(pattern, mutant.operator_name) for pattern in CONFIGURATION["skipped"]):
        return False
    tree = parsed(mutant.module_path)
    if any(low <= mutant.start_pos <= high for low, high in spans(annotations(tree))):
        return False
    if "BinaryOperator" not in mutant.operator_name:
        return True
    binary = (node for node in ast.walk(tree) if isinstance(node, ast.BinOp))
    return any(low <= mutant.start_pos <= high for low, high in spans(binary))


@cache
def parsed(path: Path) -> ast.Module:
    """A module's tree; hundreds of mutants share it."""
    return ast.parse(path.read_text())


def annotations(tree: ast.Module) -> Iterator[ast.expr]:
    """All annotations of a module."""
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if isinstance(annotation := getattr(node, name, None), ast.expr):
                yield annotation


def spans(nodes: Iterable[ast.expr]) -> Iterator[tuple[Place, Place]]:
    """Where nodes begin and end, as (line, column)."""
    for node in nodes:
        yield (
            (node.lineno, node.col_offset),
            (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
        )


def name_of(mutant: MutationSpec) -> str:
    """A name that is the same in every run over the same code."""
    arguments = json.dumps(mutant.operator_args)
    return f"{mutant.module_path} {mutant.operator_name} {arguments} {mutant.occurrence:03}"


def module_of(mutant: MutationSpec) -> str:
    """The module that a mutant changes, as the configuration writes it."""
    return mutant.module_path.as_posix()


def command_for(module: str) -> str:
    """The command that runs a module's tests, of the folders and files that exist."""
    tests = [path for path in CONFIGURATION["tests"][module].split() if Path(path).exists()]
    return " ".join([CONFIGURATION["pytest"], *tests])


def check_unchanged_code_passes(modules: set[str]) -> None:
    """Make sure that the tests pass before anything is changed: else every mutant seems killed."""
    for command in sorted({command_for(module) for module in modules}):
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the unchanged code fails: {command}\n{done.stdout[-2000:]}")


def keep(package: str, mutant: MutationSpec, known: dict[str, dict[str, object]]) -> None:
    """Try a mutant, and write what became of it; an interrupted run loses nothing."""
    result = mutate_and_test([mutant], command_for(module_of(mutant)), CONFIGURATION["timeout"])
    known[name_of(mutant)] = {"killed": result.is_killed, "diff": result.diff}
    results = {**read_results(), package: known}
    (BUILD / "results.json").write_text(json.dumps(results, indent=1))


def read_results() -> dict[str, dict[str, dict[str, object]]]:
    """What former runs wrote."""
    file = BUILD / "results.json"
    return json.loads(file.read_text()) if file.exists() else {}


def print_score(package: str, known: dict[str, dict[str, object]]) -> None:
    """Print the survivors' differences and the score of a package."""
    for name, result in known.items():
        if not result["killed"]:
            print(f"survived: {name}\n{result['diff']}\n")
    killed = Counter(bool(result["killed"]) for result in known.values())[True]
    print(f"{package}: {killed} of {len(known)} killed", flush=True)


if __name__ == "__main__":
    main()
