"""What a handler of this door works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from carpel.domain.keys import Key, Keys
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import Clock
from carpel.surfaces.wire.callers import address

from .walks import Walks


class Rooms(Protocol):
    """The rooms of the domain that this door asks."""

    clock: Clock
    keys: Keys
    workspaces: Workspaces
    segments: Segments


@dataclass(frozen=True)
class Call:
    """One request, its caller known."""

    rooms: Rooms
    request: Request
    workspace: Workspace
    key: Key
    walks: Walks

    @property
    def caller(self) -> str:
        """Who calls: a key, from one address, with one program."""
        program = self.request.headers.get("user-agent", "")
        return f"{self.key.id} {address(self.request)} {program}"


Handler = Callable[[Call], Awaitable[dict[str, object]]]
