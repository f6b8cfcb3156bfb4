"""What lives in memory kept over a restart: written when the engine is closed, read by the next one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyroaring import FrozenBitMap
from typing_extensions import override

from carpel.kit.clock import SECOND
from carpel.storage.columns import WorkspaceBatch
from carpel.storage.parts import Damaged

from . import snapshots
from .building import Building
from .builds import Again
from .living import Given, OnPublished
from .memory.bitmaps import few_or_frozen
from .memory.flips import Flips
from .memory.pace import Cancelled
from .memory.room import TooMuch
from .memory.world import World
from .publication import Moves, Publication, Published, Standing
from .snapshots import EngineSnapshot, KeptWorld, Rules, Unfit
from .tracked import Touched, Tracked

_log = logging.getLogger("carpel.engine")

# So many batches may wait for a snapshot that nobody begins to read.
_MOST_HELD = 32
# So many instants that passed meanwhile are told one by one; of more, those near one another
# together, at the last of them; and what is left after so long at once.
_ONE_BY_ONE = 256
_STEPS = 512
_MOST_TIME = 10 * SECOND

_NOBODY = FrozenBitMap()


@dataclass(frozen=True)
class SnapshotFigures:
    """What became of the snapshot: bytes on disk, and microseconds until it was exact."""

    nbytes: int
    took: int


class Restoring(Building):
    """Builds, after what a snapshot has of them."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._memory = given.memory
        self._file: Path | None = None  # of a snapshot, until data moves on
        self._snapshot: EngineSnapshot | None = None
        self._threads: list[threading.Thread] = []
        self._is_reading = False
        self._told: Mapping[int, Standing] = {}
        self.restored: SnapshotFigures | None = None

    # -------------------------------------------------------------------- reading

    def offer(self, file: Path, columns: tuple[int, int], told: Mapping[int, Standing]) -> None:
        """Go on from a snapshot, if there is one that fits; before anything else is told.

        Args:
            file: where it is, or is not.
            columns: the `stamp` of the column store's file from before it was opened.
            told: what was told last of each segment.
        """
        self._file = file
        snapshots.draft_of(file).unlink(missing_ok=True)
        try:
            self._snapshot = EngineSnapshot(file, columns, self._stored, self._clock.now())
        except FileNotFoundError:
            self._file = None
            return
        except Unfit as error:
            _log.info("segments are worked out anew, not read from the snapshot: %s", error)
        except (Damaged, OSError) as error:
            _log.warning(
                "the snapshot %s cannot be read: %s; segments are worked out anew", file, error
            )
        if self._snapshot is None:
            self._outdate()
            return
        self._told = told
        with self._changed:
            for one in self._snapshot.head.worlds:
                self._worlds.hold(one.workspace)

    @override
    def touch(
        self,
        seq: int,
        touched: Iterable[Touched],
        batches: Sequence[WorkspaceBatch] = (),
        written: threading.Event | None = None,
        again: Again | None = None,
    ) -> None:
        """As before. The snapshot is of no use to a later process any more, and whom a batch erases
        is not to stay in it.
        """
        if batches:
            self._outdate()
        super().touch(seq, touched, batches, written, again)
        if not self._is_reading and self._worlds.held > _MOST_HELD:
            self._end_restoring("too much has come in since")

    def _outdate(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            snapshots.remove(file)

    @override
    def _build_all(self) -> None:
        with self._building:
            with self._changed:
                snapshot = None if self._is_reading else self._snapshot
                self._is_reading = self._snapshot is not None
            if snapshot is not None:
                self._restore_all(snapshot)
        super()._build_all()

    def _restore_all(self, snapshot: EngineSnapshot) -> None:
        for kept in snapshot.head.worlds:
            try:
                self._restore(snapshot, kept)
            except Cancelled:
                break
            except TooMuch as error:
                _log.warning("workspace %s: %s", kept.workspace, error)
                self._outdate()
            except Exception as error:
                self._outdate()
                known = isinstance(error, Damaged | OSError)
                _log.warning(
                    "workspace %s cannot be read from the snapshot: %s; it is worked out anew",
                    kept.workspace, error, exc_info=None if known else error,
                )  # fmt: skip
        self._end_restoring()

    def _end_restoring(self, reason: str | None = None) -> None:
        """Nothing is to be read any more."""
        with self._changed:
            snapshot, self._snapshot = self._snapshot, None
            self._is_reading = False
            if snapshot is not None:
                for kept in snapshot.head.worlds:
                    self._worlds.release(kept.workspace)
                snapshot.close()
        if reason is not None:
            _log.info("segments are worked out anew, not read from the snapshot: %s", reason)

    def _restore(self, snapshot: EngineSnapshot, kept: KeptWorld) -> None:
        """One workspace: read beside everything else, brought to now, and put to work."""
        if not any(one.workspace == kept.workspace for one in list(self._fresh.values())):
            return
        if kept.nbytes > self._memory:
            raise TooMuch(self._memory)
        begun = self._clock.now()
        world, rules = snapshot.read(kept)
        world.limit(self._memory)
        self.at_stage("read")
        with self._changed:
            going_on = self._going_on(kept.workspace, rules)
        for number in set(world.numbers) - set(going_on):
            world.drop(number)
        passing = _Passing(kept.workspace, snapshot, begun, self._on_published)
        for number, segment in going_on.items():
            last = self._told.get(number)
            if last is None or last.version != segment.version or last.count != world.size(number):
                continue
            if snapshots.told(last) == snapshot.head.told.get(number):
                passing.standing[number] = last
        for at, flips in self._passed(world, kept.at):
            passing.tell(world, at, flips)
            if self._closing:
                raise Cancelled
        self._adopt(world, rules, passing)
        took = (self._clock.now() - begun) / SECOND
        _log.info("workspace %s: %d segments go on from the snapshot, after %.1f s",
                  kept.workspace, len(going_on), took)  # fmt: skip

    def _going_on(self, workspace: int, rules: Rules) -> dict[int, Tracked]:
        """The segments that have the rules that they had. Needs the engine's lock."""
        found = {}
        for number, (_, plan) in rules.items():
            segment = self._fresh.get(number)
            if segment is not None and segment.workspace == workspace and segment.plan == plan:
                found[number] = segment
        return found

    def _passed(self, world: World, since: int) -> Iterator[tuple[int, Mapping[int, Flips]]]:
        """What time alone did until now, instant by instant; nobody moves before theirs."""
        begun = self._clock.now()
        stride = (begun - since) // _STEPS
        at, steps = since, 0
        while (due := world.due) <= begun:
            if self._clock.now() - begun > _MOST_TIME:
                due = begun
            elif steps >= _ONE_BY_ONE:
                due = min(begun, max(due, at + stride))
            at, steps = due, steps + 1
            yield at, world.advance(at)

    def _adopt(self, world: World, rules: Rules, passing: _Passing) -> None:
        workspace = passing.workspace
        with self._computing, self._moving(anew=True):
            now = self._clock.now()
            exact = self._is_exact(now)
            passing.tell(world, now, world.advance(now))
            with self._flipping:
                with self._changed:
                    going_on = self._going_on(workspace, rules)
                    for number in set(world.numbers) - set(going_on):
                        world.drop(number)
                    self._worlds.adopt(workspace, world, passing.applied)
                    self._as_of[workspace] = now
                    self.restored = passing.figures(now)
                    for number, segment in going_on.items():
                        segment.is_built, segment.stale = True, False
                        self._recounted.pop(number, None)
                        self._fresh.pop(number, None)
                for number, segment in going_on.items():
                    self._take_back(number, segment, passing, now)
            with self._changed:
                up_to = self._touched
            self._drain(up_to, now, exact=exact)

    def _take_back(self, number: int, segment: Tracked, passing: _Passing, now: int) -> None:
        """Publish a segment: that it goes on, or who is in for what was told to be compared."""
        until = self._worlds.due(segment.workspace)
        count = self._worlds.size(segment.workspace, number) or 0
        last = passing.standing.get(number)
        if last is not None and last.version == segment.version:
            made = Standing(count, segment.version, now, until, passing.applied, exact=False)
            with self._changed:
                segment.published = made
            still = Moves(_NOBODY, _NOBODY)
            self._on_published(Publication(number, segment.workspace, last, made, "time", still))
            return
        members = self._worlds.members(segment.workspace, number)
        if members is not None:
            found = FrozenBitMap(members)
            self._publish(
                number,
                segment,
                Published(found, segment.version, now, until, passing.applied, exact=False),
            )

    # -------------------------------------------------------------------- writing

    def _wind_up(self) -> None:
        """Nothing comes any more, and no thread works: take in what is left, and tell of it."""
        with self._computing:
            self._move_on()

    def keep(
        self, file: Path, columns: tuple[int, int], applied: int, told: Mapping[int, Standing]
    ) -> SnapshotFigures | None:
        """After `close`, write what lives in memory to a file; None when there is nothing to be kept.

        Args:
            file: where to.
            columns: the `stamp` of the column store's file, which is closed.
            applied: the last record that the columns have.
            told: what was told last of each segment, durably.
        """
        if self._touched != applied or self._worlds.has_pending or self._worlds.held:
            return None
        if self._file is not None and (self.restored is None or not self._threads):
            return None  # the one there fits as well as before
        worlds = list(self._to_keep())
        if not worlds:
            return None
        begun = self._clock.now()
        try:
            nbytes = snapshots.write(file, worlds, columns, applied, told)
        except Exception as error:
            _log.warning("no snapshot was written, the next start works segments out: %s", error)
            return None
        made = SnapshotFigures(nbytes, self._clock.now() - begun)
        _log.info("wrote a snapshot of %s MiB in %.1f s", nbytes >> 20, made.took / SECOND)
        return made

    def _to_keep(self) -> Iterator[snapshots.Living]:
        for workspace in self._worlds.workspaces:
            world = self._worlds.world(workspace)
            rules = {
                number: (segment.version, segment.plan)
                for number, segment in self._segments.items()
                if segment.workspace == workspace and segment.is_built
            }
            if world is not None and rules and workspace not in self._renewed:
                yield snapshots.Living(workspace, self._as_of[workspace], world, rules)


class _Passing:
    """A world that catches up with time: what is told of its segments, by what was told last."""

    def __init__(
        self, workspace: int, snapshot: EngineSnapshot, begun: int, on_published: OnPublished
    ) -> None:
        self.workspace = workspace
        self.applied = snapshot.head.applied
        self._nbytes, self._begun = snapshot.nbytes, begun
        self.standing: dict[int, Standing] = {}
        self._on_published = on_published

    def figures(self, now: int) -> SnapshotFigures:
        """How large the snapshot is, and how long it took to be where it is."""
        return SnapshotFigures(self._nbytes, now - self._begun)

    def tell(self, world: World, at: int, flips: Mapping[int, Flips]) -> None:
        """Who moved at an instant, in segments of which it is known what was told last."""
        for number, moved in flips.items():
            last = self.standing.get(number)
            if last is None:
                continue
            count = last.count + len(moved.entered) - len(moved.left)
            made = Standing(count, last.version, at, world.due, self.applied, exact=False)
            moves = Moves(few_or_frozen(moved.entered), few_or_frozen(moved.left))
            self.standing[number] = made
            self._on_published(Publication(number, self.workspace, last, made, "time", moves))
