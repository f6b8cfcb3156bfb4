"""Values as codes, and what a test says of each code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .thresholds import Bools
from .values import tester

_MOST_TABLES = 256


class Dictionary:
    """The different values of a column, numbered as they come in."""

    def __init__(self) -> None:
        self._codes: dict[Any, int] = {}
        self._values: list[Any] = []
        self._tables: dict[p.Test, Bools] = {}

    def codes(self, values: Sequence[Any]) -> NDArray[np.int64]:
        """A code for each value; the same for equal ones."""
        known = self._codes
        for value in values:
            if value not in known:
                known[value] = len(self._values)
                self._values.append(value)
        return np.asarray([known[value] for value in values], np.int64)

    def forget_all_but(self, used: NDArray[np.int64]) -> None:
        """Forget values whose codes are not among these; their codes are not given again."""
        for code in np.setdiff1d(np.arange(len(self._values)), used).tolist():
            if self._codes.get(self._values[code]) == code:
                del self._codes[self._values[code]]
            self._values[code] = None

    def table(self, test: p.Test) -> Bools:
        """For each code, whether its value passes a test that stands still."""
        table = self._tables.get(test)
        if table is None:
            if len(self._tables) >= _MOST_TABLES:
                self._tables.clear()
            table = np.empty(0, np.bool_)
        if len(table) < len(self._values):
            holds = tester(test)
            new = [holds(value) for value in self._values[len(table) :]]
            table = np.concatenate((table, np.asarray(new, np.bool_)))
        self._tables[test] = table
        return table
