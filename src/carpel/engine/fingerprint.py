"""What the meaning of a world's arrays depends on besides the data: this code, and what it uses."""

from __future__ import annotations

import sys
import zoneinfo
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

# Everything that a world is made by; nothing in these rooms asks a room above them.
_ROOMS = ("engine", "storage", "kit")
_LIBRARIES = ("numpy", "pyroaring", "duckdb", "tzdata")
_ZONE_VERSIONS = ("tzdata.zi", "+VERSION")
_FIRST_LINE = 80


@cache
def fingerprint() -> str:
    """The same text as long as a world that was kept means now what it meant then.

    Ask for it when the process begins: later another version may lie where this one came from.

    Raises:
        OSError: the code cannot be read.
    """
    digest = sha256()
    package = Path(__file__).parents[1]
    files = [file for room in _ROOMS for file in sorted((package / room).rglob("*.py"))]
    if not files:
        raise FileNotFoundError(f"there is no code in {package}")
    for file in files:
        digest.update(file.relative_to(package).as_posix().encode() + b"\0")
        digest.update(file.read_bytes() + b"\0")
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\0".encode())
    digest.update(f"{sys.version} {sys.byteorder}\0".encode())
    for folder in zoneinfo.TZPATH:  # zones by the system's rules come before the package's
        for name in _ZONE_VERSIONS:
            file = Path(folder, name)
            if file.is_file():
                digest.update(file.read_bytes()[:_FIRST_LINE])
    return digest.hexdigest()
