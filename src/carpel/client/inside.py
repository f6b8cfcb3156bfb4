"""A transport that calls an ASGI application in this very process, without a socket."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
from typing_extensions import override

_Message = dict[str, Any]


class InsideTransport(httpx.BaseTransport):
    """Runs the application on a thread of its own; bodies of answers come piece by piece."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(request)
        asyncio.run_coroutine_threadsafe(exchange.run(self._app), self._loop)
        start = exchange.next()
        return httpx.Response(start["status"], headers=start["headers"], stream=_Body(exchange))

    @override
    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(
            self._loop.shutdown_default_executor(), self._loop
        ).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Exchange:
    """One request, and the messages of its answer as the application sends them."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._chunks = iter(request.stream) if isinstance(request.stream, Iterable) else iter(())
        self._is_read = False
        self._sent: queue.Queue[_Message | BaseException] = queue.Queue()

    async def run(self, app: Any) -> None:
        try:
            await app(self._scope(), self._receive, self._send)
        except BaseException as error:
            self._sent.put(error)

    def next(self) -> _Message:
        """The next message of the answer."""
        message = self._sent.get()
        if isinstance(message, BaseException):
            raise httpx.RemoteProtocolError(f"the application failed: {message}") from message
        return message

    def _scope(self) -> dict[str, Any]:
        url = self._request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in self._request.headers.raw],
            "server": (url.host, url.port or 80),
            "client": None,
        }

    async def _receive(self) -> _Message:
        """The next piece of what is sent; taken on a thread, for it may be waited for."""
        if self._is_read:
            await asyncio.Event().wait()  # the caller never hangs up
        chunk = await asyncio.to_thread(next, self._chunks, None)
        self._is_read = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": not self._is_read}

    async def _send(self, message: _Message) -> None:
        self._sent.put(message)


class _Body(httpx.SyncByteStream):
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    @override
    def __iter__(self) -> Iterator[bytes]:
        while True:
            message = self._exchange.next()
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                return
