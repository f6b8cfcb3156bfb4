"""Bodies: read up to a limit, and read as JSON without losing a digit."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from carpel.kit.numbers import from_text

_decoder = msgspec.json.Decoder(float_hook=from_text)


class TooLarge(Exception):
    """A body is larger than this door takes."""


class NotJson(Exception):
    """A body is not JSON; the message says where it stops being so."""


async def read_body(request: Request, most: int) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it has more than `most` bytes.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def parse_json(body: bytes) -> Any:
    """The JSON value; fractions come as Decimal.

    Raises:
        NotJson: it is not JSON, or nested beyond all sense.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(str(error) or "nested too deep") from None


def parse_lines(body: bytes) -> list[Any]:
    """The JSON values of NDJSON, one a line; empty lines are passed over.

    Raises:
        NotJson: a line is not JSON; the message has its number.
    """
    try:
        return _decoder.decode_lines(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            try:
                parse_json(line)
            except NotJson as error:
                raise NotJson(f"line {number}: {error}") from None
    raise NotJson("a line is not JSON")
