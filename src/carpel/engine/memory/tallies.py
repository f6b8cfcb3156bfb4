"""How many of each contact's events are chosen, for many choices at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bits import Bytes, Places
from .thresholds import Bools

_FEW = 512  # columns; of more, bits are put together quicker than `packbits` does
_MOST = 255  # that fit into a byte
# Of each byte the bits, each as a byte of a word.
_SPREAD = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
_WORDS = _SPREAD.view(np.uint64).ravel()


def eights(truths: Bools) -> Bytes:
    """From rows of truths to a row for each eight of them: bytes, with a bit for each."""
    if truths.shape[1] < _FEW:
        return np.packbits(truths, axis=0, bitorder="little")
    rows = truths.view(np.uint8)
    found = rows[::8].copy()
    for place, row in enumerate(rows):
        if place & 7:
            found[place >> 3] |= row << np.uint8(place & 7)
    return found


def counts_of(chosen: Bools, edges: Places) -> NDArray[Any]:
    """For each row how many are chosen from each edge to before the next.

    Eight rows are counted at once, each in a byte of a word; sums of words tell them apart as long
    as no contact has too many events for a byte.
    """
    lengths = np.diff(edges)
    if lengths.max(initial=0) > _MOST:
        return np.asarray(sums_between(chosen, edges, np.int32))
    found = np.empty((len(chosen), len(lengths)), np.uint8)
    for place, bits in enumerate(eights(chosen)):
        rows = found[8 * place : 8 * place + 8]
        words = sums_between(_WORDS.take(bits)[None], edges)[0]
        rows[:] = words.view(np.uint8).reshape(-1, 8).T[: len(rows)]
    return found


def sums_between(rows: NDArray[Any], edges: Places, kind: Any = None) -> Any:
    """For each row the sums of what lies from each edge to before the next."""
    found = running(rows, kind).take(edges, axis=1)
    return found[:, 1:] - found[:, :-1]


def edges_within(chosen: Bools, edges: Places) -> Places:
    """The edges when only those that are chosen are left."""
    return np.asarray(running(chosen, np.int64).take(edges))


def running(rows: NDArray[Any], kind: Any = None) -> Any:
    """For each row the sums of what lies before each place, and at the end of all."""
    total = np.zeros((*rows.shape[:-1], rows.shape[-1] + 1), kind or rows.dtype)
    np.cumsum(rows, axis=-1, dtype=total.dtype, out=total[..., 1:])
    return total
