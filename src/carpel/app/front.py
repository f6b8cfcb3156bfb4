"""The front of the house: one port, and behind it the door that each path belongs to."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Protocol

from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from carpel.kit.ids import new_id
from carpel.settings import Settings
from carpel.surfaces.batch import BatchDoor
from carpel.surfaces.braze import BrazeDoor
from carpel.surfaces.files import FilesDoor
from carpel.surfaces.native.collecting import COLLECTED
from carpel.surfaces.native.door import NativeDoor
from carpel.surfaces.sendgrid import Manners, SendGridDoor
from carpel.surfaces.wire.answers import answer, json_bytes
from carpel.surfaces.wire.limits import Limiter
from carpel.surfaces.wire.routing import ROUTE

from . import logs
from .metrics import Metrics
from .service import Service
from .tracing import tracing_to

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DESCRIPTION = re.compile(r"/openapi/([a-z]+)\.json$")
_DOORS = (
    ("native", re.compile(r"/api/v1(/|$)")),
    ("sendgrid", re.compile(r"/v3/")),
    ("batch", re.compile(r"/2\.\d+(/|$)")),
    ("files", re.compile(r"/files/")),
    ("collecting", re.compile(r"/v1/")),
    ("operating", re.compile(r"/(metrics|healthz|readyz|openapi|docs)")),
    ("braze", re.compile(r"/(segments|users|events|custom_attributes|export)(/|$)")),
)
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
        self._settings = settings
        self._metrics = Metrics(service)
        self._trace, self._end_tracing = tracing_to(settings.otel_endpoint)
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
            (re.compile(r"/metrics$"), self._measure),
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
        logs.request_id.set(request_id)
        # Some clients join "/v3/" and "/marketing" (contracts/sendgrid.md §7).
        path = scope["path"] = re.sub(r"/{2,}", "/", scope["path"])
        with self._watched(request) as answered:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(raw=message["headers"])["X-Request-Id"] = request_id
                    answered(message["status"])
                await send(message)

            try:
                response = await self._answer(request, path)
                await response(scope, receive, sending)
            except ClientDisconnect:
                _log.info("%s %s: the caller hung up", request.method, path)

    def close(self) -> None:
        """The server stops: end what would go on for as long as the caller listens."""
        self._native.close()

    def end(self) -> None:
        """The server has stopped: send what is left to be sent of traces."""
        self._end_tracing()

    @contextmanager
    def _watched(self, request: Request) -> Iterator[Callable[[int], None]]:
        """Measure, trace and log a request; what is yielded is told the status."""
        path = request.scope["path"]
        door, status, start = _door_of(path), 0, perf_counter()
        about = {"http.request.method": request.method, "url.path": path, "carpel.door": door}
        with self._trace(f"{request.method} {door}", about, dict(request.headers)) as traced:

            def answered(found: int) -> None:
                nonlocal status
                status = found
                traced(found, request.scope.get(ROUTE))

            yield answered
        seconds = perf_counter() - start
        route = request.scope.get(ROUTE, "")
        self._metrics.answered((door, request.method, route, str(status)), seconds)
        said = {"method": request.method, "path": path, "status": status, "door": door,
                "seconds": round(seconds, 6)}  # fmt: skip
        _log.info("%s %s %s", request.method, path, status, extra={"said": said})

    async def _measure(self, request: Request) -> Response:
        """`/metrics`: for a key its workspace; for all of them, the setting `metrics_open`."""
        if self._settings.metrics_open:
            workspaces = self._service.workspaces.list_all()
        else:
            found = self._native.reader(request)
            if isinstance(found, Response):
                return found
            workspaces = found
        text = await run_in_threadpool(self._metrics.text, workspaces)
        return answer(request, text, media_type=CONTENT_TYPE_LATEST)

    async def _answer(self, request: Request, path: str) -> Response:
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


def _door_of(path: str) -> str:
    """What a request is for, in one word of a few."""
    return next((name for name, shape in _DOORS if shape.match(path)), "other")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
