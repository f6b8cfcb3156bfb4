"""One random timeline from beginning to end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine as conjecture

from support.compared import Compared
from support.population import Population
from support.population_strategies import populations
from support.tight import tightened
from support.timeline_strategies import Theme

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a file system that forgets; where there is none, the usual)
STEPS = (8, 40)
CROWDS = populations(people=(3, 7), fewest=(6, 16), most=32)

# A timeline draws several times what Hypothesis gives one example, and would be cut off in the middle.
conjecture.BUFFER_SIZE = 128 * 1024


class Stopped(BaseException):
    """Somebody does not want to see the end."""


def went(population: Population, data: st.DataObject, theme: Theme, tally: Counter[str]) -> None:
    """A timeline, compared after each step; `tally` is counted up.

    Raises:
        Stopped: the tally has a `stop`.
    """
    tally["timelines"] += 1
    folders = TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None)
    with folders as folder, tightened(data) as bounds:
        tally["timelines with low bounds"] += bool(bounds)
        timeline = Compared(Path(folder) / "of", data, theme, tally)
        try:
            timeline.begin(population)
            timeline.check()
            for _ in range(data.draw(st.integers(*STEPS))):
                timeline.go_on()
                tally["steps"] += 1
                if tally["stop"]:
                    raise Stopped
        finally:
            timeline.close()
