"""Make .venv with everything in the lock file, on a machine that has nothing but Python.

uv does the work. It is taken from PATH, or installed into .tools with pip, or, where Python comes
without pip and venv, its wheel is fetched from the package index and checked against a hash.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
UV_VERSION = "0.13.8"
OLDEST_UV = (0, 8)
OLDEST_PYTHON = (3, 11)
INDEX = "https://pypi.org/pypi/uv/{version}/json"


def main() -> None:
    """Find or fetch uv, then let it make the environment; arguments go to `uv sync`."""
    uv = find_uv()
    # The machine's own certificates, so that it works behind a company's proxy too.
    environment = {
        "UV_SYSTEM_CERTS": "true",
        **_this_python(),
        **os.environ,
        "UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv"),
    }
    command = [uv, "sync", "--locked", "--project", str(ROOT), *sys.argv[1:]]
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


def _this_python() -> dict[str, str]:
    """Let the environment have the Python that runs this, where it is new enough."""
    if sys.version_info < OLDEST_PYTHON:
        return {}
    return {"UV_PYTHON": getattr(sys, "_base_executable", sys.executable)}


def find_uv() -> str:
    """The uv of this machine, or one fetched into the checkout."""
    return _on_path() or _installed() or _with_pip() or _from_index()


def _on_path() -> str | None:
    found = shutil.which("uv")
    return found if found and _works(found) else None


def _installed() -> str | None:
    for place in (TOOLS / "venv" / "bin" / "uv", TOOLS / "uv"):
        if place.exists() and _works(str(place)):
            return str(place)
    return None


def _works(uv: str) -> bool:
    try:
        said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout
        version = said.split()[1].split(".")
        return (int(version[0]), int(version[1])) >= OLDEST_UV
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return False


def _with_pip() -> str | None:
    venv = TOOLS / "venv"
    make = [sys.executable, "-m", "venv", str(venv)]
    install = [str(venv / "bin" / "pip"), "install", "--quiet", f"uv=={UV_VERSION}"]
    try:
        subprocess.run(make, capture_output=True, check=True)
        subprocess.run(install, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(venv, ignore_errors=True)
        return None
    return _installed()


def _from_index() -> str:
    """The binary out of uv's wheel for this machine."""
    with urllib.request.urlopen(INDEX.format(version=UV_VERSION)) as answer:  # noqa: S310
        files = json.load(answer)["urls"]
    wheel = next((one for one in files if _fits(one["filename"])), None)
    if wheel is None:
        sys.exit("there is no uv for this machine; install it from https://docs.astral.sh/uv/")
    with urllib.request.urlopen(wheel["url"]) as answer:  # noqa: S310
        data = answer.read()
    if hashlib.sha256(data).hexdigest() != wheel["digests"]["sha256"]:
        sys.exit("the download of uv is damaged")
    TOOLS.mkdir(exist_ok=True)
    archive = TOOLS / "uv.whl"
    archive.write_bytes(data)
    with zipfile.ZipFile(archive) as opened:
        name = next(one for one in opened.namelist() if one.endswith("/scripts/uv"))
        (TOOLS / "uv").write_bytes(opened.read(name))
    archive.unlink()
    (TOOLS / "uv").chmod(0o755)
    return str(TOOLS / "uv")


def _fits(wheel: str) -> bool:
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if sys.platform == "darwin":
        return "macosx" in wheel and ("arm64" if machine == "aarch64" else machine) in wheel
    libc = "musllinux" if platform.libc_ver()[0] != "glibc" else "manylinux"
    return libc in wheel and f"_{machine}." in wheel


if __name__ == "__main__":
    main()
