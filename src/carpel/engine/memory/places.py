"""Which of the contacts that changed have other values in which columns."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from carpel.storage.columns import ContactRows

from .due import Contacts
from .sorting import together


class Places:
    """Where among changed contacts those are whose answers may be others."""

    def __init__(self, contacts: ContactRows, new: Contacts) -> None:
        """Args: new: the places of those that had no row."""
        self._differs = contacts.differs
        self._numbers = np.asarray(contacts.columns["no"][1], np.int64)
        self._whole = new
        if self._differs is not None:
            self._whole = together(new, self._of(self._differs.whole))
        self._known: dict[str, Contacts] = {}

    def of(self, columns: tuple[str, ...]) -> Contacts:
        """Of whom a leaf that looks at these columns is to be answered again, ascending."""
        if self._differs is None:
            return np.arange(len(self._numbers))
        return together(*(self._of_column(name) for name in columns))

    def _of_column(self, name: str) -> Contacts:
        found = self._known.get(name)
        if found is None:
            assert self._differs is not None  # noqa: S101
            changed = self._of(self._differs.columns.get(name, ()))
            found = self._known[name] = together(self._whole, changed)
        return found

    def _of(self, numbers: Collection[int]) -> NDArray[np.int64]:
        """Those that are still there: who ended later in the batch has no row."""
        asked = together(np.fromiter(numbers, np.int64, len(numbers)))
        places = self._numbers.searchsorted(asked)
        return np.asarray(places[self._numbers.take(places, mode="clip") == asked])
