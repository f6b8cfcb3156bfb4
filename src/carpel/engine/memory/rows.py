"""The answers of contacts that something has changed for, before they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .bits import Bytes
from .contacts import mask_of
from .due import Contacts
from .events import Stream
from .timed import Timed


@dataclass
class Rows:
    """A row of bits for each of some contacts, ascending."""

    contacts: Contacts
    cells: Bytes

    def of(self, contacts: Contacts) -> Bytes:
        """A copy of the rows of some of them."""
        return np.asarray(self.cells[self._places(contacts)])

    def put(self, contacts: Contacts, rows: Any) -> None:
        """Other rows for some of them."""
        self.cells[self._places(contacts)] = rows

    def answer(self, source: Stream | Timed, contacts: Contacts, now: int) -> None:
        """Work out one source's leaves for some of them."""
        if not len(contacts):
            return
        if isinstance(source, Stream):
            asked, answers = source.answers(contacts, now)
            places = self._places(contacts)
            if not isinstance(asked.bytes, slice):
                places = places[:, None]
            cells = self.cells[places, asked.bytes]
            cells &= ~asked.mask
            cells |= answers
            self.cells[places, asked.bytes] = cells
        else:
            rows = self.of(contacts)
            rows &= ~mask_of(source.slots, rows.shape[1])
            source.bits(contacts, rows, now)
            self.put(contacts, rows)

    def _places(self, contacts: Contacts) -> Any:
        return np.searchsorted(self.contacts, contacts)
