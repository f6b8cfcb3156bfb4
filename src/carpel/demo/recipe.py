"""What a demo is made from; the same recipe always gives the same data."""

from __future__ import annotations

import random
from dataclasses import dataclass

from carpel.kit.clock import DAY, SECOND

# So many days before the anchor the first event can lie.
BACK = 400
DAY_S = 86_400
# The anchor, counted in seconds from the first day's midnight, as all times in this room are.
ANCHOR_S = BACK * DAY_S


@dataclass(frozen=True)
class Recipe:
    """How many, which ones, and when.

    `anchor` is the midnight, in UTC, that begins the day the demo is made for; what contacts are
    like is as of then. Events go on through that day, up to `until`.
    """

    contacts: int
    seed: int
    anchor: int
    until: int

    @property
    def until_s(self) -> int:
        """`until`, in seconds from the first day's midnight; never beyond the anchor's own day."""
        return ANCHOR_S + min(self.until - self.anchor, DAY) // SECOND

    def chances(self, index: int) -> random.Random:
        """One contact's own chances, so that each comes out the same whoever else there is."""
        return random.Random(f"{self.seed}/{index}")  # noqa: S311  (nothing here is secret)


def happens(chances: random.Random, probability: float) -> bool:
    """Whether something of this probability happens."""
    return chances.random() < probability
