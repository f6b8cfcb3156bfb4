"""New and edited segments taken up beside what lives, and swapped in at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal

from pyroaring import FrozenBitMap

from .builds import Build
from .living import Given, Living
from .memory.pace import Cancelled
from .memory.room import TooMuch
from .publication import Published, Standing
from .tracked import State
from .tracker import with_members

_log = logging.getLogger("carpel.engine")

# Once so few batches are left to catch up with, the rest is done while nothing else moves.
_FEW = 4

Stage = Literal["begun", "worked out", "caught up", "read"]


class Building(Living):
    """One build at a time; each takes up all segments of a workspace that wait.

    The long part, and most of the catching up, hold no lock that batches need. `at_stage` is called
    between the parts, on the thread that builds; it does nothing but let tests step in.
    """

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._building = threading.RLock()
        self.at_stage: Callable[[Stage], None] = lambda _: None
        self.last_build: tuple[int, int] | None = None  # segments, and how long it took

    def state(self, workspace: int) -> State:
        """How a workspace's live engine is; waits for a batch that is being taken in."""
        with self._flipping:
            world = self._worlds.world(workspace)
            nbytes, ahead = (world.nbytes, world.ahead) if world is not None else (0, 0)
        with self._changed:
            mine = [one for one in self._segments.values() if one.workspace == workspace]
            build = self._worlds.build
            build = build if build is not None and build.workspace == workspace else None
            waiting = sum(one.workspace == workspace for one in self._fresh.values())
            untils = [one.published.until for one in mine if not one.is_built and one.published]
            return State(
                live=sum(one.is_built for one in mine),
                recounted=sum(not one.in_memory for one in mine),
                building=waiting + (len(build.segments) if build is not None else 0),
                fraction=build.progress().fraction if build is not None else 0.0,
                building_since=build.since if build is not None else None,
                timed=sum(bool(one.reads.moving or one.reads.calendars) for one in mine),
                nbytes=nbytes + (build.world.nbytes if build is not None else 0),
                ahead=ahead,
                next_due=min([self._worlds.due(workspace), *untils]),
                waiting=self._worlds.waiting(workspace),
            )

    def _build_all(self) -> None:
        """Take up all that wait."""
        with self._building:
            if self._worlds.build is None:  # else this thread is at it, further out
                while (build := self._begin()) is not None:
                    self._carry_out(build)

    def _begin(self) -> Build | None:
        """The next build: the segments of one workspace that wait. Its batches queue from now on."""
        with self._computing, self._changed:
            if not self._fresh or self._closing:
                return None
            workspace = next(iter(self._fresh.values())).workspace
            taken = {n: one for n, one in self._fresh.items() if one.workspace == workspace}
            for number in taken:
                del self._fresh[number]
            build = Build(
                workspace,
                taken,
                self._worlds.beside(workspace),
                self._clock.now(),
                lambda: any(self._is_current(n, one) for n, one in taken.items()),
            )
            build.renews = workspace in self._renewed
            self._renewed.discard(workspace)
            self._worlds.begin(build)
            return build

    def _is_current(self, number: int, segment: object) -> bool:
        """Whether a segment is still the one that a build was begun for."""
        return not self._closing and self._segments.get(number) is segment

    def _carry_out(self, build: Build) -> None:
        try:
            with self._columns.snapshot() as snapshot:
                self.at_stage("begun")
                build.work_out(snapshot, self._clock.now())
            self.at_stage("worked out")
            self._catch_up(build)
            self.at_stage("caught up")
            self._swap_in(build)
        except Cancelled:
            if build.renews and self._closing:  # what lives is still wrong
                self._renewed.add(build.workspace)
        except Exception as error:
            self._give_up(build, error)
        finally:
            with self._changed:
                self._worlds.build = None
                self.last_build = (len(build.segments), self._clock.now() - build.since)
                self._changed.notify_all()

    def _catch_up(self, build: Build) -> None:
        """Take in what came meanwhile, until hardly anything is left."""
        while True:
            with self._changed:
                # The snapshot's own record may still be on its way here.
                self._changed.wait_for(lambda: self._touched >= build.applied or self._closing)
                up_to, left = self._touched, build.waiting
            if left <= _FEW or self._closing:
                return
            build.catch_up(up_to, self._clock.now())

    def _swap_in(self, build: Build) -> None:
        """Bring both to the same record and instant, and make them one."""
        with self._computing, self._moving(anew=True):
            now = self._clock.now()
            exact = self._is_exact(now)
            with self._changed:
                up_to = self._touched
            self._drain(up_to, now, exact=exact)
            build.catch_up(up_to, now)
            with self._flipping:
                self._keep_current(build)
                if not build.segments:
                    raise Cancelled
                with self._guarded(build.workspace):
                    self._worlds.absorb(build, now)
                    self._as_of[build.workspace] = now
                    self._tell(build, up_to, now, exact=exact)

    def _keep_current(self, build: Build) -> None:
        """Leave out what was edited or dropped meanwhile."""
        with self._changed:
            gone = [n for n, one in build.segments.items() if not self._is_current(n, one)]
            # Old rules' members, while they are there.
            going = self._segments if build.renews else build.segments
            for number, segment in going.items():
                if segment.workspace != build.workspace:
                    continue
                last = segment.published
                found = self._worlds.members(build.workspace, number)
                if isinstance(last, Standing) and found is not None:
                    segment.published = with_members(last, FrozenBitMap(found))
        for number in gone:
            del build.segments[number]
            build.world.drop(number)

    def _tell(self, build: Build, up_to: int, now: int, *, exact: bool) -> None:
        applied = max(up_to, build.applied)
        until = self._worlds.due(build.workspace)
        for number, segment in build.segments.items():
            members = self._worlds.members(build.workspace, number)
            if members is None:
                continue
            with self._changed:
                if not self._is_current(number, segment):
                    continue  # its drop waits, or its next build does
                segment.is_built = True
                segment.stale = False
                self._recounted.pop(number, None)
            found = FrozenBitMap(members)
            made = Published(found, segment.version, now, until, applied, exact)
            self._publish(number, segment, made, is_known=not build.renews)

    def _give_up(self, build: Build, error: Exception) -> None:
        """The segments of a build that failed are recomputed; what lives goes on."""
        if isinstance(error, TooMuch):
            _log.warning("workspace %s: %s", build.workspace, error)
        else:
            _log.error("workspace %s: new segments cannot be taken up in memory; they are "
                       "recomputed instead", build.workspace, exc_info=error)  # fmt: skip
        with self._changed:
            for number, segment in build.segments.items():
                if self._is_current(number, segment):
                    self._let_go(number, segment)
                    self._recount(number, segment)
