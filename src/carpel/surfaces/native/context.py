"""What a handler of the own API works with."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.clearing import Clearing
from carpel.domain.contacts import Contacts
from carpel.domain.events import Events
from carpel.domain.exports import Exports
from carpel.domain.feed import Feed
from carpel.domain.fields import Fields
from carpel.domain.files import Files
from carpel.domain.history import History
from carpel.domain.ingest import ApplyResult, Ingest, Once, Ticket
from carpel.domain.jobs import Jobs
from carpel.domain.keys import Key, Keys
from carpel.domain.lists import Lists
from carpel.domain.maintenance import Maintenance
from carpel.domain.repeats import KeyReused, Repeats
from carpel.domain.segments import Assistant, Segments
from carpel.domain.segments.members import Moments
from carpel.domain.webhooks import Webhooks
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit import cursors
from carpel.kit.clock import Clock
from carpel.kit.ids import derived_id, id_text
from carpel.kit.processes import Helpers
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.bodies import NotJson, TooLarge, parse_json
from carpel.surfaces.wire.lines import Line, pieces

from .problems import Problem
from .sent import Sent
from .watching import Watch

PREFIX = "/api/v1"
NDJSON = "application/x-ndjson"
MOST_BODY_BYTES = 64 * 1024 * 1024

Result = TypeVar("Result")


class Rooms(Protocol):
    """The rooms of the domain that this door asks."""

    clock: Clock
    workspaces: Workspaces
    keys: Keys
    fields: Fields
    lists: Lists
    contacts: Contacts
    clearing: Clearing
    events: Events
    segments: Segments
    assistant: Assistant
    ingest: Ingest
    feed: Feed
    history: History
    jobs: Jobs
    files: Files
    exports: Exports
    webhooks: Webhooks
    repeats: Repeats
    maintenance: Maintenance
    engine: Any
    helpers: Helpers

    def back_up(self) -> Iterator[bytes]:
        """The whole data directory at one moment."""
        ...


@dataclass(frozen=True)
class Call:
    """One request, its caller known."""

    rooms: Rooms
    request: Request
    values: dict[str, str]
    workspace: Workspace
    key: Key | None  # None for commands on the directory itself
    watch: Watch
    moments: Moments
    given: dict[str, Any]  # the parameters of the query, read
    sent: Sent
    repeat_key: bytes | None = None  # whose Idempotency-Key this is and which, hashed

    def cursor(self, kind: str, *types: type) -> list[str | int]:
        """The place that the cursor given (or a stream's last event) stands for.

        Raises:
            Problem: it is none of that listing's.
        """
        try:
            text = self.request.headers.get("last-event-id") or self.given["cursor"]
            return cursors.decode(kind, text, *types)
        except cursors.BadCursor as error:
            raise Problem(
                400, "bad_cursor", f"cursor: {error}", more={"parameter": "cursor"}
            ) from None

    async def body(self) -> bytes:
        """The request's body.

        Raises:
            Problem: it is too large.
        """
        try:
            return await self.sent.whole(MOST_BODY_BYTES)
        except TooLarge:
            limit = MOST_BODY_BYTES // 1024 // 1024
            detail = f"a body has at most {limit} MiB; contacts and events may be sent as {NDJSON}"
            raise Problem(413, "too_large", f"{detail}, which has no bound") from None

    @property
    def is_lines(self) -> bool:
        """Whether NDJSON is sent, which may be of any length."""
        return "ndjson" in self.request.headers.get("content-type", "")

    @property
    def wants_lines(self) -> bool:
        """Whether the answer is to be NDJSON."""
        return NDJSON in self.request.headers.get("accept", "")

    def pieces(self) -> AsyncIterator[list[Line]]:
        """The lines of the body, some at a time."""
        return pieces(self.sent.chunks())

    async def once(self) -> Once | None:
        """What makes a record of the whole body count once; None without an Idempotency-Key.

        Raises:
            KeyReused: something else was taken in with the key.
        """
        request = self.sent.digest()
        if self.repeat_key is None or request is None:
            return None
        return await self.off_loop(self._fresh, Once(self.repeat_key, request))

    def once_of_piece(self, part: int, lines: list[Line]) -> Once | None:
        """The same for a piece of the body, by its number."""
        if self.repeat_key is None:
            return None
        digest = hashlib.blake2b(self.sent.said, digest_size=16)
        for _, line in lines:
            digest.update(line + b"\n")
        key = hashlib.blake2b(self.repeat_key + part.to_bytes(8, "big"), digest_size=16)
        return self._fresh(Once(key.digest(), digest.digest()))

    def _fresh(self, once: Once) -> Once:
        if self.rooms.ingest.is_other(once):
            raise KeyReused(
                "idempotency_key_reused", "this Idempotency-Key came with another request before"
            )
        return once

    def fresh_id(self) -> str | None:
        """The id of what the request makes: with an Idempotency-Key it follows from it.

        So what a request made before a crash is found when it is repeated.
        """
        request = self.sent.digest()
        if self.repeat_key is None or request is None:
            return None
        return id_text(derived_id(self.repeat_key + request, 0))

    async def counted(self, ticket: Ticket, seq: int) -> ApplyResult:
        """What applying a record did, once all counts include it; `seq` is the record's number."""
        with self.rooms.ingest.hurrying():
            result = await asyncio.wrap_future(ticket.applied)
        await self.settle(seq)
        return result

    async def settle(self, seq: int) -> None:
        """Wait until all counts include a record."""
        segments = self.rooms.segments
        everyone = segments.list_of(self.workspace, archived=None)
        await self.off_loop(segments.settle, everyone, seq)

    async def json(self) -> Any:
        """The body as JSON.

        Raises:
            Problem: it is too large or not JSON.
        """
        try:
            return parse_json(await self.body())
        except NotJson as error:
            raise Problem(400, "not_json", f"the body is not JSON: {error}") from None

    def answer(self, payload: Any, status: int = 200, *, tag_of: Any = None) -> Response:
        """A JSON answer; `tag_of` is what its ETag is made of, None for no ETag."""
        tag = None if tag_of is None else json_bytes(tag_of)
        return answer(self.request, json_bytes(payload), status, tag_of=tag)

    def created(self, payload: Any, path: str, status: int = 201) -> Response:
        """A JSON answer that says where the new thing is."""
        answered = self.answer(payload, status)
        answered.headers["Location"] = PREFIX + quote(path)
        return answered

    def uncompressed(self) -> Call:
        """The same call, answered as it is."""
        headers = [one for one in self.request.scope["headers"] if one[0] != b"accept-encoding"]
        scope = {**self.request.scope, "headers": headers}
        return replace(self, request=Request(scope, self.request.receive))

    async def off_loop(self, work: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Do what waits for a disk or a database on a thread."""
        return await run_in_threadpool(work, *arguments, **named)


Handler = Callable[[Call], Awaitable[Response]]
