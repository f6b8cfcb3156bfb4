"""What concerns the running server as a whole: maintenance."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from carpel.kit.instants import format_instant

from .bodies import MaintenanceBody, read_body
from .context import Call
from .problems import Problem


class MaintenanceState(Struct):
    """Whether the vendors' doors are closed, and since when."""

    on: bool
    since: str | None


async def read_maintenance(call: Call) -> Response:
    """`GET /maintenance`: `{on, since}`."""
    return call.answer(_shown(call.rooms.maintenance.since))


async def switch_maintenance(call: Call) -> Response:
    """`PATCH /maintenance` `{on}`: while it is on, the vendors' doors answer 503.

    It concerns every workspace, so a key must have all permissions.
    """
    if call.key is not None and not call.key.permits("*"):
        raise Problem(403, "missing_permission", "this concerns all: the key needs permission *")
    wanted = await read_body(call, MaintenanceBody)
    since = await call.off_loop(call.rooms.maintenance.switch, on=wanted.on)
    return call.answer(_shown(since))


def _shown(since: int | None) -> MaintenanceState:
    return MaintenanceState(since is not None, None if since is None else format_instant(since))
