"""Braze's endpoints, its keys, limits and headers."""

from __future__ import annotations

import json
import logging
import re
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.keys import BadAddress, Key, UnknownKey
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.bodies import TooLarge, read_body
from carpel.surfaces.wire.callers import address, bearer
from carpel.surfaces.wire.limits import Allowance, Limiter
from carpel.surfaces.wire.routing import Found, NotFound, Operation, Table

from . import (
    catalogues,
    delete,
    errors,
    export_files,
    export_ids,
    export_segment,
    segments,
    series,
    track,
)
from .context import Call, Handler, Rooms
from .unserved import is_brazes
from .walks import Walks
from .windows import window_of

_log = logging.getLogger("carpel.braze")

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
    Operation("GET", "/segments/data_series", series.data_series, "segments.data_series"),
    Operation("POST", "/users/track", track.track, "users.track"),
    Operation("POST", "/users/delete", delete.delete, "users.delete"),
    Operation(
        "POST", "/users/export/segment", export_segment.export_segment, "users.export.segment"
    ),
    # Documented so: the permission to list segments.
    Operation("POST", "/export/segment/cancel", export_segment.cancel, "segments.list"),
    Operation("POST", "/users/export/ids", export_ids.export_ids, "users.export.ids"),
    Operation("GET", "/custom_attributes", catalogues.custom_attributes, "custom_attributes.get"),
    Operation("GET", "/events", catalogues.events, "events.get"),
    Operation("GET", "/events/list", catalogues.event_names, "events.list"),
]


class BrazeDoor:
    """Answers requests under Braze's paths."""

    paths = re.compile(rf"/({'|'.join(_FAMILIES)})(/|$)")

    def __init__(self, rooms: Rooms, limiter: Limiter) -> None:
        self._rooms = rooms
        self._limiter = limiter
        self._table = Table(OPERATIONS)
        self._walks = Walks()
        rooms.jobs.register(export_files.KIND, export_files.SegmentExports(rooms).run)

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception. Its headers are those of the recordings."""
        began = self._rooms.clock.now()
        answered = await self._answer(request)
        runtime = (self._rooms.clock.now() - began) / 1_000_000
        answered.headers["X-Runtime"] = f"{runtime:.6f}"
        answered.headers["Strict-Transport-Security"] = "max-age=0; includeSubDomains"
        answered.headers["Vary"] = "Origin,Accept-Encoding"
        return answered

    async def _answer(self, request: Request) -> Response:
        allowance: Allowance | None = None
        try:
            found = self._table.find(request.method, request.url.path)
            if isinstance(found, NotFound) and not is_brazes(request.method, request.url.path):
                raise errors.invalid_url()
            body = await _body(request)
            key = self._let_in(request, body)
            bucket, window = window_of(request.url.path)
            now = self._rooms.clock.now()
            allowance = self._limiter.take(f"braze:{key.workspace}:{bucket}", window, now)
            if not allowance.allowed:
                raise errors.rate_limited()
            payload, more = await self._handle(found, request, key, body)
        except errors.BrazeError as error:
            return self._refuse(request, error, allowance)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return self._refuse(request, errors.BrazeError(500, "Internal Server Error"), allowance)
        # Live answers carry their payload first and `message` last (braze.md §1.3); errors that
        # did not stop the call come after it (§4.3).
        wrong = payload.pop("errors", None)
        body = json_bytes({**payload, "message": "success"} | ({"errors": wrong} if wrong else {}))
        status = 200 if request.method in ("GET", "HEAD") else 201
        return answer(request, body, status, headers=_limits(allowance) | more, tag_of=body)

    def description(self) -> bytes:
        """This door's OpenAPI document."""
        return files(__package__).joinpath("description.json").read_bytes()

    def closed(self, request: Request) -> Response:
        """The answer to any request during maintenance; clients try again later (braze.md §6)."""
        error = errors.overloaded("Under maintenance. Please try again later.")
        return self._refuse(request, error, None)

    async def _handle(
        self, found: Found[Handler] | NotFound, request: Request, key: Key, body: bytes
    ) -> tuple[dict[str, Any], dict[str, str]]:
        if isinstance(found, NotFound) or not key.permits(found.operation.permission):
            raise errors.no_permission()
        workspace = self._rooms.workspaces.by_number(key.workspace)
        call = Call(self._rooms, request, workspace, key, self._walks, body)
        return await found.operation.handler(call), call.headers

    def _let_in(self, request: Request, body: bytes) -> Key:
        secret = _key_of(request, body)
        if not secret:
            raise errors.invalid_key(None)
        try:
            return self._rooms.keys.authenticate(secret, address(request))
        except UnknownKey:
            raise errors.invalid_key(secret) from None
        except BadAddress:
            raise errors.address_refused() from None

    def _refuse(
        self, request: Request, error: errors.BrazeError, allowance: Allowance | None
    ) -> Response:
        headers = {"Cache-Control": "no-cache", **_limits(allowance)}
        if allowance is not None and not allowance.allowed:
            # Undocumented, but half of the clients look for it (braze.md §5).
            wait = allowance.reset - self._rooms.clock.now() // 1_000_000
            headers["Retry-After"] = str(max(1, wait))
        body: dict[str, Any] = {"message": error.message}
        if error.errors:
            body["errors"] = error.errors
        return answer(request, json_bytes(body), error.status, headers=headers)


async def _body(request: Request) -> bytes:
    if request.method in ("GET", "HEAD"):
        return b""
    try:
        return await read_body(request, MOST_BODY_BYTES)
    except TooLarge:
        raise errors.too_large() from None


def _key_of(request: Request, body: bytes) -> str | None:
    """The key: in the header, else in the query, else in a JSON body (braze.md §2.1)."""
    found = bearer(request) or request.query_params.get("api_key")
    if found or b"api_key" not in body:
        return found
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    key = parsed.get("api_key") if isinstance(parsed, dict) else None
    return key if isinstance(key, str) else None


def _limits(allowance: Allowance | None) -> dict[str, str]:
    """The three headers; present but empty before a key is known (braze.md §2.3, recorded)."""
    values = ("", "", "")
    if allowance is not None:
        values = (str(allowance.limit), str(allowance.remaining), str(allowance.reset))
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    return dict(zip(names, values, strict=True))
