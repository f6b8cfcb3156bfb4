"""Bodies that come compressed, made plain as they come and never more at once than fits into memory."""

from __future__ import annotations

import sys
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TAKEN = ("gzip", "zstd")
_AT_ONCE = 1024 * 1024
_GZIP_BITS = 31


class UnknownEncoding(Exception):
    """A body comes in a Content-Encoding that is not taken."""


class NotPacked(Exception):
    """A body is not what its Content-Encoding says, or ends early."""


class _Unpacker(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes of some more of the body."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether the body may end here."""
        ...


async def unpacked(chunks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """A body as it was before it was compressed.

    Args:
        chunks: the body as it comes.
        encoding: its Content-Encoding; empty or identity for none.

    Raises:
        UnknownEncoding, NotPacked: it cannot be read.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if encoding not in TAKEN:
        raise UnknownEncoding(f"a body comes plain, or as {' or '.join(TAKEN)}")
    unpacker: _Unpacker = _Gzip() if encoding == "gzip" else _Zstd()
    try:
        async for chunk in chunks:
            for piece in unpacker.feed(chunk):
                yield piece
    except (zlib.error, zstd.ZstdError) as error:
        raise NotPacked(f"the body is not {encoding}: {error}") from None
    if not unpacker.is_whole:
        raise NotPacked(f"the body is not {encoding}: it ends early")


class _Gzip:
    """One member after another, as `cat a.gz b.gz` makes them."""

    def __init__(self) -> None:
        self._one = zlib.decompressobj(_GZIP_BITS)
        self.is_whole = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._one.eof:
                self._one = zlib.decompressobj(_GZIP_BITS)
            yield self._one.decompress(data, _AT_ONCE)
            data = self._one.unused_data if self._one.eof else self._one.unconsumed_tail
        while not self._one.eof and (more := self._one.decompress(b"", _AT_ONCE)):
            yield more
        self.is_whole = self._one.eof


class _Zstd:
    """One frame after another."""

    def __init__(self) -> None:
        self._one = zstd.ZstdDecompressor()
        self.is_whole = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._one.eof:
                self._one = zstd.ZstdDecompressor()
            yield self._one.decompress(data, _AT_ONCE)
            while not self._one.eof and not self._one.needs_input:
                yield self._one.decompress(b"", _AT_ONCE)
            data = self._one.unused_data if self._one.eof else b""
        self.is_whole = self._one.eof
