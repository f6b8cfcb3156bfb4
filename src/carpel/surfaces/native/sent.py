"""What a request sends: read whole or as it comes, and hashed either way."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from carpel.surfaces.wire.bodies import read_body

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
            self._body = await read_body(self._request, most)
            self._hash.update(self._body)
            self._is_read = True
        return self._body

    def chunks(self) -> AsyncIterator[bytes]:
        """All of it as it comes; a second caller goes on where the first stopped."""
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
        except ClientDisconnect:
            return

    def digest(self) -> bytes | None:
        """What tells the request from others; None when it was not read to its end."""
        return self._hash.digest() if self._is_read else None

    async def _come(self) -> AsyncIterator[bytes]:
        async for chunk in self._request.stream():
            self._hash.update(chunk)
            yield chunk
        self._is_read = True
