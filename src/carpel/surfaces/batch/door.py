"""Batch's endpoints, its keys and limits."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from carpel.domain.keys import BadAddress, UnknownKey
from carpel.domain.refusals import Overloaded
from carpel.domain.workspaces import Workspace
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.callers import address, bearer
from carpel.surfaces.wire.routing import Found, NotFound, Operation, Table

from . import audiences, errors, exports, profiles, segments
from .context import Call, Handler, OpenHandler, Rooms
from .export_files import KIND, ExportFiles
from .limits import Limits

PERMISSION = "batch"

_VERSION = re.compile(r"/2\.(\d{1,9})(?=/|$)", re.ASCII)
_log = logging.getLogger("carpel.batch")


@dataclass(frozen=True)
class Route(Operation[Handler]):
    """One line of the table. `own_limit`: the handler counts, not the door."""

    own_limit: bool = False


OPERATIONS: list[Operation[Handler]] = [
    Route("GET", "/segments/list", segments.list_segments),
    Route("POST", "/profiles/update", profiles.update, own_limit=True),
    Route("POST", "/profiles/mass-update", profiles.mass_update, own_limit=True),
    Route("POST", "/profiles/export", exports.create, own_limit=True),
    Route("GET", "/exports/list", exports.list_exports),
    Route("GET", "/exports/view", exports.view),
    Route("POST", "/audiences/create", audiences.create),
    Route("POST", "/audiences/update", audiences.update),
    Route("POST", "/audiences/replace", audiences.replace),
    Route("POST", "/audiences/remove", audiences.remove),
    Route("GET", "/audiences/view", audiences.view),
    Route("GET", "/audiences/list", audiences.list_audiences),
]
# What needs no key.
OPEN: list[Operation[OpenHandler]] = [
    Operation("GET", "/exports/download", exports.download),
]
# Parts of Batch that have no counterpart here (batch.md §5).
NOT_SERVED = re.compile(
    r"/(orchestrations|campaigns|catalogs|transactional|gdpr|trigger-events)(/|$)"
)


class BatchDoor:
    """Answers requests under /2.N; all versions speak alike (batch.md §2.1)."""

    def __init__(self, rooms: Rooms, *, rate_limits: bool, page_count: bool) -> None:
        self._rooms = rooms
        self._limits = Limits(on=rate_limits)
        self._page_count = page_count
        self._table = Table(OPERATIONS)
        self._open = Table(OPEN)
        rooms.jobs.register(KIND, ExportFiles(rooms).run)

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception."""
        try:
            return await self._serve(request)
        except errors.BatchError as error:
            return _refuse(request, error)
        except Overloaded:
            return _refuse(request, errors.maintenance())
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return _refuse(request, errors.unexpected())

    def closed(self, request: Request) -> Response:
        """The answer to any request during maintenance."""
        return _refuse(request, errors.maintenance())

    def description(self) -> bytes:
        """This door's OpenAPI document."""
        return files(__package__).joinpath("description.json").read_bytes()

    async def _serve(self, request: Request) -> Response:
        version = _VERSION.match(request.url.path)
        path = request.url.path[version.end() :] if version else request.url.path
        freely = self._open.find(request.method, path)
        if isinstance(freely, Found):
            return await freely.operation.handler(self._rooms, request)
        found = self._table.find(request.method, path)
        if isinstance(found, NotFound) and freely.allowed:
            found = freely
        if isinstance(found, NotFound):
            raise _nowhere(path, found)
        workspace = self._let_in(request)
        if not (isinstance(found.operation, Route) and found.operation.own_limit):
            self._limits.request(workspace, path, self._rooms.clock.now())
        number = int(version[1]) if version else 0
        return await found.operation.handler(
            Call(self._rooms, request, workspace, number, self._limits, self._page_count)
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


def _nowhere(path: str, found: NotFound) -> errors.BatchError:
    if found.allowed:
        return errors.wrong_method(found.allowed)
    known = NOT_SERVED.match(path)
    if known:
        return errors.no_route(f"Carpel does not serve Batch's {known[1]}")
    return errors.no_route()


def _refuse(request: Request, error: errors.BatchError) -> Response:
    body = {"error_message": error.message, "error_code": error.code}
    headers = {"Allow": ", ".join(error.allow)} if error.allow is not None else None
    return answer(request, json_bytes(body), error.status, headers=headers)
