"""One peer in a process of its own: `python -m peers.child NAME FOLDER SEGMENTS`, an Outcome as JSON."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import engine_data as data


def main() -> None:
    name, folder, count = sys.argv[1:]
    peer = importlib.import_module(f"peers.with_{name}")
    outcome = peer.run(Path(folder), data.segments(int(count)))
    outcome.peak_mb = outcome.peak_mb or data.peak_mb()
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
