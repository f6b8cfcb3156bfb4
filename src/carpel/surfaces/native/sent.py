"""What a request sends: read whole or as it comes, and hashed either way."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from carpel.surfaces.wire.bodies import TooLarge
from carpel.surfaces.wire.packed import NotPacked, UnknownEncoding, unpacked

# So much of a body that is refused is read all the same: who still sends hears why more often.
_POLITE_BYTES = 64 * 1024 * 1024


class Sent:
    """A request's body; read once, by whoever needs it first."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body: bytes | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        url = request.url
        self.said = f"{url.path}?{url.query}\n".encode()
        self._hash = hashlib.blake2b(self.said, digest_size=16)
        self._is_read = False

    async def whole(self, most: int) -> bytes:
        """All of it.

        Raises:
            TooLarge: it has more than `most` bytes.
        """
        if self._body is None:
            length = self._request.headers.get("content-length", "")
            if length.isdigit() and int(length) > most:
                raise TooLarge
            found: list[bytes] = []
            size = 0
            async for chunk in self.chunks():
                found.append(chunk)
                size += len(chunk)
                if size > most:
                    raise TooLarge
            self._body = b"".join(found)
        return self._body

    def chunks(self) -> AsyncIterator[bytes]:
        """All of it as it comes; a second caller goes on where the first stopped.

        Raises:
            UnknownEncoding, NotPacked: (when it is read) it is compressed, and cannot be read.
        """
        if self._chunks is None:
            self._chunks = self._come()
        return self._chunks

    async def drain(self) -> None:
        """Read some more of a body that has been refused."""
        left = _POLITE_BYTES
        try:
            async for chunk in self.chunks():
                left -= len(chunk)
                if left < 0:
                    return
        except (ClientDisconnect, NotPacked, UnknownEncoding):
            return

    def digest(self) -> bytes | None:
        """What tells the request from others; None when it was not read to its end."""
        return self._hash.digest() if self._is_read else None

    async def _come(self) -> AsyncIterator[bytes]:
        encoding = self._request.headers.get("content-encoding", "")
        async for chunk in unpacked(self._request.stream(), encoding):
            self._hash.update(chunk)
            yield chunk
        self._is_read = True
