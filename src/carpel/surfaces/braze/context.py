"""What a handler of this door works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from carpel.domain.contacts import Contacts
from carpel.domain.events import Events, Tallies
from carpel.domain.fields import Fields
from carpel.domain.files import Files
from carpel.domain.history import History
from carpel.domain.ingest import Ingest, Record
from carpel.domain.jobs import Jobs
from carpel.domain.keys import Key, Keys
from carpel.domain.refusals import Overloaded
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import Clock
from carpel.surfaces.wire.bodies import NotJson, parse_json
from carpel.surfaces.wire.callers import address

from . import errors
from .walks import Walks

P = ParamSpec("P")
T = TypeVar("T")
# What was logged is there to be read when a call answers, unless applying takes longer than this.
_LONGEST_WAIT_S = 5.0


class Rooms(Protocol):
    """The rooms of the domain that this door asks."""

    clock: Clock
    keys: Keys
    workspaces: Workspaces
    fields: Fields
    contacts: Contacts
    events: Events
    tallies: Tallies
    segments: Segments
    history: History
    ingest: Ingest
    jobs: Jobs
    files: Files


@dataclass(frozen=True)
class Call:
    """One request, its caller known. `raw` is the body of a POST."""

    rooms: Rooms
    request: Request
    workspace: Workspace
    key: Key
    walks: Walks
    raw: bytes
    headers: dict[str, str] = field(default_factory=dict)  # more of them, for the answer

    @property
    def caller(self) -> str:
        """Who calls: a key, from one address, with one program."""
        program = self.request.headers.get("user-agent", "")
        return f"{self.key.id} {address(self.request)} {program}"

    def query(self, name: str) -> str | None:
        """A parameter in the query."""
        return self.request.query_params.get(name)

    async def body(self) -> dict[str, Any]:
        """The JSON object of a POST; fractions come as Decimal.

        Raises:
            BrazeError: it is none, or it says that it is not JSON.
        """
        declared = self.request.headers.get("content-type", "")
        if declared and "json" not in declared.lower():
            raise errors.not_json_type()
        try:
            parsed = parse_json(self.raw)
        except NotJson as error:
            raise errors.not_json(str(error)) from None
        if not isinstance(parsed, dict):
            raise errors.not_json("it is something else")
        return parsed

    async def off_loop(self, work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """Do work that computes or reads files beside the event loop."""
        return await run_in_threadpool(work, *arguments, **named)

    async def take_in(self, records: Sequence[Record]) -> None:
        """Log records in order; returns when all are durable and, soon after, can be read.

        Raises:
            BrazeError: the server cannot take more now.
        """
        try:
            tickets = [await self.off_loop(self.rooms.ingest.submit, one) for one in records]
            for ticket in tickets:
                await asyncio.wrap_future(ticket.durable)
        except Overloaded as refused:
            raise errors.overloaded(refused.message) from None
        waiting = [asyncio.wrap_future(ticket.stored) for ticket in tickets]
        await asyncio.wait(waiting, timeout=_LONGEST_WAIT_S)


Handler = Callable[[Call], Awaitable[dict[str, object]]]
