"""A door's table of operations, and finding the one that a request asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.routing import compile_path

# Where a door leaves the shape of the path asked for, such as /api/v1/segments/{segment}.
ROUTE = "carpel.route"

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True)
class Operation(Generic[Handler]):
    """One line of the table. `permission` is what a key needs for it."""

    method: str
    path: str
    handler: Handler
    permission: str = ""


@dataclass(frozen=True)
class Found(Generic[Handler]):
    """The operation asked for, with the values in its path."""

    operation: Operation[Handler]
    values: dict[str, str]


@dataclass(frozen=True)
class NotFound:
    """No operation has this path; or some have, for other methods, which `allowed` names."""

    allowed: tuple[str, ...] = ()


class Table(Generic[Handler]):
    """Operations in order; the first that fits is meant. HEAD is served where GET is."""

    def __init__(
        self, operations: Sequence[Operation[Handler]], *, plain_first: bool = False
    ) -> None:
        """Args: plain_first: a path that stands in the table as it is asked for is that one only,
        and never the value of a line with a variable.
        """
        self._lines = [(compile_path(one.path)[0], one) for one in operations]
        self._plain = (
            {one.path for one in operations if "{" not in one.path} if plain_first else set()
        )

    def find(self, method: str, path: str) -> Found[Handler] | NotFound:
        """The operation for a request."""
        wanted = "GET" if method == "HEAD" else method
        allowed: list[str] = []
        for shape, operation in self._lines:
            match = shape.match(path)
            if match is None or (path in self._plain and operation.path != path):
                continue
            if operation.method == wanted:
                return Found(operation, match.groupdict())
            allowed.append(operation.method)
        return NotFound(tuple(dict.fromkeys(allowed)))
