"""SendGrid's endpoints answered: keys, scopes, limits and errors."""

from __future__ import annotations

import logging
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.keys import BadAddress, Key, UnknownKey
from carpel.domain.refusals import Overloaded, Refusal
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.callers import address, basic_password, bearer
from carpel.surfaces.wire.limits import Allowance, Limiter
from carpel.surfaces.wire.routing import NotFound, Table

from . import errors
from .context import Call, Manners, Reply, Rooms
from .exports import Exporter
from .imports import Importer
from .jobs import Followed
from .operations import OPERATIONS, SIGNED, window_of

PREFIX = "/v3/marketing"

_log = logging.getLogger("carpel.sendgrid")


class SendGridDoor:
    """Answers requests under /v3/marketing."""

    def __init__(self, rooms: Rooms, limiter: Limiter, manners: Manners | None = None) -> None:
        self._rooms = rooms
        self._limiter = limiter
        self._manners = manners or Manners()
        self._table = Table(OPERATIONS)
        self._followed = Followed(rooms)
        Importer(rooms)
        Exporter(rooms)

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception."""
        headers: dict[str, str] = {"Cache-Control": "no-store"}
        try:
            reply = await self._serve(request, headers)
        except errors.SendGridError as error:
            return _refuse(request, error, headers)
        except Refusal as refusal:
            return _refuse(request, errors.of_refusal(refusal), headers)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return _refuse(request, errors.internal(), headers)
        if reply.payload is None:
            return Response(status_code=reply.status, headers=headers)
        body = json_bytes(reply.payload)
        reading = request.method in ("GET", "HEAD")
        tag = body if reading and reply.status == 200 else None  # noqa: PLR2004
        return answer(request, body, reply.status, headers=headers, tag_of=tag)

    def description(self) -> bytes:
        """This door's OpenAPI document."""
        return files(__package__).joinpath("description.json").read_bytes()

    def closed(self, request: Request) -> Response:
        """The answer to any request during maintenance."""
        closed = Overloaded("maintenance", "under maintenance; try again later")
        return _refuse(request, errors.of_refusal(closed), {"Cache-Control": "no-store"})

    async def _serve(self, request: Request, headers: dict[str, str]) -> Reply:
        path = request.url.path.removeprefix(PREFIX)
        found = self._table.find(request.method, path.rstrip("/") if len(path) > 1 else path)
        if isinstance(found, NotFound):
            raise errors.wrong_method() if found.allowed else errors.not_found()
        if found.operation.permission == SIGNED:
            return await found.operation.handler(self._signed(request, found.values))
        key = self._let_in(request)
        now = self._rooms.clock.now()
        name, window = window_of(found.operation)
        allowance = self._limiter.take(f"sendgrid:{name}:{key.workspace}", window, now)
        headers.update(_limits(allowance, now))
        if not allowance.allowed:
            raise errors.too_many()
        if not key.permits(found.operation.permission):
            raise errors.forbidden()
        workspace = self._rooms.workspaces.by_number(key.workspace)
        call = Call(self._rooms, request, found.values, workspace, self._manners, self._followed)
        return await found.operation.handler(call)

    def _signed(self, request: Request, values: dict[str, str]) -> Call:
        """A request that shows no key: its handler looks at the signature."""
        inlet = self._rooms.inlets.find(values["inlet"])
        if inlet is None:
            raise errors.bad_signature()
        workspace = self._rooms.workspaces.by_number(inlet.workspace)
        return Call(self._rooms, request, values, workspace, self._manners, self._followed)

    def _let_in(self, request: Request) -> Key:
        secret = bearer(request) or basic_password(request)
        if not secret:
            raise errors.no_key()
        try:
            return self._rooms.keys.authenticate(secret, address(request))
        except UnknownKey:
            raise errors.bad_key() from None
        except BadAddress:
            raise errors.forbidden() from None


def _refuse(request: Request, error: errors.SendGridError, headers: dict[str, str]) -> Response:
    return answer(request, json_bytes(error.body), error.status, headers=headers)


def _limits(allowance: Allowance, now: int) -> dict[str, str]:
    """Reset counts the seconds that are left, as the marketing endpoints do (live, §6.3)."""
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(max(0, allowance.reset - now // 1_000_000)),
    }
