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
    compare with starts from data that it holds as well.
    `peak_mb`: 0 for what the process itself took at most.
    """

    counts: list[int] = field(default_factory=list)
    loading: dict[str, float] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    note: str = ""
    peak_mb: int = 0

    @property
    def seconds(self) -> float:
        """All that is compared."""
        return sum(self.steps.values())

    @contextmanager
    def timing(self, step: str, *, loading: bool = False) -> Iterator[None]:
        """Keep how long the block took."""
        begun = time.perf_counter()
        yield
        (self.loading if loading else self.steps)[step] = time.perf_counter() - begun
