"""The worlds in memory, one a workspace, and the batches that they still have to take in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pyroaring import FrozenBitMap

from carpel.kit.instants import LATEST
from carpel.storage.columns import Snapshot, WorkspaceBatch

from .memory.flips import Flips
from .memory.world import World
from .plan import Plan

# Workspace, and what flipped in it by segment; the batch's record, None for time alone.
OnFlips = Callable[[int, Mapping[int, Flips], int | None], None]


@dataclass(frozen=True)
class Pending:
    """What one record changed, by workspace."""

    seq: int
    batches: Mapping[int, WorkspaceBatch]


class Worlds:
    """Only one thread at a time may call what changes a world; looking at the queue needs the
    engine's lock, as `push` and `done` do.
    """

    def __init__(self, memory: int) -> None:
        """Args: memory: bytes that one world may take."""
        self._memory = memory
        self._worlds: dict[int, World | None] = {}
        self._pending: deque[Pending] = deque()
        self._due: dict[int, int] = {}

    # ------------------------------------------------------- under the engine's lock

    def expect(self, workspace: int) -> None:
        """From now on keep this workspace's batches; its world will be made."""
        self._worlds.setdefault(workspace, None)

    def push(self, seq: int, batches: Sequence[WorkspaceBatch]) -> None:
        """Queue what a record changed."""
        kept = {batch.workspace: batch for batch in batches if batch.workspace in self._worlds}
        if kept:
            self._pending.append(Pending(seq, kept))

    def is_behind(self, workspace: int, seq: int | None = None) -> bool:
        """Whether batches (up to a record) wait for this workspace's world."""
        return any(
            workspace in one.batches and (seq is None or one.seq <= seq) for one in self._pending
        )

    def due(self, workspace: int) -> int:
        """When time alone may next change something."""
        return self._due.get(workspace, LATEST)

    def next_due(self) -> int:
        """The same over all workspaces."""
        return min(self._due.values(), default=LATEST)

    def discard(self, workspace: int) -> None:
        """Forget a world, as after a failure."""
        self._worlds.pop(workspace, None)
        self._due.pop(workspace, None)
        self._pending = deque(
            Pending(one.seq, rest)
            for one in self._pending
            if (rest := {w: batch for w, batch in one.batches.items() if w != workspace})
        )

    # --------------------------------------------------------------- changing worlds

    @property
    def workspaces(self) -> list[int]:
        """Those that have a world."""
        return [workspace for workspace, world in self._worlds.items() if world is not None]

    def advance(self, workspace: int, now: int, on_flips: OnFlips) -> None:
        """Bring a world to an instant."""
        world = self._worlds[workspace]
        if world is not None and self._due[workspace] <= now:
            flips = world.advance(now)
            self._due[workspace] = world.due
            on_flips(workspace, flips, None)

    def oldest(self, up_to: int | None) -> Pending | None:
        """The next batch to take in, of those up to a record."""
        if not self._pending or (up_to is not None and self._pending[0].seq > up_to):
            return None
        return self._pending[0]

    def take_in(self, workspace: int, pending: Pending, now: int, on_flips: OnFlips) -> None:
        """Apply a batch to one world; `done` takes it off the queue once all have it."""
        world = self._worlds.get(workspace)
        if world is not None:
            world.check_room()
            flips = world.apply(pending.batches[workspace], now)
            self._due[workspace] = world.due
            on_flips(workspace, flips, pending.seq)

    def done(self, pending: Pending) -> None:
        """The batch is taken in and told of."""
        if self._pending and self._pending[0] is pending:
            self._pending.popleft()

    def define(
        self, workspace: int, plans: Mapping[int, Plan], snapshot: Snapshot, now: int
    ) -> dict[int, FrozenBitMap]:
        """Take up segments in a world that has exactly what the snapshot has; their members."""
        world = self._worlds.get(workspace) or World(self._memory)
        world.define(plans, snapshot, workspace, now)
        self._worlds[workspace] = world
        self._due[workspace] = world.due
        return {number: FrozenBitMap(world.members(number)) for number in plans}

    def drop(self, workspace: int, number: int) -> None:
        """Forget a segment."""
        world = self._worlds.get(workspace)
        if world is not None:
            world.drop(number)
            self._due[workspace] = world.due

    def members(self, workspace: int, number: int) -> FrozenBitMap | None:
        """A copy of a segment's members; None when it is not kept here."""
        world = self._worlds.get(workspace)
        if world is None or number not in world:
            return None
        return FrozenBitMap(world.members(number))
