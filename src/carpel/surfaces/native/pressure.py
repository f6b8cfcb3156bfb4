"""Large bodies wait when applying has not begun with what was acknowledged before.

So a server that has too much to do answers later with 202, and what it has acknowledged is soon counted
(docs/decisions/0021-turns.md).
"""

from __future__ import annotations

import asyncio
from time import perf_counter

from carpel.domain.ingest import Ingest
from carpel.kit.clock import SECOND, Clock

# Applying is behind when something has waited so long for it; by then there is enough for a next batch.
_BEHIND_S = 0.1
_LEAST_S = 0.25
_MOST_S = 10.0  # whoever sends has a limit of their own, too
_LOOK_S = 0.01


async def await_room(ingest: Ingest, clock: Clock, most_s: float = _MOST_S) -> None:
    """Wait while applying is behind, at most as long as what was acknowledged waits; it never refuses.

    The further behind, the less comes in: with a fixed wait, many connections would go on putting in
    more than can be applied.
    """
    begun = perf_counter()
    while (waited := perf_counter() - begun) < most_s:
        since = ingest.queued_since
        age = 0.0 if since is None else (clock.now() - since) / SECOND
        if age <= _BEHIND_S or waited > max(_LEAST_S, age):
            return
        await asyncio.sleep(_LOOK_S)
