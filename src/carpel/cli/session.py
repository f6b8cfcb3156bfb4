"""How a command reaches the data: through the server on the directory, or by opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from carpel.client import Client
from carpel.settings import Settings, load
from carpel.storage.directory import DirectoryInUse, is_held, running_server

Function = TypeVar("Function", bound=Callable[..., Any])


def on_data(function: Function) -> Function:
    """The option --data, given to the command as `settings`."""

    @click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="The data directory.  [default: ./carpel-data]",
    )
    @wraps(function)
    def command(*args: Any, data: Path | None, **kwargs: Any) -> Any:
        settings, _ = load({"data": data})
        return function(*args, settings=settings, **kwargs)

    return command  # type: ignore[return-value]


def in_workspace(function: Function) -> Function:
    """The option --workspace."""
    return click.option(
        "--workspace", "-w", metavar="NAME", default="default", show_default=True,
        help="The workspace, by name or id.",
    )(function)  # fmt: skip


def with_json(function: Function) -> Function:
    """The option --json, given to the command as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Machine output.")(function)


def quoted(reference: str) -> str:
    """A reference as one part of a path."""
    return quote(reference, safe="")


@contextmanager
def connect(settings: Settings, workspace: str | None = None) -> Iterator[Client]:
    """A client for the directory, whether or not a server runs on it.

    Raises:
        DirectoryInUse: another command is at work on it.
    """
    server = running_server(settings.data)
    if server is not None:
        with Client(*server, workspace=workspace) as client:
            yield client
        return
    if is_held(settings.data):
        raise DirectoryInUse(f"{settings.data} is in use by another carpel command; wait for it")
    with _opened(settings, workspace) as client:
        yield client


@contextmanager
def _opened(settings: Settings, workspace: str | None) -> Iterator[Client]:
    """The product itself, put together in this process."""
    from carpel.app.front import Front  # noqa: PLC0415  (not needed beside a running server)
    from carpel.app.service import Service  # noqa: PLC0415
    from carpel.client import InsideTransport  # noqa: PLC0415
    from carpel.kit.ids import new_secret  # noqa: PLC0415

    token = new_secret()
    service = Service.open(settings, background=False)
    try:
        transport = InsideTransport(Front(service, settings, token))
        with Client("http://carpel", token, workspace=workspace, transport=transport) as client:
            yield client
    finally:
        service.close()
