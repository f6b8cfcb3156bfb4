"""The feed: who entered and left which segment, in order, nothing missing and nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence

from pyroaring import BitMap, FrozenBitMap

from carpel.engine.publication import Cause, Moves, Publication, Published, Standing
from carpel.kit.clock import Clock
from carpel.kit.instants import LATEST
from carpel.storage.feed import FeedStore
from carpel.storage.people import PeopleView

from . import stretches
from .causes import Batches, Mixed
from .ledger import Moved
from .model import Block, Change, Changes, Stored, TooOld
from .movers import without
from .recorder import Erased, Forgotten, Recorded, Recorder, moment_of
from .repository import FeedRepository
from .sinces import since_when

Listener = Callable[[], None]


class Feed:
    """The durable feed of all workspaces. Thread-safe."""

    def __init__(
        self, store: FeedStore, people: PeopleView, clock: Clock, keep_us: int | None
    ) -> None:
        """Begin; `start` begins to write.

        Args:
            store: the feed's file.
            people: tells the ids of contacts, those that are gone included.
            clock: what time it is.
            keep_us: how long changes are kept, None for ever.
        """
        self._store = store
        self._people = people
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._telling = threading.Lock()
        self._seen: set[int] = set()
        self._dropped: set[int] = set()
        self._batches = Batches()
        self._erased: dict[int, BitMap] = {}
        self._recorder = Recorder(store, clock, keep_us, self._tell)

    def start(self, segments: Iterable[int]) -> None:
        """Carry out what an earlier process left undone, then write what comes.

        Args:
            segments: those there are; of all others what is kept is forgotten.
        """
        with self._store.looking() as connection:
            tables = FeedRepository(connection)
            through, known = tables.erased_through(), tables.segments()
        self._recorder.start()
        for segment in known.keys() - set(segments):
            self.forget(segment)
        for seq, workspace, numbers in self._people.erasures():
            if seq > through:
                self.erase(seq, workspace, numbers)
            else:
                self._erased.setdefault(workspace, BitMap()).update(numbers)

    def fold_beside(self) -> None:
        """From now on another thread than the writer's folds the file's write-ahead log into it."""
        self._store.fold_beside()

    @property
    def failure(self) -> Exception | None:
        """Why nothing can be written at present, or None."""
        return self._recorder.failure

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was published so far is durable; False when the time is up first."""
        return self._recorder.flush(timeout_s)

    def close(self) -> None:
        """Write what was published, then stop."""
        self._recorder.close()
        self._store.close()

    # ----------------------------------------------------------------- writing

    def record(self, news: Publication) -> None:
        """Take a publication up; it is in the feed once it is durable."""
        published, segment = news.published, news.segment
        moves, version, cause = self._moves(news)
        with self._lock:
            if segment in self._dropped:
                return
            entered, left = moves.entered, moves.left
            erased = self._erased.get(news.workspace)
            if erased:
                entered, left = without(entered, erased), without(left, erased)
            moved = Moved(segment, news.workspace, entered, left, published.version,
                          published.at, published.applied, published.count, cause,
                          same_rules=version == published.version,
                          mixed=self._batches.find(news.workspace, published.applied))  # fmt: skip
            self._recorder.hand_over(Recorded(moved, moment_of(published)))

    def batch(
        self, seq: int, workspace: int, contacts: Collection[int], events: Collection[int]
    ) -> None:
        """Contacts that a batch of the log changed, and those its events are of; before it is applied."""
        if contacts and events:
            self._batches.note(workspace, seq, Mixed(contacts, events))

    def clear(self, segment: int) -> None:
        """Nobody is in a segment any more: its rules name something that is gone."""
        if segment in self._seen:
            self._recorder.flush()
        self._seen.add(segment)
        known = self.stored(segment)
        if known is None or not known[1]:
            return
        stored, members = known
        at = max(self._clock.now(), stored.at)
        nobody = Published(FrozenBitMap(), stored.version, at, LATEST, stored.applied, exact=False)
        moved = Moved(segment, stored.workspace, nobody.members, members, stored.version, at,
                      stored.applied, 0, "definition", same_rules=True)  # fmt: skip
        with self._lock:
            self._recorder.hand_over(Recorded(moved, moment_of(nobody)))

    def erase(self, seq: int, workspace: int, numbers: Collection[int]) -> None:
        """Forget contacts, by the number of the log's record that erased them."""
        if not numbers:
            return
        with self._lock:
            self._erased.setdefault(workspace, BitMap()).update(numbers)
            self._recorder.hand_over(Erased(workspace, BitMap(numbers), seq, self._clock.now()))

    def forget(self, segment: int) -> None:
        """Forget a segment that is deleted."""
        with self._lock:
            self._dropped.add(segment)
            self._recorder.hand_over(Forgotten(segment))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call somebody, on the writer's thread, when there is more to read; returns how to stop."""
        with self._telling:
            self._listeners.append(listener)

        def stop() -> None:
            with self._telling:
                self._listeners.remove(listener)

        return stop

    # ----------------------------------------------------------------- reading

    def newest(self, workspace: int) -> int:
        """The number of the newest durable change; 0 before the first."""
        with self._store.looking() as connection:
            return FeedRepository(connection).progress(workspace)[0]

    def before(self, workspace: int, at: int) -> int:
        """The number of the last change kept from before an instant."""
        with self._store.looking() as connection:
            tables = FeedRepository(connection)
            first = tables.first_since(workspace, at)
            return tables.progress(workspace)[0] if first is None else first - 1

    def position(self, segment: int, published: Standing | Published) -> int | None:
        """The newest change's number when this publication became durable: changes after it are
        those to its members. None while it is not durable, or when it was long ago.
        """
        return self._recorder.position(segment, published)

    def changes(
        self, workspace: int, after: int | None, segments: Collection[int] | None, limit: int
    ) -> Changes:
        """Changes after a number, or the oldest kept; of some segments or all; at most so many.

        Raises:
            TooOld: what comes after the number is no longer kept, or was never there.
        """
        found: list[tuple[Block, int, int]] = []
        with self._store.looking() as connection:
            tables = FeedRepository(connection)
            newest, forgotten = tables.progress(workspace)
            after = forgotten if after is None else after
            if after < forgotten or after > newest:
                raise TooOld("cursor_expired", "changes after this cursor are no longer kept")
            for block in tables.blocks_after(workspace, after, segments):
                if block.segment in self._dropped:
                    continue
                some = block.after(after, limit + 1 - len(found))
                found.extend((block, seq, contact) for seq, contact in some)
                if len(found) > limit:
                    break
        more = len(found) > limit
        ids = self._people.ids(workspace, {contact for _, _, contact in found[:limit]})
        changes = [
            Change(
                seq,
                block.at,
                block.segment,
                ids[contact],
                block.entered,
                block.cause,
                block.version,
            )
            for block, seq, contact in found[:limit]
            if contact in ids
        ]
        return Changes(changes, found[limit - 1][1] if more else newest, more)

    def stored(self, segment: int) -> tuple[Stored, FrozenBitMap] | None:
        """What was last published of a segment, as it is on disk, and its members."""
        with self._store.looking() as connection:
            tables = FeedRepository(connection)
            found = tables.stored(segment)
            if found is None:
                return None
            members = stretches.members(tables, found)
        return found, FrozenBitMap(members)

    def standings(self) -> dict[int, Standing]:
        """What was last published of every segment, as it is on disk; exact then, not now."""
        with self._store.looking() as connection:
            found = FeedRepository(connection).all_stored()
        return {
            one.segment: Standing(one.size, one.version, one.at, one.at, one.applied, exact=False)
            for one in found
        }

    def entered_at(
        self, segment: int, numbers: Sequence[int], through: int | None = None
    ) -> dict[int, int]:
        """Since when these contacts are in, as of a change's number or now.

        Contacts that were not in then are left out, and those of whom it is no longer known: they
        have left since, and their entry is no longer kept.
        """
        with self._store.looking() as connection:
            tables = FeedRepository(connection)
            stored = tables.stored(segment)
            return {} if stored is None else since_when(tables, stored, numbers, through)

    # ----------------------------------------------------------------- details

    def _moves(self, news: Publication) -> tuple[Moves, int, Cause]:
        """Who moves as far as the feed knows, the rules before, and the cause of what differs."""
        if news.moves is not None and news.previous is not None:
            self._seen.add(news.segment)
            return news.moves, news.previous.version, news.cause
        assert isinstance(news.published, Published), "either moves or members are told"  # noqa: S101
        members = news.published.members
        before, version, cause = self._before(news, news.published)
        return Moves(members - before, before - members), version, cause

    def _before(self, news: Publication, published: Published) -> tuple[FrozenBitMap, int, Cause]:
        """Who was in as far as the feed knows, by which rules, and the cause of what differs now."""
        if isinstance(news.previous, Published):
            return news.previous.members, news.previous.version, news.cause
        if news.segment in self._seen:  # an engine that begins again
            self._recorder.flush()
        self._seen.add(news.segment)
        known = self.stored(news.segment)
        if known is None:
            return FrozenBitMap(), 0, "definition"
        stored, members = known
        if stored.version != published.version:
            return members, stored.version, "definition"
        return (
            members,
            stored.version,
            "time" if stored.applied >= published.applied else news.cause,
        )

    def _tell(self) -> None:
        with self._telling:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
