"""Memberships held against the recompute in the background: one segment at a time, slowly.

There is nothing to find; what is found all the same is told, and mended by working it out again.
"""

from __future__ import annotations

import logging
from collections import Counter

from carpel.domain.contacts import Contacts
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.engine.live import Engine
from carpel.kit.background import Background
from carpel.kit.clock import Clock

from .model import Segment
from .service import Segments
from .verify import Verified, verify_segment

_log = logging.getLogger("carpel.audit")

MOST_TOLD = 20
_RESTS = 4  # so many times as long as a piece of the recompute takes the others have after it


class Auditor:
    """Looks at all segments of all workspaces in turn. Thread-safe."""

    def __init__(
        self,
        workspaces: Workspaces,
        segments: Segments,
        contacts: Contacts,
        engine: Engine,
        clock: Clock,
        pause_us: int,
    ) -> None:
        """Begin; `start` begins to look, and `pause_us` is its rest after each segment: 0 for never."""
        self._workspaces = workspaces
        self._segments = segments
        self._contacts = contacts
        self._engine = engine
        self._clock = clock
        self._pause_us = pause_us
        self._background = Background("carpel-audit")
        self._last = 0  # the number of the segment looked at last
        self._next_at = clock.now() + pause_us
        self.audited: Counter[int] = Counter()  # segments held against the recompute, by workspace
        self.differences: Counter[int] = Counter()  # contacts found to differ, by workspace

    def start(self) -> None:
        """Look in the background from now on, unless it is switched off."""
        if self._pause_us:
            self._background.start(self._run)

    def close(self) -> None:
        """Stop after the segment it is at."""
        self._background.close()

    def look(self) -> Segment | None:
        """Hold the next segment against the recompute; None when there is none to be looked at."""
        workspaces = {one.no: one for one in self._workspaces.list_all()}
        found = [
            one
            for workspace in workspaces.values()
            for one in self._segments.list_of(workspace, archived=None)
        ]
        found.sort(key=lambda one: (one.no <= self._last, one.no))
        for segment in found:
            self._last = segment.no
            if self._is_ready(segment):
                self._audit(workspaces[segment.workspace], segment)
                return segment
        return None

    def _run(self) -> None:
        while self._background.wait(
            self._clock, lambda: self._clock.now() >= self._next_at, lambda: self._next_at
        ):
            try:
                self.look()
            except LookupError:
                _log.debug("the segment went while it was looked at")
            except Exception:
                _log.exception("segment %s could not be audited", self._last)
            self._next_at = self._clock.now() + self._pause_us

    def _is_ready(self, segment: Segment) -> bool:
        """Whether there is a membership by its rules; else it is not its turn yet."""
        return (
            segment.problem is None
            and self._segments.building(segment) is None
            and self._engine.standing(segment.no) is not None
        )

    def _audit(self, workspace: Workspace, segment: Segment) -> None:
        found = verify_segment(
            self._segments, self._engine, self._contacts, workspace, segment, self._rest
        )
        self.audited[workspace.no] += 1
        if found.total:
            self.differences[workspace.no] += found.total
            self._tell(workspace, segment, found)
            self._engine.rebuild(segment.no)

    def _rest(self, took: float) -> None:
        """Leave most of the time to others, between pieces of work."""
        if not self._background.rest(_RESTS * took):
            raise LookupError("the server stops")

    def _tell(self, workspace: Workspace, segment: Segment, found: Verified) -> None:
        _log.error(
            "segment %s (%s) of workspace %s: %d kept, %d recomputed, %d contacts differ; "
            "it is worked out again",
            segment.code, segment.id, workspace.name, found.count, found.recomputed, found.total,
        )  # fmt: skip
        for one in found.differences[:MOST_TOLD]:
            _log.error(
                "segment %s: contact %s is %s as kept and %s recomputed; it is decided by: %s",
                segment.code,
                one.name or f"number {one.number}, which is gone",
                "in" if one.kept else "out",
                "in" if one.recomputed else "out",
                one.clause or "what is not known any more",
            )
