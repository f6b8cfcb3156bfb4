"""SendGrid's endpoints, its keys, scopes and limits."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.keys import BadAddress, Key, UnknownKey
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.callers import address, bearer
from carpel.surfaces.wire.limits import Allowance, Limiter, Window
from carpel.surfaces.wire.routing import NotFound, Operation, Table

from . import errors, segments
from .context import Call, Handler, Rooms

PREFIX = "/v3/marketing"
# Live limit of the reading endpoints; the window is not published (sendgrid.md §6.3).
EACH_MINUTE = Window(600, 60)

_log = logging.getLogger("carpel.sendgrid")

OPERATIONS: list[Operation[Handler]] = [
    Operation("GET", "/segments", segments.list_segments, "marketing.read"),
    Operation("GET", "/segments/{segment_id}", segments.read, "marketing.read"),
]


class SendGridDoor:
    """Answers requests under /v3/marketing."""

    def __init__(self, rooms: Rooms, limiter: Limiter) -> None:
        self._rooms = rooms
        self._limiter = limiter
        self._table = Table(OPERATIONS)

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception."""
        headers: dict[str, str] = {"Cache-Control": "no-store"}
        try:
            payload = await self._serve(request, headers)
        except errors.SendGridError as error:
            return answer(request, json_bytes(error.body), error.status, headers=headers)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            failed = errors.internal()
            return answer(request, json_bytes(failed.body), failed.status, headers=headers)
        body = json_bytes(payload)
        return answer(request, body, headers=headers, tag_of=body)

    async def _serve(self, request: Request, headers: dict[str, str]) -> dict[str, object]:
        found = self._table.find(request.method, request.url.path.removeprefix(PREFIX))
        if isinstance(found, NotFound):
            raise errors.wrong_method() if found.allowed else errors.not_found()
        key = self._let_in(request)
        now = self._rooms.clock.now()
        allowance = self._limiter.take(f"sendgrid:{key.workspace}", EACH_MINUTE, now)
        headers.update(_limits(allowance, now))
        if not allowance.allowed:
            raise errors.too_many()
        if not key.permits(found.operation.permission):
            raise errors.forbidden()
        workspace = self._rooms.workspaces.by_number(key.workspace)
        return await found.operation.handler(Call(self._rooms, request, found.values, workspace))

    def _let_in(self, request: Request) -> Key:
        secret = bearer(request)
        if not secret:
            raise errors.no_key()
        try:
            return self._rooms.keys.authenticate(secret, address(request))
        except UnknownKey:
            raise errors.bad_key() from None
        except BadAddress:
            raise errors.forbidden() from None


def _limits(allowance: Allowance, now: int) -> dict[str, str]:
    """Reset counts the seconds that are left, as the marketing endpoints do (live, §6.3)."""
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(max(0, allowance.reset - now // 1_000_000)),
    }
