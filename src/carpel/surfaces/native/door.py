"""The own API's table of operations, who may call them, and its errors."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from carpel.domain.keys import Key, require
from carpel.domain.refusals import Refusal
from carpel.domain.segments.members import Moments
from carpel.domain.workspaces import Workspace
from carpel.surfaces.wire.answers import answer
from carpel.surfaces.wire.callers import address, bearer
from carpel.surfaces.wire.packed import TAKEN, NotPacked, UnknownEncoding
from carpel.surfaces.wire.routing import ROUTE, NotFound, Table

from . import collecting
from .browsing import page
from .context import PREFIX, Call, Handler, Rooms
from .description import description
from .idempotency import once
from .operations import OPERATIONS, Line
from .params import read_all
from .problems import Problem, from_refusal, respond, unauthorized
from .sent import Sent
from .watching import Watch

WORKSPACE_HEADER = "x-carpel-workspace"

_log = logging.getLogger("carpel.api")


class NativeDoor:
    """Answers requests under /api/v1."""

    def __init__(self, rooms: Rooms, local_token: str) -> None:
        """Args: local_token: the secret that commands on the data directory use as their key."""
        self._rooms = rooms
        self._local_token = local_token.encode()
        self._table: Table[Handler] = Table(OPERATIONS, plain_first=True)
        self._watch = Watch(rooms.feed)
        self._moments = Moments()

    async def answer(self, request: Request) -> Response:
        """The answer to a request; never an exception."""
        return await self._guarded(request, self._serve)

    async def _guarded(
        self, request: Request, serve: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            return await serve(request)
        except Problem as problem:
            return respond(request, problem)
        except Refusal as refusal:
            return respond(request, from_refusal(refusal))
        except ClientDisconnect:
            raise
        except UnknownEncoding as unknown:
            headers = {"Accept-Encoding": ", ".join(TAKEN)}
            return respond(request, Problem(415, "bad_encoding", str(unknown), headers=headers))
        except NotPacked as error:
            return respond(request, Problem(400, "bad_encoding", str(error)))
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return respond(request, Problem(500, "internal_error", "something went wrong here"))

    async def describe(self, request: Request) -> Response:
        """`/openapi.json`, and `/docs`: the same to be read. Both are open to everybody."""
        if request.method not in ("GET", "HEAD"):
            problem = Problem(405, "method_not_allowed", "this is only read",
                              headers={"Allow": "GET"})  # fmt: skip
            return respond(request, problem)
        if request.url.path == "/docs":
            headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
            media_type = "text/html; charset=utf-8"
            return answer(request, page(), headers=headers, media_type=media_type, tag_of=page())
        return answer(request, description(), tag_of=description())

    async def collect(self, request: Request) -> Response:
        """What analytics SDKs send to `/v1/…`."""
        return await self._guarded(request, self._collect)

    def reader(self, request: Request) -> list[Workspace] | Response:
        """The workspaces that the caller may read, or the answer that refuses."""
        try:
            workspace, key = self._let_in(request)
            if key is None:
                return self._rooms.workspaces.list_all()
            require(key, "api.read")
        except Problem as problem:
            return respond(request, problem)
        except Refusal as refusal:
            return respond(request, from_refusal(refusal))
        return [workspace]

    def close(self) -> None:
        """The server stops: end streams and waiting."""
        self._watch.close()

    async def _serve(self, request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        found = self._table.find(request.method, path)
        if isinstance(found, NotFound):
            if found.allowed:
                detail = f"{request.method} is not served here"
                headers = {"Allow": ", ".join(found.allowed)}
                raise Problem(405, "method_not_allowed", detail, headers=headers)
            raise Problem(404, "no_such_path", f"there is nothing at {request.url.path}")
        request.scope[ROUTE] = PREFIX + found.operation.path
        workspace, key = self._let_in(request)
        if key is not None:
            require(key, found.operation.permission)
        given = read_all(request, cast("Line", found.operation).query)
        call = self._call(request, found.values, (workspace, key), given)
        if found.operation.permission == "api.read":  # nothing is done that could be done twice
            return await found.operation.handler(call)
        return await once(call, found.operation.handler)

    async def _collect(self, request: Request) -> Response:
        if request.method != "POST":
            headers = {"Allow": "POST"}
            raise Problem(405, "method_not_allowed", "events are posted here", headers=headers)
        body = await collecting.read_message(request)
        workspace, key = self._let_in(request, collecting.write_key(request, body))
        if key is not None:
            require(key, "api.write")
        given = {"known_only": None, "on_error": "skip", "wait": None}
        call = self._call(request, {}, (workspace, key), given)
        return await collecting.collect(call, body)

    def _call(
        self,
        request: Request,
        values: dict[str, str],
        caller: tuple[Workspace, Key | None],
        given: dict[str, Any],
    ) -> Call:
        return Call(
            self._rooms, request, values, *caller, self._watch, self._moments, given, Sent(request)
        )

    def _let_in(self, request: Request, secret: str | None = None) -> tuple[Workspace, Key | None]:
        secret = secret or bearer(request)
        if secret is None:
            raise unauthorized()
        if hmac.compare_digest(secret.encode(), self._local_token):
            name = request.headers.get(WORKSPACE_HEADER, "default")
            return self._rooms.workspaces.read(name), None
        key = self._rooms.keys.authenticate(secret, address(request))
        return self._rooms.workspaces.by_number(key.workspace), key
