"""One peer in a process of its own: `python -m peers.child NAME FOLDER SEGMENTS`, an Outcome as JSON."""

from __future__ import annotations

import importlib
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

import engine_data as data


def main() -> None:
    name, folder, count = sys.argv[1:]
    peer = importlib.import_module(f"peers.with_{name}")
    outcome = peer.run(Path(folder), data.segments(int(count)))
    outcome.peak_mb = outcome.peak_mb or peak_mb()
    print(json.dumps(asdict(outcome)))


def peak_mb() -> int:
    """The most memory that this process had; the kernel's older figure also knows its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20  # macOS counts in bytes


if __name__ == "__main__":
    main()
