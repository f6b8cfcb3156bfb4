"""Large bodies wait a moment when applying has not begun with what was acknowledged before.

So a server that has too much to do answers later with 202, and what it has acknowledged is soon counted
(docs/decisions/0021-turns.md).
"""

from __future__ import annotations

import asyncio
from time import perf_counter

from carpel.domain.ingest import Ingest
from carpel.kit.clock import SECOND, Clock

# Applying is behind when something has waited so long for it; by then there is enough for a next batch.
_BEHIND = SECOND // 10
_MOST_S = 0.25
_LOOK_S = 0.01


async def await_room(ingest: Ingest, clock: Clock, most_s: float = _MOST_S) -> None:
    """Wait while applying is behind, but no longer than that; it never refuses."""
    until = perf_counter() + most_s
    while perf_counter() < until:
        since = ingest.queued_since
        if since is None or since > clock.now() - _BEHIND:
            return
        await asyncio.sleep(_LOOK_S)
