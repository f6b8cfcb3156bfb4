"""Batch's rate limits, each per project (contracts/batch.md §2.4)."""

from __future__ import annotations

from carpel.domain.workspaces import Workspace
from carpel.surfaces.wire.limits import Bucket, Limiter, Window

from . import errors

# Two independent notes; whether the routes share it is not said, so each has its own.
EACH_SECOND = Window(1, 1)

UPDATES_EACH_SECOND = 300
UPDATES_AT_ONCE = 1_000
MASS_UPDATES_EACH_SECOND = 10_000
SEGMENT_EXPORT_EACH_SECONDS = 12 * 60
SEGMENT_EXPORTS_AT_ONCE = 10


class Limits:
    """Holds projects to the limits; off, it holds nobody to anything."""

    def __init__(self, *, on: bool) -> None:
        self._limiter = Limiter(on=on)
        self._updates = Bucket(per_second=UPDATES_EACH_SECOND, burst=UPDATES_AT_ONCE, on=on)
        self._mass = Bucket(
            per_second=MASS_UPDATES_EACH_SECOND, burst=MASS_UPDATES_EACH_SECOND, on=on
        )
        self._exports = Bucket(
            per_second=1 / SEGMENT_EXPORT_EACH_SECONDS, burst=SEGMENT_EXPORTS_AT_ONCE, on=on
        )

    def request(self, workspace: Workspace, path: str, now: int) -> None:
        """Count a request of a route that has no limit of its own.

        Raises:
            BatchError: (429) it is one too many.
        """
        if not self._limiter.take(f"{workspace.no}:{path}", EACH_SECOND, now).allowed:
            raise errors.too_many()

    def updates(self, workspace: Workspace, now: int, number: int, *, mass: bool) -> None:
        """Count so many updates of profiles. Raises BatchError (429)."""
        bucket = self._mass if mass else self._updates
        if not bucket.take(str(workspace.no), now, number):
            raise errors.too_many()

    def segment_export(self, workspace: Workspace, now: int) -> None:
        """Count an export of a segment. Raises BatchError (429)."""
        if not self._exports.take(str(workspace.no), now):
            raise errors.too_many()
