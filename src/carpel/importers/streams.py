"""Bytes of a file, decompressed, and how far the reading of it is."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from pathlib import Path
from typing import IO, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"

# What reading a damaged archive raises.
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError)


class Stream:
    """A file's bytes, decompressed; `position` counts those of the file itself."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        head = self._raw.read(4)
        self._raw.seek(0)
        self.stream: IO[bytes] = self._raw
        if head.startswith(GZIP):
            self.stream = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw))
        elif head.startswith(ZSTD):
            self.stream = cast("IO[bytes]", zstd.ZstdFile(self._raw))

    def lines(self) -> io.TextIOWrapper:
        """Text in UTF-8; bytes that are not come through as surrogates, for the row to be refused."""
        buffered = io.BufferedReader(cast("io.RawIOBase", self.stream), 1 << 20)
        return io.TextIOWrapper(buffered, "utf-8-sig", errors="surrogateescape", newline="")

    def position(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self._raw.close()
