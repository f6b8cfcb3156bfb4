"""Columns of contacts read some rows at a time, and kept by contact number: as codes or as dates."""

from __future__ import annotations

import threading
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .bits import Places
from .coding import Array, Codes, Encoded, by_cuts, narrow, whole_numbers
from .due import Times
from .growing import filled
from .recording import Known
from .thresholds import MISSING

# A column, for numbers below a limit; what is put are the values of these contacts.
Gathered: TypeAlias = "Standing | Values | Dates"


class Population:
    """Who is there."""

    def __init__(self, contacts: int) -> None:
        self.flags = np.zeros(contacts, np.uint8)

    def put(self, contacts: Places | slice) -> None:
        self.flags[contacts] = 1


class Standing:
    """Where numbers or dates stand among constants, as `Cuts` has it; the last code: no contact."""

    def __init__(self, constants: NDArray[np.int64], contacts: int) -> None:
        self._constants = constants
        nobody = 2 * len(constants) + 2
        self.codes: Codes = np.full(contacts, nobody, narrow(nobody))
        self.fits = True  # unless some number is too large for 64 bits

    def put(self, contacts: Places | slice, array: Array) -> None:
        whole = whole_numbers(array)
        if whole is None:
            self.fits = False
        else:
            self.codes[contacts] = by_cuts(self._constants, whole)


class Values:
    """Each different value once; code 0: no contact."""

    def __init__(self, contacts: int) -> None:
        self._codes: Codes = np.zeros(contacts, np.uint8)
        self._known = Known({_NOBODY: 0})
        self._writing = threading.Lock()

    def put(self, contacts: Places | slice, array: Array) -> None:
        codes = self._known.coded(array)
        with self._writing:
            if codes.dtype.itemsize > self._codes.dtype.itemsize:
                self._codes = self._codes.astype(codes.dtype)
            self._codes[contacts] = codes

    def encoded(self) -> Encoded:
        """All of it; the first value is of no contact, and means nothing."""
        return Encoded(self._codes, [None, *list(self._known.codes)[1:]])


class Dates:
    """Instants, `MISSING` where there is none."""

    def __init__(self, contacts: int) -> None:
        self.values: Times = filled((contacts,), np.int64, MISSING)

    def put(self, contacts: Places | slice, array: Array) -> None:
        whole = whole_numbers(array)
        if whole is not None:
            times, there = whole
            self.values[contacts] = np.where(there, times, MISSING)


_NOBODY = object()
