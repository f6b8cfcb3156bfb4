"""What a handler of this door works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.contacts import Contacts
from carpel.domain.events import Events
from carpel.domain.fields import Fields
from carpel.domain.files import Files
from carpel.domain.ingest import Ingest
from carpel.domain.jobs import Jobs
from carpel.domain.keys import Keys
from carpel.domain.lists import Lists
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import Clock
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.bodies import NotJson, TooLarge, parse_json, read_body

from . import errors
from .limits import Limits

MOST_BYTES = 256 * 1024 * 1024

P = ParamSpec("P")
T = TypeVar("T")


class Rooms(Protocol):
    """The rooms of the domain that this door asks."""

    clock: Clock
    keys: Keys
    workspaces: Workspaces
    segments: Segments
    contacts: Contacts
    events: Events
    fields: Fields
    lists: Lists
    ingest: Ingest
    jobs: Jobs
    files: Files


@dataclass(frozen=True)
class Call:
    """One request, its caller known. `page_count`: `count` says the page's own number.

    `version` is the N of `/2.N/`.
    """

    rooms: Rooms
    request: Request
    workspace: Workspace
    version: int
    limits: Limits
    page_count: bool

    def answer(self, payload: Any, status: int = 200) -> Response:
        """A JSON answer; one that only reads carries an ETag."""
        body = json_bytes(payload)
        reads = self.request.method in ("GET", "HEAD")
        return answer(self.request, body, status, tag_of=body if reads else None)

    def listing(
        self, name: str, page: list[dict[str, Any]], total: int, next_from: str | None
    ) -> Response:
        """One page of a listing; no `next_from` says that it ends here."""
        payload: dict[str, Any] = {
            name: page,
            # The contract gives two readings; the total fits most samples (batch.md §3.4, row 1).
            "count": len(page) if self.page_count else total,
            "has_more": next_from is not None,
        }
        if next_from is not None:
            payload["next_from"] = next_from
        return self.answer(payload)

    async def json(self) -> Any:
        """The body.

        Raises:
            BatchError: (400) it is not JSON, or larger than anything this door takes.
        """
        try:
            body = await read_body(self.request, MOST_BYTES)
            return await self.off_loop(parse_json, body)
        except NotJson as error:
            raise errors.not_json(f"The body is not JSON: {error}") from None
        except TooLarge:
            raise errors.malformed(f"A body has at most {MOST_BYTES:,} bytes") from None

    async def off_loop(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something slow beside the loop."""
        return await asyncio.to_thread(work, *args, **kwargs)

    @property
    def now(self) -> int:
        """This instant, in microseconds since 1970."""
        return self.rooms.clock.now()


Handler = Callable[[Call], Awaitable[Response]]
OpenHandler = Callable[[Rooms, Request], Awaitable[Response]]
