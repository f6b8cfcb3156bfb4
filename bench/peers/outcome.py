"""What a peer's process hands back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Every segment's count, in order, and how long each step took, in seconds.

    `loading` is bringing the data into the peer's own form; it is shown, and not compared: what we
    compare with starts from data that it holds as well. `processors_s` is what the compared steps used
    of processors, as far as the process itself did them; on a shared machine it is the steadier figure.
    `peak_mb`: 0 for what the process itself took at most.
    """

    counts: list[int] = field(default_factory=list)
    loading: dict[str, float] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    processors_s: float = 0
    note: str = ""
    peak_mb: int = 0

    @property
    def seconds(self) -> float:
        """All that is compared."""
        return sum(self.steps.values())

    @contextmanager
    def timing(self, step: str, *, loading: bool = False) -> Iterator[None]:
        """Keep how long the block took."""
        begun, used = time.perf_counter(), time.process_time()
        yield
        (self.loading if loading else self.steps)[step] = time.perf_counter() - begun
        if not loading:
            self.processors_s += time.process_time() - used
