"""Runs: what a stretch of a segment's changes made of the contacts of one part, packed.

A part is 65,536 consecutive contact numbers, and a place is a number within it. A contact is in a run
once: since when it is in, or that it left. Where all came in at once, which is what a segment's first
fill leaves, a run takes a bitmap and one instant.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from carpel.engine.memory.bitmaps import bitmap_of
from carpel.engine.memory.sorting import firsts

from .model import PART

Numbers = npt.NDArray[np.uint32]
Places = npt.NDArray[np.uint16]
Instants = npt.NDArray[np.int64]

# In the place of an instant: who left, and in work on whole parts whom a run does not have.
LEFT = np.iinfo(np.int64).min
_NOTHING = LEFT + 1

# So few contacts are sorted; with more, an array of the whole part is quicker.
_FEW = 8_192
_FEW_INSTANTS = 256  # are told apart without NumPy

# So many runs of similar size become one.
_MANY = 4


class _Packed(msgspec.Struct, array_like=True):
    members: bytes  # roaring bitmap of the places of those who are in
    instants: bytes  # the distinct ones, 8 bytes each
    which: bytes  # for each member the place of its instant; empty where there is one only
    left: bytes = b""  # roaring bitmap of the places of those who left; empty where nobody did


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


@dataclass(frozen=True)
class Run:
    """Places in ascending order, each once, and since when each is in, or `LEFT`."""

    places: Places
    since: Instants

    def __len__(self) -> int:
        return len(self.places)

    def without(self, places: BitMap) -> Run:
        """The same with some contacts forgotten."""
        kept = ~np.isin(self.places, _array(places))
        return Run(self.places[kept], self.since[kept])


def pack(run: Run) -> bytes:
    """A run as it is stored."""
    inside = run.since != LEFT
    left = b"" if inside.all() else _bitmap(run.places[~inside])
    members, times = _bitmap(run.places[inside]), run.since[inside]
    if not len(times) or times.min() == times.max():
        return _encode(_Packed(members, times[:1].tobytes(), b"", left))
    instants, which = _distinct(times)
    return _encode(_Packed(members, instants.tobytes(), _deflated(which), left))


def unpack(body: bytes) -> Run:
    """A stored run."""
    packed = _decode(body)
    inside = _array(BitMap.deserialize(packed.members))
    left = _array(_left(packed))
    if not len(left):
        return Run(inside, _times(packed, len(inside)))
    if len(inside) + len(left) <= _FEW:
        gone = Run(left, np.full(len(left), LEFT))
        return _merge_few([Run(inside, _times(packed, len(inside))), gone])
    dense = _nobody()
    dense[inside], dense[left] = _times(packed, len(inside)), LEFT
    return _run(dense)


def merge(newest_first: Sequence[Run], *, oldest: bool) -> Run:
    """Runs that follow each other as one.

    Args:
        newest_first: the runs.
        oldest: whether no run is older than these: then who left need not be said.
    """
    if sum(map(len, newest_first)) <= _FEW:
        merged = _merge_few(newest_first)
        inside = merged.since != LEFT
        return Run(merged.places[inside], merged.since[inside]) if oldest else merged
    dense = _nobody()
    for run in reversed(newest_first):
        dense[run.places] = run.since
    if oldest:
        dense[dense == LEFT] = _NOTHING
    return _run(dense)


def _merge_few(newest_first: Sequence[Run]) -> Run:
    places = np.concatenate([run.places for run in newest_first])
    since = np.concatenate([run.since for run in newest_first])
    order = np.argsort(places, kind="stable")
    places, since = places[order], since[order]
    newest = firsts(places)
    return Run(places[newest], since[newest])


def how_many(counts: Sequence[int]) -> int:
    """How many of a part's runs, the newest, are to become one; 0: none yet.

    Those up to the oldest that has no more contacts than all newer ones together, when there are some:
    so a contact is rewritten only when its run at least doubles, but for the first few, and of those
    left each has more than all newer ones: they are few, too.

    Args:
        counts: contacts of each run, the newest first.
    """
    newer = many = 0
    for n, count in enumerate(counts):
        if count <= newer:
            many = n + 1
        newer += count
    return many if many >= _MANY else 0


def moved(body: bytes) -> tuple[BitMap, BitMap]:
    """The places of those whom a stored run has in, and of those who left."""
    packed = _decode(body)
    return BitMap.deserialize(packed.members), _left(packed)


def members(newest_first: Iterable[bytes]) -> BitMap:
    """The places of those whom all stored runs of a part have in."""
    found, known = BitMap(), BitMap()
    for body in newest_first:
        inside, left = moved(body)
        found |= inside - known
        known |= inside
        known |= left
    return found


def look(body: bytes, places: BitMap) -> tuple[dict[int, int], BitMap]:
    """Since when contacts are in by a stored run, by place; and all that it has of them."""
    packed = _decode(body)
    members = BitMap.deserialize(packed.members)
    inside = members & places
    here = inside | (_left(packed) & places)
    if not inside:
        return {}, here
    times = _times(packed, len(members))[np.searchsorted(_array(members), _array(inside))]
    return dict(zip(inside, times.tolist(), strict=True)), here


def _times(packed: _Packed, members: int) -> Instants:
    """Since when each member is in, in the order of places."""
    instants: Instants = np.frombuffer(packed.instants, dtype=np.int64)
    if not packed.which:
        return np.repeat(instants, members)
    kind = np.uint8 if len(instants) <= 1 << 8 else np.uint16
    which = np.frombuffer(zlib.decompress(packed.which), dtype=kind).astype(np.intp)
    return np.take(instants, which)


def _distinct(times: Instants) -> tuple[Instants, bytes]:
    """The distinct instants, and for each time the place of its instant, in one byte or two."""
    if len(times) <= _FEW_INSTANTS:
        known = {one: n for n, one in enumerate(sorted(set(times.tolist())))}
        return np.array(list(known), dtype=np.int64), bytes(known[one] for one in times.tolist())
    instants, which = np.unique(times, return_inverse=True)
    kind = np.uint8 if len(instants) <= 1 << 8 else np.uint16
    return instants, which.astype(kind).tobytes()


def _deflated(body: bytes) -> bytes:
    # Most are short: making room for a window of 32 KiB would take longer than all else.
    small = zlib.compressobj(1, wbits=10, memLevel=4) if len(body) <= 1 << 10 else None
    return zlib.compress(body, 1) if small is None else small.compress(body) + small.flush()


def _left(packed: _Packed) -> BitMap:
    return BitMap.deserialize(packed.left) if packed.left else BitMap()


def _bitmap(places: Places) -> bytes:
    bitmap = bitmap_of(places.astype(np.uint32))
    bitmap.run_optimize()
    return bitmap.serialize()


def _array(places: BitMap) -> Places:
    return np.array(places.to_array(), dtype=np.uint16)


def _nobody() -> Instants:
    return np.full(PART, _NOTHING, dtype=np.int64)


def _run(dense: Instants) -> Run:
    places = np.flatnonzero(dense != _NOTHING)
    return Run(places.astype(np.uint16), dense[places])
