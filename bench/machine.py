"""How fast the machine is while something is measured: it may be shared, and two processors one core."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from typing_extensions import override

_ROUNDS = 5_000
_TIMES = Path("/proc/stat")
_STEAL = 7  # the place of this in the first line there


class Speed:
    """A loop of fixed length, now and then, in processor time of its own thread."""

    def __init__(self) -> None:
        self._took: list[float] = []
        self._before = _processor_times()

    def look(self) -> None:
        """Run the loop once."""
        begun = time.thread_time()
        total = 0
        for number in range(_ROUNDS):
            total += number * number
        self._took.append(time.thread_time() - begun)

    @override
    def __str__(self) -> str:
        fastest, half, most = np.percentile(np.array(self._took) * 1000, [0, 50, 90])
        return (
            f"a loop of fixed length beside it took {fastest:.2f} ms at best, "
            f"{half:.2f} in half of the looks, {most:.2f} and more in a tenth of them{self._taken()}"
        )

    def _taken(self) -> str:
        """How much of the processors the host gave to other machines since the beginning."""
        passed = [
            now - before for before, now in zip(self._before, _processor_times(), strict=True)
        ]
        if not sum(passed):
            return ""
        return (
            f"; the host gave {100 * passed[_STEAL] / sum(passed):.1f}% of the processors to others"
        )


def _processor_times() -> list[int]:
    """Ticks by what they went to, guests left out; zeros where that is not told."""
    if not _TIMES.exists():
        return [0] * (_STEAL + 1)
    return [int(one) for one in _TIMES.read_text().splitlines()[0].split()[1 : _STEAL + 2]]
