"""What tests fetch once for a checkout: made by one worker, kept until what it is made from changes."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
CLIENTS = ROOT / "tests" / "clients"


def fetched(name: str, made_from: list[Path], make: Callable[[Path], None]) -> Path:
    """A folder under .tools that `make` filled; workers wait for the one that makes it."""
    TOOLS.mkdir(exist_ok=True)
    place = TOOLS / name
    mark = place / ".made-from"
    fingerprint = hashlib.sha256(b"".join(one.read_bytes() for one in made_from)).hexdigest()
    with (TOOLS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != fingerprint:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(place)
            mark.write_text(fingerprint)
    return place
