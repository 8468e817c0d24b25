"""Asks for known vulnerabilities of all locked packages: `python -m tests.vulnerabilities`.

It needs the network, so it is no part of the tests. Exit code 1 means that a package has one, 3 that nothing
could be asked.
"""

import json
import subprocess
import sys
from typing import Any

from tests.serving import ROOT

FOUND, NOT_ASKED = 1, 3


def main() -> None:
    """Ask for each lock file, and print what was found and how many packages were asked for."""
    asked: set[str] = set()
    skipped: set[str] = set()
    found: dict[str, str] = {}
    for name in ("serve", "train", "dev"):
        for package in audit(f"requirements/{name}.txt"):
            label = f"{package['name']} {package.get('version', '')}".strip()
            (skipped if "skip_reason" in package else asked).add(label)
            for one in package.get("vulns", []):
                fixed = ", ".join(one["fix_versions"]) or "none yet"
                found[f"{label} {one['id']}"] = f"fixed in {fixed}"
    for label, text in sorted(found.items()):
        print(f"{label}: {text}")
    print(f"{len(asked)} packages asked for, {len(found)} vulnerabilities")
    if skipped:
        print(f"{len(skipped)} packages are unknown to the database in this version")
    if not asked:
        print("nothing was audited: the database (pypi.org) cannot be reached from here")
    sys.exit(FOUND if found else 0 if asked else NOT_ASKED)


def audit(file: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package of a lock file; nothing if it cannot ask."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", file, "--require-hashes"]
    options = ["--disable-pip", "--format=json", "--progress-spinner=off"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    packages: list[dict[str, Any]] = (
        json.loads(done.stdout)["dependencies"] if done.stdout.startswith("{") else []
    )
    return packages


if __name__ == "__main__":
    main()
