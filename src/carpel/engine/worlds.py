"""The worlds in memory, one a workspace, and the batches that they still have to take in."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace

from pyroaring import BitMap

from carpel.kit.instants import LATEST

from .builds import Build, Pending
from .memory.flips import Flips
from .memory.world import World

# Workspace, and what flipped in it by segment; the record that did it, None for time alone.
OnFlips = Callable[[int, Mapping[int, Flips], Pending | None], None]


class Worlds:
    """Only one thread at a time may call what changes a world; looking at the queue needs the
    engine's lock, as `push` and `done` do.
    """

    def __init__(self, memory: int) -> None:
        """Args: memory: bytes that one world may take."""
        self._memory = memory
        self._worlds: dict[int, World | None] = {}
        self._pending: deque[Pending] = deque()
        self._unstored: deque[Pending] = deque()  # that the columns do not have yet
        self.taken_in = 0  # the last record that all worlds have
        self._seqs: defaultdict[int, deque[int]] = defaultdict(deque)  # pending, by workspace
        self._due: dict[int, int] = {}
        self.build: Build | None = None
        # What came since a snapshot that is not read yet, for the worlds in it.
        self._held: dict[int, deque[Pending]] = {}

    # ------------------------------------------------------- under the engine's lock

    def begin(self, build: Build) -> None:
        """From now on keep this workspace's batches, for its world and for the build."""
        self._worlds.setdefault(build.workspace, None)
        self.build = build
        for pending in self._unstored:  # its snapshot may be without them
            build.push(pending)

    def push(self, pending: Pending) -> None:
        """Queue what a record changed."""
        self._unstored.append(pending.folded())
        if self.build is not None:
            self.build.push(pending)
        for workspace in self._held.keys() & pending.batches.keys():
            self._held[workspace].append(pending)
        kept = {place: batch for place, batch in pending.batches.items() if place in self._worlds}
        if kept:
            self._pending.append(replace(pending, batches=kept))
            for workspace in kept:
                self._seqs[workspace].append(pending.seq)

    def hold(self, workspace: int) -> None:
        """A snapshot has this workspace's world: keep what comes until it is `adopted`."""
        self._held[workspace] = deque()

    @property
    def held(self) -> int:
        """How many batches wait for worlds that are not read yet."""
        return sum(map(len, self._held.values()))

    def release(self, workspace: int) -> None:
        """The snapshot is not to be read after all."""
        self._held.pop(workspace, None)

    def adopt(self, workspace: int, world: World, seq: int) -> None:
        """Take a world from a snapshot, which has all up to a record; what came since waits for it."""
        self._worlds[workspace] = world
        self._due[workspace] = world.due
        self.taken_in = max(self.taken_in, seq)
        waiting = {one.seq: one for one in self._pending}
        for pending in self._held.pop(workspace, ()):
            if pending.seq > seq:
                others = waiting[pending.seq].batches if pending.seq in waiting else {}
                batches = {**others, workspace: pending.batches[workspace]}
                waiting[pending.seq] = replace(pending, batches=batches)
                self._seqs[workspace].append(pending.seq)
        self._pending = deque(waiting[one] for one in sorted(waiting))

    def stored(self, seq: int) -> list[Pending]:
        """The columns have all records up to one; what they have now and had not before."""
        found = []
        while self._unstored and self._unstored[0].seq <= seq:
            found.append(self._unstored.popleft())
        return found

    def is_behind(self, workspace: int, seq: int | None = None) -> bool:
        """Whether batches (up to a record) wait for this workspace's world."""
        waiting = self._seqs.get(workspace)
        return bool(waiting) and (seq is None or waiting[0] <= seq)  # type: ignore[index]

    @property
    def has_pending(self) -> bool:
        """Whether any batch waits."""
        return bool(self._pending)

    @property
    def queued(self) -> int:
        """How many batches wait, the one that is being taken in among them."""
        return len(self._pending)

    @property
    def newest(self) -> int | None:
        """The last record that waits; None without any."""
        return self._pending[-1].seq if self._pending else None

    def waiting(self, workspace: int) -> int:
        """How many batches wait for this workspace's world."""
        return len(self._seqs.get(workspace, ()))

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
        self._seqs.pop(workspace, None)
        self._pending = deque(
            replace(one, batches=rest)
            for one in self._pending
            if (rest := {w: batch for w, batch in one.batches.items() if w != workspace})
        )

    # --------------------------------------------------------------- changing worlds

    @property
    def workspaces(self) -> list[int]:
        """Those that have a world."""
        return [workspace for workspace, world in self._worlds.items() if world is not None]

    def world(self, workspace: int) -> World | None:
        """A workspace's world, if it has one."""
        return self._worlds.get(workspace)

    def beside(self, workspace: int) -> World:
        """An empty world for new segments of a workspace."""
        world = self._worlds.get(workspace)
        return World(self._memory) if world is None else world.beside()

    def advance(self, workspace: int, now: int, on_flips: OnFlips) -> None:
        """Bring a world to an instant."""
        world = self._worlds[workspace]
        if world is not None and self._due[workspace] <= now:
            flips = world.advance(now)
            self._due[workspace] = world.due
            on_flips(workspace, flips, None)

    def oldest(self, up_to: int) -> Pending | None:
        """The next batch to take in, of those up to a record."""
        if not self._pending or self._pending[0].seq > up_to:
            return None
        return self._pending[0]

    def take_in(self, workspace: int, pending: Pending, now: int, on_flips: OnFlips) -> None:
        """Apply a batch to one world; `done` takes it off the queue once all have it."""
        world = self._worlds.get(workspace)
        if world is not None:
            world.check_room()
            flips = world.apply(pending.batches[workspace], now)
            self._due[workspace] = world.due
            on_flips(workspace, flips, pending)

    def done(self, pending: Pending) -> None:
        """The batch is taken in and told of."""
        if self._pending and self._pending[0].seq == pending.seq:
            self._pending.popleft()
        self.taken_in = max(self.taken_in, pending.seq)
        for workspace in pending.batches:
            waiting = self._seqs.get(workspace)
            if waiting and waiting[0] == pending.seq:
                waiting.popleft()

    def absorb(self, build: Build, now: int) -> None:
        """Take over what a build has worked out; it has come as far as its workspace's world."""
        workspace, world = build.workspace, self._worlds.get(build.workspace)
        if world is None or build.renews:
            world = self._worlds[workspace] = build.world
        else:
            plans = {number: segment.plan for number, segment in build.segments.items()}
            world.absorb(build.world, plans, now)
        self._due[workspace] = world.due

    def drop(self, workspace: int, number: int) -> None:
        """Forget a segment."""
        world = self._worlds.get(workspace)
        if world is not None:
            world.drop(number)
            self._due[workspace] = world.due

    def members(self, workspace: int, number: int) -> BitMap | None:
        """A segment's members, not to be kept over changes; None when it is not kept here."""
        world = self._worlds.get(workspace)
        if world is None or number not in world:
            return None
        return world.members(number)

    def size(self, workspace: int, number: int) -> int | None:
        """How many are in a segment; None when it is not kept here."""
        world = self._worlds.get(workspace)
        return world.size(number) if world is not None and number in world else None
