"""A file of large arrays, each block of them with its checksum, and a head that says what they are.

Blocks of zeros take no place in it, nor memory when they are read. A file that was not finished, was
cut short or altered is never taken for a whole one, so nothing has to be forced to disk.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from .mapped import zeros

_BLOCK = 4 << 20
_THREADS = 4
_MAGIC = b"carpel1\n"
_TAIL = struct.Struct("<QQI8s")  # where the table is, its length and checksum


class Damaged(Exception):
    """The file is not a whole file of parts."""


class _Part(msgspec.Struct, array_like=True):
    """Where an array lies; the checksum of each of its blocks, None for one of zeros."""

    offset: int
    length: int
    sums: list[int | None]


class _Table(msgspec.Struct):
    parts: list[_Part]
    head: bytes


class PartsWriter:
    """Writes a new file; `finish` makes it one that can be read."""

    def __init__(self, file: Path) -> None:
        self._handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._parts: list[_Part] = []
        self._end = 0
        self._pool = ThreadPoolExecutor(_THREADS, "carpel-parts")

    def add(self, array: memoryview) -> int:
        """Write an array of bytes; returns its number."""
        start = self._end

        def put(place: int) -> int | None:
            block = array[place : place + _BLOCK]
            if not np.frombuffer(block, np.uint8).any():
                return None
            _write(self._handle, block, start + place)
            return crc32(block)

        sums = list(self._pool.map(put, range(0, len(array), _BLOCK)))
        self._parts.append(_Part(start, len(array), sums))
        self._end += len(array)
        return len(self._parts) - 1

    def finish(self, head: bytes) -> int:
        """Write what the parts are; returns how many bytes the file takes on disk."""
        table = msgspec.msgpack.encode(_Table(self._parts, head))
        tail = _TAIL.pack(self._end, len(table), crc32(table), _MAGIC)
        _write(self._handle, memoryview(table + tail), self._end)
        return os.fstat(self._handle).st_blocks * 512

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        os.close(self._handle)


class Parts:
    """A file of parts, open for reading; also when it is deleted meanwhile."""

    def __init__(self, file: Path) -> None:
        """Read the head.

        Raises:
            OSError: there is no such file, or it cannot be read.
            Damaged: it is no whole file of parts.
        """
        self._handle = os.open(file, os.O_RDONLY)
        try:
            self._table = _read_table(self._handle)
        except BaseException:
            os.close(self._handle)
            raise

    @property
    def head(self) -> bytes:
        """What was given to `finish`."""
        return self._table.head

    @property
    def nbytes(self) -> int:
        """How many bytes it takes on disk."""
        return os.fstat(self._handle).st_blocks * 512

    def read(self, numbers: Sequence[int]) -> list[NDArray[np.uint8]]:
        """Some arrays, in memory of their own.

        Raises:
            Damaged: one of them is not as it was written.
        """
        parts = [self._table.parts[number] for number in numbers]
        found = [zeros(part.length) for part in parts]
        blocks = [
            (part, array, place)
            for part, array in zip(parts, found, strict=True)
            for place in range(0, part.length, _BLOCK)
        ]

        def get(block: tuple[_Part, NDArray[np.uint8], int]) -> None:
            part, array, place = block
            wanted = part.sums[place // _BLOCK]
            if wanted is not None:
                self._fill(array[place : place + _BLOCK], part.offset + place, wanted)

        with ThreadPoolExecutor(_THREADS, "carpel-parts") as pool:
            for _ in pool.map(get, blocks):
                pass
        return found

    def close(self) -> None:
        os.close(self._handle)

    def _fill(self, block: NDArray[np.uint8], offset: int, wanted: int) -> None:
        view = block.data
        while view:
            count = os.preadv(self._handle, [view], offset)
            if not count:
                raise Damaged("it ends too early")
            view, offset = view[count:], offset + count
        if crc32(block.data) != wanted:
            raise Damaged("a checksum does not agree")


def _write(handle: int, block: memoryview, offset: int) -> None:
    while block:
        count = os.pwrite(handle, block, offset)
        block, offset = block[count:], offset + count


def _read_table(handle: int) -> _Table:
    end = os.fstat(handle).st_size - _TAIL.size
    if end < 0:
        raise Damaged("it is too short")
    start, length, checksum, magic = _TAIL.unpack(os.pread(handle, _TAIL.size, end))
    if magic != _MAGIC or start + length != end:
        raise Damaged("it does not end as it should")
    table = os.pread(handle, length, start)
    if len(table) != length or crc32(table) != checksum:
        raise Damaged("a checksum does not agree")
    try:
        return msgspec.msgpack.decode(table, type=_Table)
    except msgspec.MsgspecError as error:
        raise Damaged(str(error)) from None
