"""Memberships as they are kept, beside the recompute for the same data and instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from carpel.storage.columns import Snapshot

from .living import Noted
from .restoring import Restoring


class Auditing(Restoring):
    """Can be held against the recompute while it goes on."""

    def _moment_of(self, number: int, held: ExitStack) -> tuple[Snapshot, Noted | None]:
        """The columns, held, and who was in with just their data; None when that is not to be had.

        Columns get data later than memory and several batches at once, and memory does not wait for
        them: so it notes who is in after each batch until they have caught up with the first.
        """
        with self._noting(number) as notes:
            for first in notes[:1]:
                self._wait_until_stored(first.seq)
            snapshot = held.enter_context(self._columns.snapshot())
            with self._computing:
                self._move_on(snapshot.applied)
        same = [note for note in notes if note.seq <= snapshot.applied]
        return snapshot, same[-1] if same else self._recomputed(number, snapshot)

    @contextmanager
    def _noting(self, number: int) -> Iterator[list[Noted]]:
        """Who is in now, if it lives in memory, and from now on after each batch."""
        notes: list[Noted] = []
        try:
            with self._computing:
                self._move_on()
                self._noted.append((number, notes))
                self._note(self._worlds.taken_in)
            yield notes
        finally:
            with self._computing:
                self._noted = [one for one in self._noted if one[1] is not notes]

    def _recomputed(self, number: int, snapshot: Snapshot) -> Noted | None:
        """Who is in a segment that is computed from the columns; None when it has to be again."""
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
            return Noted(kept.applied, kept.at, segment.workspace, segment.plan, kept.members)

    def _wait_until_stored(self, seq: int) -> None:
        """Until the columns have a record, and what is computed from them has heard of it."""
        with self._changed:
            self._changed.wait_for(lambda: self._stored >= seq or self._closing)
            if self._stored < seq:
                raise LookupError("the server stops")
