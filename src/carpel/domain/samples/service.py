"""Looking at segments on a schedule that backs off while nobody enters or leaves."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from zoneinfo import ZoneInfo

from carpel.domain.refusals import Invalid
from carpel.domain.segments import Segment, Segments
from carpel.domain.workspaces import Workspace, Workspaces
from carpel.kit.background import Background
from carpel.kit.clock import DAY, HOUR, SECOND, Clock
from carpel.kit.instants import start_of_day
from carpel.storage.catalogue import Catalogue

from .model import Refreshes, Sample, TooOften
from .repository import SampleRepository

FIRST_AFTER = 5 * SECOND
SHORTEST_GAP = HOUR
LONGEST_GAP = DAY
MOST_SAMPLED = 50
MOST_A_DAY = 2
MOST_AN_HOUR = 1
MOST_A_DAY_IN_ALL = 10

_log = logging.getLogger("carpel.samples")


class Samples:
    """Samples of all segments. Without `start()` none are taken by themselves."""

    def __init__(
        self, catalogue: Catalogue, workspaces: Workspaces, segments: Segments, clock: Clock
    ) -> None:
        self._repository = SampleRepository(catalogue)
        self._workspaces = workspaces
        self._segments = segments
        self._clock = clock
        self._background = Background("carpel-samples")
        self._taken = {one.segment: one for one in self._repository.list_all()}

    def start(self) -> None:
        """Take samples when they are due, from now on."""
        self._background.start(self._run)

    def close(self) -> None:
        """Stop after the sample that is being taken."""
        self._background.close()

    def find(self, segment: Segment) -> Sample | None:
        """The segment as it was seen last; None before the first look."""
        return self._taken.get(segment.no)

    def wake(self) -> None:
        """A segment was made: see when it is due."""
        self._background.wake()

    # ----------------------------------------------------------------- by hand

    def refresh(self, workspace: Workspace, segment: Segment, zone: str) -> None:
        """Look now. The schedule stays as it was.

        Raises:
            Invalid: there is no such time zone.
            TooOften: the day's or the hour's looks are used up.
        """
        now = self._clock.now()
        today = start_of_day(now, _zone(zone))
        with self._background.changed:
            whole_day = self._repository.refreshes(workspace.no, start_of_day(now, _zone("UTC")))
            if len(whole_day) >= MOST_A_DAY_IN_ALL:
                raise TooOften(
                    "too_often", f"at most {MOST_A_DAY_IN_ALL} refreshes a day in all", "segment"
                )
            mine = [
                at
                for number, at in self._repository.refreshes(workspace.no, min(today, now - HOUR))
                if number == segment.no
            ]
            if sum(at > now - HOUR for at in mine) >= MOST_AN_HOUR:
                raise TooOften(
                    "too_often", f"at most {MOST_AN_HOUR} refresh of a segment an hour", "segment"
                )
            if sum(at >= today for at in mine) >= MOST_A_DAY:
                raise TooOften(
                    "too_often", f"at most {MOST_A_DAY} refreshes of a segment a day", "segment"
                )
            self._repository.add_refresh(workspace.no, segment.no, now, zone)
        if self._background.is_running:
            self._take(segment, by_hand=True)

    def refreshes(self, workspace: Workspace, segment: Segment) -> Refreshes | None:
        """Those since midnight in the zone of the last one; None when there was never one."""
        last = self._repository.last_refresh(workspace.no, segment.no)
        if last is None:
            return None
        at, zone = last
        midnight = start_of_day(self._clock.now(), _zone(zone))
        found = self._repository.refreshes(workspace.no, midnight)
        return Refreshes(sum(number == segment.no for number, _ in found), at)

    # ------------------------------------------------------------- on schedule

    def _run(self) -> None:
        while self._background.wait(self._clock, self._due, self._next_due):
            for segment in self._due():
                try:
                    self._take(segment, by_hand=False)
                except Exception:
                    _log.exception("segment %s could not be sampled", segment.no)
                    self._skip(segment)

    def _everyone(self) -> list[Segment]:
        return [
            segment
            for workspace in self._workspaces.list_all()
            for segment in self._segments.list_of(workspace)
        ]

    def _due(self) -> list[Segment]:
        now = self._clock.now()
        return [segment for segment in self._everyone() if self._due_at(segment) <= now]

    def _next_due(self) -> int | None:
        return min((self._due_at(segment) for segment in self._everyone()), default=None)

    def _due_at(self, segment: Segment) -> int:
        last = self._taken.get(segment.no)
        return last.next_at if last is not None else segment.created_at + FIRST_AFTER

    def _take(self, segment: Segment, *, by_hand: bool) -> None:
        """Look at a segment, and say when next: later and later while it stays the same."""
        self._segments.settle([segment])
        published = self._segments.members(segment)
        members = published.members if published is not None else None
        now = self._clock.now()
        size = len(members) if members is not None else 0
        step = max(1, size // MOST_SAMPLED)
        numbers = tuple(members[::step][:MOST_SAMPLED]) if members is not None else ()
        seen = hashlib.blake2b(members.serialize() if members is not None else b"").digest()
        last = self._taken.get(segment.no)
        if last is None or last.members != seen:
            gap = SHORTEST_GAP
        else:
            gap = min(2 * last.gap, LONGEST_GAP)
        next_at = now + gap
        if by_hand and last is not None:
            gap, next_at = last.gap, last.next_at
        self._keep(Sample(segment.no, now, size, seen, numbers, gap, next_at))

    def _skip(self, segment: Segment) -> None:
        """What cannot be looked at now is looked at an hour later."""
        later = self._clock.now() + SHORTEST_GAP
        last = self._taken.get(segment.no) or Sample(segment.no, later, 0, b"", (), SHORTEST_GAP, 0)
        self._keep(replace(last, next_at=later))

    def _keep(self, sample: Sample) -> None:
        self._repository.put(sample)
        self._taken[sample.segment] = sample


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise Invalid(
            "bad_zone", f"{name[:80]!r} is no time zone such as America/Chicago", "user_time_zone"
        ) from None
