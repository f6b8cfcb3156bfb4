"""Environments of their own for Python clients that cannot share ours, pinned in tests/clients/python."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from scripts.bootstrap import find_uv

from support.fetched import CLIENTS, fetched

CERTIFICATES = {"UV_SYSTEM_CERTS": "true"}


def python_with(requirements: str, *, at_least: str) -> Path:
    """The interpreter of an environment with the packages of tests/clients/python/NAME.txt.

    Skips the test where there is no such Python and none can be fetched, and says so.
    """
    pins = CLIENTS / "python" / f"{requirements}.txt"

    def make(place: Path) -> None:
        environment = str(place / "venv")
        _uv("venv", "--python", _interpreter(at_least), environment)
        _uv("pip", "install", "--python", environment, "--requirement", str(pins))

    return fetched(requirements, [pins], make) / "venv" / "bin" / "python"


def _interpreter(at_least: str) -> str:
    """One that uv finds; else one of pyenv's, whose shims uv cannot read; else one that uv fetches."""
    found = _try_uv("python", "find", "--no-project", f">={at_least}")
    for one in [found, *_of_pyenv(at_least)]:
        if one and _runs(one, at_least):
            return one
    refused = subprocess.run(
        [find_uv(), "python", "install", at_least],
        env={**CERTIFICATES, **os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    fetched_one = _try_uv("python", "find", "--no-project", f">={at_least}")
    if fetched_one is None:
        pytest.skip(f"no Python {at_least} here, and uv could not fetch one: {refused.stderr}")
    return fetched_one


def _of_pyenv(at_least: str) -> list[str]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [str(one) for one in sorted(root.glob(f"{at_least}*/bin/python"))]


def _runs(python: str, at_least: str) -> bool:
    code = f"import sys, ssl; sys.exit(sys.version_info < ({at_least.replace('.', ', ')}))"
    try:
        return (
            subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _try_uv(*arguments: str) -> str | None:
    done = subprocess.run(
        [find_uv(), *arguments],
        env={**CERTIFICATES, **os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() if done.returncode == 0 else None


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        [find_uv(), "--quiet", *arguments],
        env={**CERTIFICATES, **os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
