"""Serving: the front on a socket, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from typing_extensions import override

from carpel.kit.ids import new_secret
from carpel.kit.turns import switch_often
from carpel.settings import Settings

from .front import Front
from .service import Service

GRACE_S = 30


class CannotListen(Exception):
    """The address cannot be served on."""


class _Server(uvicorn.Server):
    """uvicorn, but a signal ends it with success once open requests are finished."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(service: Service, settings: Settings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; open requests are finished first.

    Args:
        service: what to serve; the caller closes it.
        settings: where to listen.
        on_ready: told the URL once requests are answered.

    Raises:
        CannotListen: the address or port cannot be used.
    """
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    token = new_secret()
    front = Front(service, settings, token)
    config = uvicorn.Config(
        front,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True
        front.close()

    switch_often()
    asyncio.run(_run(server, listening, lambda: _ready(service, url, token, on_ready), stop))
    front.end()


async def _run(
    server: _Server,
    listening: socket.socket,
    ready: Callable[[], None],
    stop: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110  (uvicorn tells no other way)
        await asyncio.sleep(0.005)
    if server.started:
        ready()
    await serving


def _ready(service: Service, url: str, token: str, on_ready: Callable[[str], None]) -> None:
    service.directory.announce(url, token)
    on_ready(url)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it. Without, an answer's head waits 40 ms for the caller to acknowledge
    # the one before.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        raise CannotListen(f"cannot listen on {settings.host}:{settings.port}: {reason}") from None
    listening.setblocking(False)
    return listening
