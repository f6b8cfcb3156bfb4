"""The front of the house: one port, and behind it the door that each path belongs to."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from carpel.kit.ids import new_id
from carpel.settings import Settings
from carpel.surfaces.batch import BatchDoor
from carpel.surfaces.braze import BrazeDoor
from carpel.surfaces.files import FilesDoor
from carpel.surfaces.native import COLLECTED, NativeDoor
from carpel.surfaces.sendgrid import Manners, SendGridDoor
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.limits import Limiter

from .service import Service

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DESCRIPTION = re.compile(r"/openapi/([a-z]+)\.json$")
_log = logging.getLogger("carpel.front")

Answer = Callable[[Request], Awaitable[Response]]


class VendorDoor(Protocol):
    """A door that an operator can close."""

    async def answer(self, request: Request) -> Response:
        """The answer to a request."""
        ...

    def closed(self, request: Request) -> Response:
        """The answer to any request during maintenance: 503, in the vendor's words."""
        ...


class Front:
    """The ASGI application. Every answer carries an X-Request-Id."""

    def __init__(self, service: Service, settings: Settings, local_token: str) -> None:
        self._service = service
        limiter = Limiter(on=settings.rate_limits)
        braze = BrazeDoor(service, limiter)
        batch = BatchDoor(
            service, rate_limits=settings.rate_limits, page_count=settings.batch_count == "page"
        )
        manners = Manners(
            legacy=settings.sendgrid_legacy,
            vendor_cadence=settings.sendgrid_cadence == "vendor",
            pending=settings.sendgrid_validation == "pending",
            packed_exports=settings.sendgrid_exports == "gzip",
        )
        sendgrid = SendGridDoor(service, limiter, manners)
        native = self._native = NativeDoor(service, local_token)
        files = FilesDoor(service.files)
        # Each door describes itself; a door is added here when it does.
        self._descriptions: dict[str, Callable[[], bytes]] = {
            "braze": braze.description,
            "batch": batch.description,
            "sendgrid": sendgrid.description,
        }
        self._vendors: list[tuple[re.Pattern[str], VendorDoor]] = [
            (re.compile(r"/v3/marketing(/|$)"), sendgrid),
            (re.compile(r"/2\.\d+(/|$)"), batch),
            (braze.paths, braze),
        ]
        self._doors: list[tuple[re.Pattern[str], Answer]] = [
            (re.compile(r"/api/v1(/|$)"), native.answer),
            (re.compile(r"/files/"), files.answer),
            (_DESCRIPTION, self._describe),
            (re.compile(r"/openapi\.json$|/docs$"), native.describe),
            (COLLECTED, native.collect),
            (re.compile(r"/healthz$"), self._alive),
            (re.compile(r"/readyz$"), self._ready),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"])["X-Request-Id"] = request_id
            await send(message)

        try:
            answered = await self._answer(request)
            await answered(scope, receive, sending)
        except ClientDisconnect:
            _log.info("%s %s: the caller hung up", request.method, request.url.path)

    def close(self) -> None:
        """The server stops: end what would go on for as long as the caller listens."""
        self._native.close()

    async def _answer(self, request: Request) -> Response:
        # Some clients join "/v3/" and "/marketing" (contracts/sendgrid.md §7).
        path = re.sub(r"/{2,}", "/", request.scope["path"])
        request.scope["path"] = path
        for shape, vendor in self._vendors:
            if shape.match(path):
                if self._service.maintenance.since is not None:
                    return vendor.closed(request)
                return await vendor.answer(request)
        for shape, door in self._doors:
            if shape.match(path):
                return await door(request)
        return answer(request, json_bytes({"error": "not found"}), 404)

    async def _describe(self, request: Request) -> Response:
        """`/openapi/{door}.json`: the OpenAPI document of a vendor's door."""
        named = _DESCRIPTION.match(request.scope["path"])
        describe = self._descriptions.get(named[1]) if named else None
        if describe is None:
            return answer(request, json_bytes({"error": "not found"}), 404)
        body = describe()
        return answer(request, body, tag_of=body)

    async def _alive(self, request: Request) -> Response:
        """`/healthz`: the process answers."""
        return answer(request, json_bytes({"status": "ok"}))

    async def _ready(self, request: Request) -> Response:
        """`/readyz`: data is taken in and applied."""
        if self._service.ingest.failure is not None:
            return answer(request, json_bytes({"status": "not applying"}), 503)
        return answer(request, json_bytes({"status": "ready"}))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
