"""How fast the machine is while something is measured: it may be shared, and two processors one core."""

from __future__ import annotations

import time

import numpy as np
from typing_extensions import override

_ROUNDS = 5_000


class Speed:
    """A loop of fixed length, now and then, in processor time of its own thread."""

    def __init__(self) -> None:
        self._took: list[float] = []

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
            f"{half:.2f} in half of the looks, {most:.2f} and more in a tenth of them"
        )
