"""Braze's endpoints, its keys, limits and headers."""

from __future__ import annotations

import json
import logging
import re

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.keys import BadAddress, Key, UnknownKey
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.bodies import TooLarge, read_body
from carpel.surfaces.wire.callers import address, bearer
from carpel.surfaces.wire.limits import Allowance, Limiter, Window
from carpel.surfaces.wire.routing import NotFound, Operation, Table

from . import errors, segments
from .context import Call, Handler, Rooms
from .walks import Walks

_log = logging.getLogger("carpel.braze")

# One bucket for most endpoints, per workspace (braze.md §5).
HOURLY = Window(250_000, 3600)
MOST_BODY_BYTES = 4 * 1024 * 1024

_FAMILIES = (
    "segments", "users", "export", "events", "custom_attributes", "purchases", "sessions", "kpi",
    "campaigns", "canvas", "messages", "transactional", "subscription", "email", "sms", "feed",
    "templates", "content_blocks", "catalogs", "cdi", "preference_center", "app_group", "scim",
    "sends",
)  # fmt: skip


OPERATIONS: list[Operation[Handler]] = [
    Operation("GET", "/segments/list", segments.list_segments, "segments.list"),
    Operation("GET", "/segments/details", segments.details, "segments.details"),
]


class BrazeDoor:
    """Answers requests under Braze's paths."""

    paths = re.compile(rf"/({'|'.join(_FAMILIES)})(/|$)")

    def __init__(self, rooms: Rooms, limiter: Limiter) -> None:
        self._rooms = rooms
        self._limiter = limiter
        self._table = Table(OPERATIONS)
        self._walks = Walks()

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception."""
        allowance: Allowance | None = None
        try:
            found = self._table.find(request.method, request.url.path)
            if isinstance(found, NotFound):
                raise errors.invalid_url()
            key = await self._let_in(request)
            allowance = self._limiter.take(
                f"braze:{key.workspace}", HOURLY, self._rooms.clock.now()
            )
            if not allowance.allowed:
                raise errors.rate_limited()
            if not key.permits(found.operation.permission):
                raise errors.no_permission()
            workspace = self._rooms.workspaces.by_number(key.workspace)
            payload = await found.operation.handler(
                Call(self._rooms, request, workspace, key, self._walks)
            )
        except errors.BrazeError as error:
            return _refuse(request, error, allowance)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return _refuse(request, errors.BrazeError(500, "Internal Server Error"), allowance)
        # Live answers carry their payload first and `message` last (braze.md §1.3).
        body = json_bytes({**payload, "message": "success"})
        status = 200 if request.method in ("GET", "HEAD") else 201
        tag_of = body if status == 200 else None  # noqa: PLR2004
        return answer(request, body, status, headers=_limits(allowance), tag_of=tag_of)

    async def _let_in(self, request: Request) -> Key:
        secret = await _key_of(request)
        if not secret:
            raise errors.invalid_key(None)
        try:
            return self._rooms.keys.authenticate(secret, address(request))
        except UnknownKey:
            raise errors.invalid_key(secret) from None
        except BadAddress:
            raise errors.address_refused() from None


async def _key_of(request: Request) -> str | None:
    """The key: in the header, else in the query, else in a JSON body (braze.md §2.1)."""
    found = bearer(request) or request.query_params.get("api_key")
    if found or request.method in ("GET", "HEAD"):
        return found
    try:
        body = json.loads(await read_body(request, MOST_BODY_BYTES))
    except (ValueError, TooLarge):
        return None
    key = body.get("api_key") if isinstance(body, dict) else None
    return key if isinstance(key, str) else None


def _refuse(request: Request, error: errors.BrazeError, allowance: Allowance | None) -> Response:
    headers = {"Cache-Control": "no-cache", **_limits(allowance)}
    if error.status == 429 and allowance is not None:  # noqa: PLR2004
        # Undocumented, but half of the clients look for it (braze.md §5).
        headers["Retry-After"] = str(HOURLY.seconds)
    return answer(request, json_bytes({"message": error.message}), error.status, headers=headers)


def _limits(allowance: Allowance | None) -> dict[str, str]:
    """The three headers; present but empty before a key is known (braze.md §2.3, recorded)."""
    values = ("", "", "")
    if allowance is not None:
        values = (str(allowance.limit), str(allowance.remaining), str(allowance.reset))
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    return dict(zip(names, values, strict=True))
