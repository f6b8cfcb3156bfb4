"""Memberships as they are kept, beside the recompute for the same data and instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pyroaring import FrozenBitMap

from carpel.storage.columns import Snapshot

from .living import Noted
from .plan import Plan
from .restoring import Restoring


@dataclass(frozen=True)
class Moment:
    """What was kept of a segment, and the columns with the same data."""

    workspace: int
    plan: Plan
    at: int
    members: FrozenBitMap
    snapshot: Snapshot


class Auditing(Restoring):
    """Can be held against the recompute while it goes on."""

    def _moment_of(self, number: int, held: ExitStack) -> Moment | None:
        """A moment of a segment that is settled, its snapshot held; None when it is no longer."""
        return self._in_memory(number, held) or self._recomputed(number, held)

    def _in_memory(self, number: int, held: ExitStack) -> Moment | None:
        """A moment of a segment that lives in memory; None when it does not.

        Columns have data later than memory and several batches at once, and memory does not wait
        for them: so it notes who is in after each batch until they have caught up with the first.
        """
        with self._noting(number) as notes:
            first = next(iter(notes), None)
            if first is None:
                return None
            self._wait_until_stored(first.seq)
            snapshot = held.enter_context(self._columns.snapshot())
            with self._computing, self._moving():
                now = self._clock.now()
                self._drain(snapshot.applied, now, exact=self._is_exact(now))
        same = [note for note in notes if note.seq <= snapshot.applied][-1:]
        return next(
            (Moment(one.workspace, one.plan, one.at, one.members, snapshot) for one in same), None
        )

    @contextmanager
    def _noting(self, number: int) -> Iterator[list[Noted]]:
        """Who is in now, if it lives in memory, and from now on after each batch."""
        notes: list[Noted] = []
        try:
            with self._computing, self._moving():
                now = self._clock.now()
                self._drain(None, now, exact=self._is_exact(now))
                self._noted.append((number, notes))
                self._note(self._worlds.taken_in)
            yield notes
        finally:
            with self._computing:
                self._noted = [one for one in self._noted if one[1] is not notes]

    def _recomputed(self, number: int, held: ExitStack) -> Moment | None:
        """A moment of a segment that is computed from the columns; None when it has to be again."""
        snapshot = held.enter_context(self._columns.snapshot())
        self._wait_until_stored(snapshot.applied)
        kept = self.members(number)
        with self._changed:
            segment = self._segments.get(number)
            if segment is None or kept is None:
                raise LookupError((segment and segment.failure) or "not computed yet")
            is_of_rules = kept.version == segment.version and not segment.stale
            is_whole = is_of_rules and segment.needs <= kept.applied
            if segment.is_built or not (is_whole or segment.failure is not None):
                return None
            return Moment(segment.workspace, segment.plan, kept.at, kept.members, snapshot)

    def _wait_until_stored(self, seq: int) -> None:
        """Until the columns have a record, and what is computed from them has heard of it."""
        with self._changed:
            self._changed.wait_for(lambda: self._stored >= seq or self._closing)
            if self._stored < seq:
                raise LookupError("the server stops")
