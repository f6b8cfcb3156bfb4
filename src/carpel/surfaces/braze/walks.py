"""Walks through the segments from the newest on, which segments made meanwhile do not disturb.

Pages are only numbers (braze.md §3.1), so a segment made between two pages would push the last one
of a page onto the next. A walk begins with page 0 and remembers the newest segment at that moment;
later pages of the same caller count from there. What Braze does here is unknown; this is ours.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from carpel.kit.clock import MINUTE

# A page asked for later than this after the one before belongs to no walk.
_PATIENCE = 10 * MINUTE
_MOST_CALLERS = 1_000
_MOST_OF_A_CALLER = 8


@dataclass
class _Walk:
    newest: int  # creation of the newest segment, in microseconds
    next_page: int
    seen_at: int


class Walks:
    """The walks under way, by caller."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: OrderedDict[str, list[_Walk]] = OrderedDict()

    def newest_for(self, caller: str, page: int, newest: int, now: int) -> int:
        """The creation of the newest segment that this page of this caller counts from.

        Args:
            caller: whoever walks: a key from one address with one program.
            page: the page asked for, from 0.
            newest: the creation of the newest segment there is.
            now: the time.
        """
        with self._lock:
            walks = [one for one in self._of.pop(caller, ()) if now - one.seen_at < _PATIENCE]
            self._of[caller] = walks
            while len(self._of) > _MOST_CALLERS:
                self._of.popitem(last=False)
            if page == 0:
                walks.append(_Walk(newest, 1, now))
                del walks[:-_MOST_OF_A_CALLER]
                return newest
            # The latest walk that has come this far; one that asks a page again has come further.
            walk = next((one for one in reversed(walks) if one.next_page == page), None) or next(
                (one for one in reversed(walks) if one.next_page > page), None
            )
            if walk is None:
                return newest
            walk.next_page, walk.seen_at = max(walk.next_page, page + 1), now
            return walk.newest
