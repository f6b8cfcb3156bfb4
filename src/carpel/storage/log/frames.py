"""How records lie in a log file: length, checksum and number before each body."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_HEADER = struct.Struct("<IIQ")  # body length, CRC-32 of number and body, number


class LogDamaged(Exception):
    """A record in the middle of the log cannot be read; no tool may guess what it said."""


def frame(seq: int, body: bytes) -> bytes:
    """The bytes of one record."""
    return _HEADER.pack(len(body), _checksum(seq, body), seq) + body


def read_frames(file: Path) -> Iterator[tuple[int, bytes, int]]:
    """Number, body and end offset of each whole record; stops at the first torn one."""
    with file.open("rb") as stream:
        end = 0
        while len(header := stream.read(_HEADER.size)) == _HEADER.size:
            length, checksum, seq = _HEADER.unpack(header)
            body = stream.read(length)
            if len(body) < length or _checksum(seq, body) != checksum:
                return
            end += _HEADER.size + length
            yield seq, body, end


def _checksum(seq: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(seq.to_bytes(8, "little")))
