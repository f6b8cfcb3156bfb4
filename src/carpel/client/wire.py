"""What both clients share of the wire."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, TypeVar

import httpx
import msgspec

from carpel.kit.numbers import from_text

from .requests.request import Request

Answer = TypeVar("Answer")

NDJSON = {"Accept": "application/x-ndjson"}
_LINES_AT_ONCE = 500

TIMEOUT = httpx.Timeout(None, connect=10)

decode = msgspec.json.Decoder(float_hook=from_text).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Unreachable(Exception):
    """The server does not answer."""


class ApiError(Exception):
    """The server refused. `problem` is the RFC 9457 object it answered with."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail", f"the server answered {status}"))
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The problem's stable code."""
        return str(self.problem.get("code", ""))


def headers_for(key: str, workspace: str | None = None) -> dict[str, str]:
    """The headers of every request."""
    chosen = {} if workspace is None else {"X-Carpel-Workspace": workspace}
    return {"Authorization": f"Bearer {key}", **chosen}


def encode(body: Any) -> tuple[bytes | None, dict[str, str]]:
    """A body as JSON and its header; nothing for None."""
    if body is None:
        return None, {}
    return _encode(body), {"Content-Type": "application/json"}


def lines(items: Iterable[Any]) -> Iterator[bytes]:
    """Objects as NDJSON, some lines at a time."""
    some: list[bytes] = []
    for one in items:
        some.append(_encode(one) + b"\n")
        if len(some) == _LINES_AT_ONCE:
            yield b"".join(some)
            some.clear()
    if some:
        yield b"".join(some)


async def lines_coming(items: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[bytes]:
    """The same, also of objects that are waited for."""
    if isinstance(items, AsyncIterable):
        async for one in items:
            yield _encode(one) + b"\n"
        return
    for some in lines(items):
        yield some


def headers_of(request: Request[Any]) -> dict[str, str]:
    """The headers of one request, beside those of every one."""
    given = {} if request.key is None else {"Idempotency-Key": request.key}
    return {**given, "Content-Type": "application/x-ndjson"} if request.lines is not None else given


def error(status: int, body: bytes) -> ApiError:
    """What the server refused with."""
    try:
        problem = decode(body)
    except msgspec.DecodeError:
        problem = None
    return ApiError(status, problem if isinstance(problem, dict) else {})


def read(status: int, body: bytes, kind: type[Answer]) -> Answer:
    """An answer as a type.

    Raises:
        ApiError: it is a refusal.
    """
    if status >= httpx.codes.BAD_REQUEST:
        raise error(status, body)
    decoder = msgspec.json.Decoder(kind, float_hook=from_text)
    return decoder.decode(body or b"null")
