"""One shared pass over the data for all new and edited segments of a workspace that wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from carpel.kit.turns import INTERPRETER
from carpel.storage.columns import Snapshot, WorkspaceBatch

from .memory.pace import Pace
from .memory.world import World
from .tracked import Touched, Tracked

# Makes a workspace's batch from what the columns are still to be given.
Again: TypeAlias = Callable[[int], WorkspaceBatch]


@dataclass(frozen=True)
class Pending:
    """What one record changed, by workspace."""

    seq: int
    batches: Mapping[int, WorkspaceBatch]
    changes: Mapping[int, Touched]
    written: threading.Event | None = None  # set once it may be told who moved
    again: Again | None = None

    def folded(self) -> Pending:
        """The same without the batches, if they can be made again.

        Those of a second or two are half a million small objects: what looks for garbage would go
        through all of them, for a fifth of a second in which nobody else has the interpreter.
        """
        return self if self.again is None else replace(self, batches={})

    def batch(self, workspace: int) -> WorkspaceBatch | None:
        """What changed in a workspace, made again where it has been folded; None for nothing."""
        found = self.batches.get(workspace)
        if found is None and self.again is not None and workspace in self.changes:
            return self.again(workspace)
        return found

    def await_written(self) -> None:
        """Wait until it may be told who moved; somebody else has the turn meanwhile."""
        if self.written is not None and not self.written.is_set():
            with INTERPRETER.aside():
                self.written.wait()


@dataclass(frozen=True)
class Progress:
    """How far a segment's build is: from 0 to 1, since when, and how many segments share it.

    One that waits for its turn is at 0 since its definition.
    """

    fraction: float
    since: int
    segments: int


class Build:
    """Segments worked out in a world of their own, beside the one that lives, from one snapshot.

    Batches that come meanwhile queue up here too. The thread that builds calls everything but
    `push`, which needs the engine's lock, and `progress`.
    """

    def __init__(
        self,
        workspace: int,
        segments: Mapping[int, Tracked],
        world: World,
        since: int,
        is_wanted: Callable[[], bool],
    ) -> None:
        """Begin; `is_wanted` says whether anybody still waits for any of the segments.

        `renews` may be set: the build's world is then to take the place of the one that lives.
        """
        self.renews = False
        self.workspace = workspace
        self.segments = dict(segments)
        self.world = world
        self.since = since
        self.applied = 0
        self._pace = Pace(is_wanted)
        self._queue: deque[Pending] = deque()

    def push(self, pending: Pending) -> None:
        """A batch came in."""
        self._queue.append(pending)

    @property
    def waiting(self) -> int:
        """How many batches it has still to take in."""
        return len(self._queue)

    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self._pace.fraction, self.since, len(self.segments))

    def work_out(self, snapshot: Snapshot, now: int) -> None:
        """The long part.

        Raises:
            Cancelled: nobody waits any more.
            TooMuch: it would need more memory than is left.
        """
        self.applied = snapshot.applied
        plans = {number: segment.plan for number, segment in self.segments.items()}
        self.world.define(plans, snapshot, self.workspace, now, self._pace)

    def catch_up(self, up_to: int, now: int) -> None:
        """Take in what came after the snapshot, up to a record, and bring the world to an instant."""
        while self._queue and self._queue[0].seq <= up_to:
            pending = self._queue.popleft()
            batch = pending.batch(self.workspace)
            if pending.seq > self.applied and batch is not None:
                self.world.check_room()
                self.world.advance(now)
                self.world.apply(batch, now)
        self.world.advance(now)
