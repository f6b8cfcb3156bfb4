"""Since when the members with numbers in one part are in: packed, and worked on as an array.

A part is 65,536 consecutive contact numbers. Where all of them came in at once, which is what a
segment's first fill leaves, it takes a bitmap and one instant.
"""

from __future__ import annotations

import zlib

import msgspec
import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from .model import PART, SHIFT

Instants = npt.NDArray[np.int64]

_NEVER = np.iinfo(np.int64).min


class _Packed(msgspec.Struct, array_like=True):
    members: bytes  # roaring bitmap of numbers within the part
    instants: bytes  # the distinct ones, 8 bytes each
    which: bytes  # for each member the place of its instant; empty where there is one only


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


def empty() -> Instants:
    """A part without members."""
    return np.full(PART, _NEVER, dtype=np.int64)


def unpack(body: bytes) -> Instants:
    """For each place of the part since when its contact is in; `is_in` tells those who are not."""
    packed = _decode(body)
    instants = np.frombuffer(packed.instants, dtype=np.int64)
    part = empty()
    members = np.array(BitMap.deserialize(packed.members).to_array(), dtype=np.int64)
    if len(instants) == 1:
        part[members] = instants[0]
    else:
        kind = np.uint8 if len(instants) <= 1 << 8 else np.uint16
        part[members] = instants[np.frombuffer(zlib.decompress(packed.which), dtype=kind)]
    return part


def pack(part: Instants) -> bytes | None:
    """A part as it is stored; None when nobody is in."""
    members = np.flatnonzero(part != _NEVER)
    if not len(members):
        return None
    times = part[members]
    bitmap = BitMap(members.astype(np.uint32))
    bitmap.run_optimize()
    if times.min() == times.max():
        return _encode(_Packed(bitmap.serialize(), times[:1].tobytes(), b""))
    instants, which = np.unique(times, return_inverse=True)
    kind = np.uint8 if len(instants) <= 1 << 8 else np.uint16
    body = zlib.compress(which.astype(kind).tobytes(), 1)
    return _encode(_Packed(bitmap.serialize(), instants.tobytes(), body))


def members(body: bytes, part: int) -> BitMap:
    """The contact numbers of a stored part."""
    return BitMap.deserialize(_decode(body).members).shift(part << SHIFT)


def instant_of(part: Instants, number: int) -> int | None:
    """Since when a contact is in; None when it is not."""
    found = int(part[number & (PART - 1)])
    return None if found == _NEVER else found


def enter(part: Instants, places: npt.NDArray[np.int64], at: int) -> None:
    """Let contacts be in since an instant."""
    part[places] = at


def leave(part: Instants, places: npt.NDArray[np.int64]) -> None:
    """Let contacts be out."""
    part[places] = _NEVER
