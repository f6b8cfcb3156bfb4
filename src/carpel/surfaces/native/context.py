"""What a handler of the own API works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.contacts import Contacts
from carpel.domain.events import Events
from carpel.domain.feed import Feed
from carpel.domain.fields import Fields
from carpel.domain.files import Files
from carpel.domain.history import History
from carpel.domain.ingest import Ingest
from carpel.domain.jobs import Jobs
from carpel.domain.keys import Key, Keys
from carpel.domain.lists import Lists
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit import cursors
from carpel.kit.clock import Clock
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.bodies import NotJson, TooLarge, parse_json, read_body

from .problems import Problem
from .watching import Watch

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
    events: Events
    segments: Segments
    ingest: Ingest
    feed: Feed
    history: History
    jobs: Jobs
    files: Files
    engine: Any

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

    def query(self, name: str) -> str | None:
        """A query parameter; None when it is missing or empty."""
        return self.request.query_params.get(name) or None

    def number(self, name: str, default: int, most: int, least: int = 1) -> int:
        """A whole number in the query, from `least` to `most`.

        Raises:
            Problem: it is something else.
        """
        text = self.query(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= most:
            raise Problem(
                400,
                "bad_parameter",
                f"{name} is a whole number from {least} to {most}",
                more={"parameter": name},
            )
        return int(text)

    def place(self, kind: str, cursor: str, *types: type) -> list[str | int]:
        """The place that a cursor of a listing stands for.

        Raises:
            Problem: it is none of that listing's.
        """
        try:
            return cursors.decode(kind, cursor, *types)
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
            return await read_body(self.request, MOST_BODY_BYTES)
        except TooLarge:
            limit = MOST_BODY_BYTES // 1024 // 1024
            raise Problem(413, "too_large", f"a body has at most {limit} MiB") from None

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

    async def off_loop(self, work: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Do what waits for a disk or a database on a thread."""
        return await run_in_threadpool(work, *arguments, **named)


Handler = Callable[[Call], Awaitable[Response]]
