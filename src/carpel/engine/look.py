"""One contact at one moment: what fits it, and when time will change that."""

from __future__ import annotations

from dataclasses import dataclass

from carpel.kit.instants import LATEST
from carpel.storage.columns import Snapshot

from .plan import EventTest, Plan
from .recompute import Membership, count_events, recompute

_MOST_TURNS = 200


@dataclass(frozen=True)
class Look:
    """One contact at one moment, for plans to be tried on."""

    _snapshot: Snapshot
    _workspace: int
    _number: int
    now: int

    def fits(self, plan: Plan) -> bool:
        """Whether the plan is true for the contact."""
        return bool(len(self._at(plan, self.now).members))

    def events(self, test: EventTest) -> int:
        """How many of the contact's events fit a test."""
        return count_events(test, self._snapshot, self._workspace, self.now, self._only)

    def next_change(self, plan: Plan) -> int | None:
        """When time alone would next change whether the plan is true; None for never.

        Each turn of a date is looked at until one changes the answer; after too many turns that
        change nothing, the last one looked at is given, as the earliest it could be.
        """
        found = self._at(plan, self.now)
        fits = bool(len(found.members))
        for _ in range(_MOST_TURNS):
            if found.until == LATEST:
                return None
            found = self._at(plan, found.until)
            if bool(len(found.members)) != fits:
                return found.at
        return found.until

    def _at(self, plan: Plan, now: int) -> Membership:
        return recompute(plan, self._snapshot, self._workspace, now, self._only)

    @property
    def _only(self) -> range:
        return range(self._number, self._number + 1)
