"""What a handler of this door works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request

from carpel.domain.contacts import Contacts
from carpel.domain.fields import Fields
from carpel.domain.keys import Keys
from carpel.domain.lists import Lists
from carpel.domain.segments import Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.clock import Clock


class Rooms(Protocol):
    """The rooms of the domain that this door asks."""

    clock: Clock
    keys: Keys
    workspaces: Workspaces
    contacts: Contacts
    fields: Fields
    lists: Lists
    segments: Segments


@dataclass(frozen=True)
class Call:
    """One request, its caller known."""

    rooms: Rooms
    request: Request
    values: dict[str, str]
    workspace: Workspace


Handler = Callable[[Call], Awaitable[dict[str, Any]]]
