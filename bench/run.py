"""Run every benchmark, one after the other: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Each is a command of its own, so that none inherits another's memory."""
    for file in sorted(HERE.glob("bench_*.py")):
        print(f"== {file.name}", flush=True)
        subprocess.run([sys.executable, str(file)], check=True)


if __name__ == "__main__":
    main()
