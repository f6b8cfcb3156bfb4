"""Batch's endpoints, its keys and limits."""

from __future__ import annotations

import logging
import re

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.keys import BadAddress, UnknownKey
from carpel.domain.workspaces import Workspace
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.callers import address, bearer
from carpel.surfaces.wire.limits import Limiter, Window
from carpel.surfaces.wire.routing import NotFound, Operation, Table

from . import errors, segments
from .context import Call, Handler, Rooms

PERMISSION = "batch"
# Per project (batch.md §2.4; two independent notes).
EACH_SECOND = Window(1, 1)

_VERSION = re.compile(r"/2\.\d+")
_log = logging.getLogger("carpel.batch")

OPERATIONS: list[Operation[Handler]] = [
    Operation("GET", "/segments/list", segments.list_segments),
]


class BatchDoor:
    """Answers requests under /2.N; all versions speak alike (batch.md §2.1)."""

    def __init__(self, rooms: Rooms, limiter: Limiter, *, page_count: bool) -> None:
        self._rooms = rooms
        self._limiter = limiter
        self._page_count = page_count
        self._table = Table(OPERATIONS)

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception."""
        try:
            payload = await self._serve(request)
        except errors.BatchError as error:
            return _refuse(request, error)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return _refuse(request, errors.unexpected())
        body = json_bytes(payload)
        return answer(request, body, tag_of=body)

    async def _serve(self, request: Request) -> dict[str, object]:
        path = _VERSION.sub("", request.url.path, count=1)
        found = self._table.find(request.method, path)
        if isinstance(found, NotFound):
            raise errors.no_route()
        workspace = self._let_in(request)
        now = self._rooms.clock.now()
        if not self._limiter.take(f"batch:{workspace.no}", EACH_SECOND, now).allowed:
            raise errors.too_many()
        return await found.operation.handler(
            Call(self._rooms, request, workspace, self._page_count)
        )

    def _let_in(self, request: Request) -> Workspace:
        """The project, if the key is for it."""
        secret, project = bearer(request), request.headers.get("x-batch-project")
        if not secret:
            raise errors.wrong_key()
        if not project:
            raise errors.missing_project()
        try:
            key = self._rooms.keys.authenticate(secret, address(request))
        except (UnknownKey, BadAddress):
            raise errors.wrong_key() from None
        workspace = self._rooms.workspaces.by_number(key.workspace)
        if workspace.project_key != project:
            raise errors.wrong_key()
        if not key.permits(PERMISSION):
            raise errors.not_permitted()
        return workspace


def _refuse(request: Request, error: errors.BatchError) -> Response:
    body = {"error_message": error.message, "error_code": error.code}
    return answer(request, json_bytes(body), error.status)
