"""One workspace in memory: the bits of every leaf for every contact, and who is in which segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyroaring import BitMap

from carpel.engine import plan as p
from carpel.engine.reads import leaves
from carpel.kit.instants import LATEST
from carpel.storage.columns import Snapshot, WorkspaceBatch

from .absorbing import Sources, copied, take_over
from .bitmaps import STRETCH, bitmap
from .bits import BitTable, Bytes
from .choosing import BySource, chosen
from .contacts import ContactSide
from .due import Contacts, nobody
from .events import Stream
from .everyone import Everyone, Fresh
from .flips import Flips, all_together, told_apart
from .groups import Group
from .loading import Loaded, Loader, Wanted, counts_from_days, date_column, open_timed
from .members import Members
from .order import neighbours
from .pace import Pace
from .programs import EXISTS, Program, Programs, program
from .reading import EventBatch
from .room import TooMuch
from .rows import Rows
from .sorting import together
from .streams import ColumnKey, EventLeaf, StreamKey
from .timed import Timed

_CHUNK = 16_384


@dataclass
class _Leaf:
    slot: int
    apart: EventLeaf | None = None  # of one over events
    uses: int = 0


@dataclass
class _Segment:
    leaves: list[p.ContactLeaf]
    members: Members = field(default_factory=Members)


class World:
    """All live segments of one workspace. One thread changes it; it knows no clock and no lock."""

    def __init__(self, memory: int = 1 << 40) -> None:
        """Args: memory: bytes that it may take."""
        self._memory = memory
        self._answers = BitTable()
        self._answers.take_slot()  # EXISTS
        self._answers.take_slot()  # NOTHING
        self._programs = Programs()
        self._leaves: dict[p.ContactLeaf, _Leaf] = {}
        self._segments: dict[int, _Segment] = {}
        self._contact_side = ContactSide()
        self._streams: dict[StreamKey, Stream] = {}
        self._contacts = 0  # one more than the highest number
        self._loaded = False
        self._has_gone = False  # something may still be kept of contacts that are gone
        self._beside: dict[StreamKey, frozenset[ColumnKey]] = {}

    def beside(self) -> World:
        """An empty world for new segments, which `absorb` takes over once they are worked out.

        The two fit together as long as this one takes up nothing else meanwhile.
        """
        world = World(max(0, self._memory - self.nbytes))
        world._beside = self._kept
        return world

    # -------------------------------------------------------------------- asking

    def __contains__(self, number: int) -> bool:
        return number in self._segments

    def members(self, number: int) -> BitMap:
        """A segment's members; not to be changed, and not to be kept over changes."""
        return self._segments[number].members.bitmap

    def size(self, number: int) -> int:
        """How many are in a segment."""
        return self._segments[number].members.count

    @property
    def due(self) -> int:
        """The first instant at which time alone may change something; LATEST for never."""
        return min((one.due for one in self._timed), default=LATEST)

    @property
    def _timed(self) -> list[Stream | Timed]:
        """What time alone can change."""
        return [*self._contact_side.timed.values(), *self._streams.values()]

    @property
    def _kept(self) -> dict[StreamKey, frozenset[ColumnKey]]:
        """What its streams keep of each event."""
        return {key: stream.columns for key, stream in self._streams.items()}

    @property
    def ahead(self) -> int:
        """How many dates are kept that moving points are about to pass."""
        return sum(one.ahead for one in self._timed)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return (
            self._answers.nbytes
            + sum(stream.nbytes for stream in self._streams.values())
            + sum(column.nbytes for column in self._contact_side.timed.values())
        )

    def check_room(self, more: int = 0) -> None:
        """Raise TooMuch when it takes more bytes than it may, or would with so many more."""
        if self.nbytes + more > self._memory:
            raise TooMuch(self._memory)

    # ----------------------------------------------------------------- being kept

    @property
    def numbers(self) -> list[int]:
        """Its segments."""
        return list(self._segments)

    def forget_gone(self) -> None:
        """Keep nothing of contacts that are gone: neither events and dates nor their values."""
        if self._has_gone:
            rows = self._answers.rows(slice(0, self._contacts))
            there = (rows[:, EXISTS >> 3] & (1 << EXISTS)) != 0
            self._contact_side.forget_all_but(there)
            for stream in self._streams.values():
                stream.forget_all_but(there)
            self._has_gone = False

    def limit(self, memory: int) -> None:
        """How many bytes it may take from now on. Raises TooMuch when it takes more."""
        self._memory = memory
        self.check_room()

    # --------------------------------------------------------------- definitions

    def define(
        self,
        plans: Mapping[int, p.Plan],
        snapshot: Snapshot,
        workspace: int,
        now: int,
        pace: Pace | None = None,
    ) -> None:
        """Take up segments, or new rules for some, and work out who is in them.

        The snapshot holds exactly the data that this world has been told of, and time has been
        brought to `now`.

        Raises:
            Cancelled: `pace` says that nobody wants it any more; the world is of no use then.
            TooMuch: it would need too much memory; likewise.
        """
        pace = pace or Pace()
        for number in plans:
            self.drop(number)
        names = snapshot.names(workspace)
        loader = Loader(snapshot, names, pace) if names is not None else None
        used = {number: list(dict.fromkeys(leaves(plan))) for number, plan in plans.items()}
        unknown = {one for found in used.values() for one in found} - set(self._leaves)
        self._answers.reserve(len(unknown))
        if loader is not None:
            self._make_room(loader.contacts)
            pace.expect(loader.readings, -(-self._contacts // STRETCH))
        self.check_room(self._contacts * len(unknown) // 8)
        fresh = self._take_up(sorted(unknown, key=neighbours), loader, now)
        for number in plans:
            self._segments[number] = _Segment(used[number])
            for leaf in used[number]:
                self._leaves[leaf].uses += 1
        self._fill(plans, fresh, now, pace)

    def absorb(self, other: World, plans: Mapping[int, p.Plan], now: int) -> None:
        """Take over the segments of a world that was made `beside` this one.

        Both have the same contacts and events, and time has been brought to `now` in both. The
        other is of no use afterwards.
        """
        self._make_room(other._contacts)
        self._has_gone |= other._has_gone
        for number in plans:
            self.drop(number)
        unknown = {
            leaf: one.slot for leaf, one in other._leaves.items() if leaf not in self._leaves
        }
        slots = list(unknown.values())
        places = copied(self._answers, other._answers, slots, other._contacts)
        found = BySource()
        for leaf, slot in unknown.items():
            known = self._leaves[leaf] = _Leaf(places[slot], other._leaves[leaf].apart)
            found.add(known.slot, leaf, known.apart)
        take_over(
            found,
            Sources(self._contact_side, self._streams),
            Sources(other._contact_side, other._streams),
            now,
        )
        for number, plan in plans.items():
            segment = self._segments[number] = other._segments[number]
            for leaf in segment.leaves:
                self._leaves[leaf].uses += 1
            self._put_program(number, program(plan, self._row_of))

    def drop(self, number: int) -> None:
        """Forget a segment, and the leaves that no other uses."""
        segment = self._segments.pop(number, None)
        if segment is None:
            return
        self._programs.remove(number)
        for leaf in segment.leaves:
            known = self._leaves[leaf]
            known.uses -= 1
            if not known.uses:
                self._forget(leaf, known)

    def _row_of(self, leaf: Any) -> int:
        return self._leaves[leaf].slot

    def _take_up(self, unknown: Sequence[p.ContactLeaf], loader: Loader | None, now: int) -> Fresh:
        """Give leaves their slots, and read what they are to be answered from.

        Those that are answered together lie together.
        """
        apart, found = chosen(unknown, self._beside | self._kept), BySource()
        for leaf in unknown:
            known = self._leaves[leaf] = _Leaf(self._answers.take_slot(), apart.get(leaf))
            found.add(known.slot, leaf, known.apart)
        groups: dict[Group, list[int]] = {}
        for slot, one in found.still.items():
            groups.setdefault(self._contact_side.add(slot, one), []).append(slot)
        loaded = Loaded()
        if loader is not None:
            unread = [key for key in found.timed if key not in self._contact_side.timed]
            dates = [date_column(key) for key in unread if not counts_from_days(key)]
            wanted = Wanted(not self._loaded, groups, dates)
            loaded = loader.load(wanted, self._answers.width, self._contacts)
        self._loaded = True
        self._open_streams(found.streams, loader, now)
        return Fresh(
            loaded.population,
            loaded.groups,
            open_timed(self._contact_side, found.timed, loaded.dates, loader, now),
            [(self._streams[key], list(taken)) for key, taken in found.streams.items()],
        )

    def _open_streams(
        self, wanted: Mapping[StreamKey, Mapping[int, EventLeaf]], loader: Loader | None, now: int
    ) -> None:
        """Let streams take up leaves; those that are new, or lack a column, are read."""
        unread = []
        for key, taken in wanted.items():
            stream = self._streams.get(key)
            columns = frozenset(one for leaf in taken.values() for one in leaf.columns)
            beside = self._beside.get(key, columns)
            columns = columns if columns <= beside else columns | beside
            if stream is None or not columns <= stream.columns:
                wider = Stream(key, columns | (stream.columns if stream else frozenset()))
                self._streams[key] = wider
                unread.append((wider, {**(stream.leaves if stream else {}), **taken}))
            else:
                stream.add(taken, now)
        if loader is not None:
            loader.events([stream for stream, _ in unread])
            self.check_room()
        for stream, all_leaves in unread:
            stream.add(all_leaves, now)

    def _forget(self, leaf: p.ContactLeaf, known: _Leaf) -> None:
        del self._leaves[leaf]
        self._answers.give_back(known.slot)
        if known.apart is None:
            self._contact_side.remove(known.slot)
            return
        stream = self._streams[known.apart.stream]
        stream.remove(known.slot)
        if not stream.leaves:
            del self._streams[stream.key]

    def _fill(self, plans: Mapping[int, p.Plan], fresh: Fresh, now: int, pace: Pace) -> None:
        """Answer new leaves and work out the memberships of new segments, for everybody."""
        made = {number: program(plan, self._row_of) for number, plan in plans.items()}
        # Of those that ask the same the first, where nobody did before.
        new = {one: no for no, one in reversed(made.items()) if not self._programs.having(one)}
        asked = {number: one for one, number in new.items()}
        found = Everyone(self._answers, fresh, asked, now, pace).work_out(self._contacts)
        for number, one in made.items():
            if number in found:
                self._segments[number].members = Members(bitmap(found.pop(number)))
            self._put_program(number, one)

    def _put_program(self, number: int, made: Program) -> None:
        """Take up a segment; those that ask the same have their members in common."""
        if others := self._programs.having(made):
            self._segments[number].members = self._segments[others[0]].members
        self._programs.put(number, made)

    # --------------------------------------------------------------------- changes

    def apply(self, batch: WorkspaceBatch, now: int) -> dict[int, Flips]:
        """Data changed; time has been brought to `now`. Returns what flipped, by segment."""
        changed = np.asarray(batch.contacts.columns.get("no", ("integer", []))[1], np.int64)
        gone = np.setdiff1d(np.asarray(batch.replaced, np.int64), changed)
        self._make_room(int(max(changed.max(initial=0), gone.max(initial=0))) + 1)
        self._has_gone |= bool(len(gone) or batch.erased)
        touched = self._take_events(batch, now)
        everyone = together(changed, gone, *touched.values())
        old = self._answers.rows(everyone)
        new = Rows(everyone, old.copy())
        new.put(gone, np.uint8(0))
        self._contact_side.forget(gone, now)
        created = self._put(changed, new, batch, now)
        for key, contacts in touched.items():
            asked = together(contacts, created) if len(created) else contacts
            new.answer(self._streams[key], asked, now)
        return self._settle(old, new)

    def advance(self, now: int) -> dict[int, Flips]:
        """Time alone went on. Returns what flipped, by segment."""
        moved = [(source, source.advance(now)) for source in self._timed]
        everyone = together(nobody(), *(contacts for _, contacts in moved))
        flips: list[dict[int, Flips]] = []
        for start in range(0, len(everyone), _CHUNK):
            part = everyone[start : start + _CHUNK]
            old = self._answers.rows(part)
            new = Rows(part, old.copy())
            for source, contacts in moved:
                first, beyond = np.searchsorted(contacts, [part[0], part[-1] + 1])
                new.answer(source, contacts[first:beyond], now)
            flips.append(self._settle(old, new))
        return all_together(flips)

    def _make_room(self, contacts: int) -> None:
        self._contacts = max(self._contacts, contacts)
        self._answers.make_room(self._contacts)

    def _put(self, changed: Contacts, new: Rows, batch: WorkspaceBatch, now: int) -> Contacts:
        """Answer all leaves about changed contacts' values; returns who is new."""
        if not len(changed):
            return changed
        rows = new.of(changed)
        is_new = (rows[:, EXISTS >> 3] & (1 << EXISTS)) == 0
        self._contact_side.still_bits(batch.contacts, np.flatnonzero(is_new), rows)
        self._contact_side.put_timed(changed, batch.contacts.columns, now)
        self._contact_side.moving_bits(changed, rows, now)
        rows[:, EXISTS >> 3] |= 1 << EXISTS
        new.put(changed, rows)
        return np.asarray(changed[is_new])

    def _take_events(self, batch: WorkspaceBatch, now: int) -> dict[StreamKey, Contacts]:
        """Bring the streams up to date; returns whose events changed in each."""
        erased = np.asarray(batch.erased, np.int64)
        events = EventBatch(batch.events) if len(batch.events) else None
        touched: dict[StreamKey, Contacts] = {}
        for key, stream in self._streams.items():
            found = []
            for gone, kept in batch.moved:
                if stream.move(gone, kept, now):
                    found.append(np.asarray([kept], np.int64))
            if len(erased):
                stream.erase(erased)
            new = nobody() if events is None else stream.take(events, now)
            touched[key] = together(new, *found) if found else new
        return touched

    def _settle(self, old: Bytes, new: Rows) -> dict[int, Flips]:
        """Keep new answers, and move in and out whom they move."""
        changes = old.view(np.uint64) != new.cells.view(np.uint64)
        differ = np.flatnonzero(changes.any(axis=1))
        if not len(differ):
            return {}
        contacts, now = new.contacts[differ], new.cells[differ]
        self._answers.put(contacts, now)
        flips: dict[int, Flips] = {}
        for moved in self._programs.moved(old[differ], now):
            for number, one, numbers, gained in told_apart(contacts, *moved):
                for same in self._programs.same(number):
                    flips[same] = one
                self._segments[number].members.move(numbers, gained)
        return flips
