"""What a handler of this door works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from carpel.domain.clearing import Clearing
from carpel.domain.contacts import Contacts
from carpel.domain.events import Events
from carpel.domain.fields import Fields
from carpel.domain.files import Files
from carpel.domain.ingest import Ingest, Ticket
from carpel.domain.inlets import Inlets
from carpel.domain.jobs import Jobs
from carpel.domain.keys import Keys
from carpel.domain.lists import Lists
from carpel.domain.samples import Samples
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import Clock
from carpel.surfaces.wire.bodies import NotJson, TooLarge, parse_json, read_body

from . import errors

# The largest body taken (sendgrid.md §3.2: 6 MB for an upsert; more is nowhere allowed).
MOST_BODY_BYTES = 6 * 1024 * 1024

Result = TypeVar("Result")


class Rooms(Protocol):
    """The rooms of the domain that this door asks."""

    clock: Clock
    keys: Keys
    workspaces: Workspaces
    contacts: Contacts
    events: Events
    fields: Fields
    lists: Lists
    segments: Segments
    ingest: Ingest
    inlets: Inlets
    clearing: Clearing
    jobs: Jobs
    files: Files
    samples: Samples
    engine: Any


class Followed(Protocol):
    """Follows records in the log until they are applied."""

    def start(self, workspace: int, kind: str, tickets: list[Ticket], requested: int) -> str:
        """A job for records that are durable; returns its id."""
        ...

    def fail(self, workspace: int, kind: str, reason: str) -> str:
        """A job that fails for a reason that is known already; returns its id."""
        ...


@dataclass(frozen=True)
class Manners:
    """How the door is set.

    `legacy`: the removed operations of segments v1 are served. `vendor_cadence`: counts and samples
    are as old as the vendor's, instead of exact now. `pending`: a new segment is answered as if its
    query were still to be looked at, which the contract allows. `packed_exports`: files of exports
    are gzip, as some clients of the vendor expect.
    """

    legacy: bool = False
    vendor_cadence: bool = False
    pending: bool = False
    packed_exports: bool = False


@dataclass(frozen=True)
class Call:
    """One request, its caller known."""

    rooms: Rooms
    request: Request
    values: dict[str, str]
    workspace: Workspace
    manners: Manners
    followed: Followed

    @property
    def base(self) -> str:
        """Where this door is, for links to it: `https://host/v3/marketing`."""
        return f"{self.request.base_url}v3/marketing"

    def query(self, name: str) -> str | None:
        """A query parameter; None when it is missing or empty."""
        return self.request.query_params.get(name) or None

    async def raw_body(self) -> bytes:
        """The body's bytes.

        Raises:
            SendGridError: it is too large.
        """
        try:
            return await read_body(self.request, MOST_BODY_BYTES)
        except TooLarge:
            raise errors.too_large() from None

    async def body(self, *, may_be_empty: bool = False) -> dict[str, Any]:
        """The body, which is a JSON object; nothing at all counts as an empty one if it may.

        Raises:
            SendGridError: it is too large, not JSON, or no object.
        """
        raw = await self.raw_body()
        if not raw.strip():
            if may_be_empty:
                return {}
            raise errors.not_json("EOF")
        try:
            found = await self.off_loop(parse_json, raw)
        except NotJson as error:
            raise errors.not_json(str(error)) from None
        if not isinstance(found, dict):
            raise errors.not_json("the body is no JSON object")
        return found

    async def off_loop(self, work: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """Do what waits for a disk or a database on a thread."""
        return await run_in_threadpool(work, *arguments, **named)


@dataclass(frozen=True)
class Reply:
    """What a handler answers; None for no body at all."""

    payload: dict[str, Any] | list[Any] | None
    status: int = 200


Handler = Callable[[Call], Awaitable[Reply]]
