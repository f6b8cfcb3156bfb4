"""One workspace in memory: the bits of every leaf for every contact, and who is in which segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyroaring import BitMap

from carpel.engine import plan as p
from carpel.engine.reads import leaves
from carpel.kit.instants import LATEST
from carpel.storage.columns import Snapshot, WorkspaceBatch

from .bitmaps import STRETCH, bitmap, container
from .bits import BitTable, by_contact, by_slot, runs, to_eights
from .contacts import ContactSide, DateColumn, mask_of
from .due import Contacts, nobody
from .events import Stream
from .flips import Flips, together
from .groups import Group, columns_of
from .loading import Loader
from .order import neighbours
from .programs import EXISTS, Program, Programs, program
from .reading import EventBatch
from .streams import StreamKey, StreamLeaf, take_apart
from .values import Unknown, is_moving

_CHUNK = 16_384


@dataclass
class _Leaf:
    slot: int
    uses: int = 0


@dataclass
class _Segment:
    slot: int
    leaves: list[p.ContactLeaf]
    members: BitMap = field(default_factory=BitMap)


@dataclass
class _New:
    """Leaves taken up together, still to be answered for everybody."""

    groups: dict[Group, list[int]] = field(default_factory=dict)
    dates: dict[str, list[int]] = field(default_factory=dict)
    streams: dict[StreamKey, list[int]] = field(default_factory=dict)


class TooMuch(Exception):
    """A world needs more memory than it may have."""


class World:
    """All live segments of one workspace. One thread changes it; it knows no clock and no lock."""

    def __init__(self, memory: int = 1 << 40) -> None:
        """Args: memory: bytes that it may take."""
        self._memory = memory
        self._answers = BitTable()
        self._answers.take_slot()  # EXISTS
        self._answers.take_slot()  # NOTHING
        self._memberships = BitTable()
        self._programs = Programs()
        self._leaves: dict[p.ContactLeaf, _Leaf] = {}
        self._segments: dict[int, _Segment] = {}
        self._contact_side = ContactSide()
        self._streams: dict[StreamKey, Stream] = {}
        self._contacts = 0  # one more than the highest number
        self._loaded = False

    # -------------------------------------------------------------------- asking

    def __contains__(self, number: int) -> bool:
        return number in self._segments

    def members(self, number: int) -> BitMap:
        """A segment's members; not to be changed, and not to be kept over changes."""
        return self._segments[number].members

    @property
    def due(self) -> int:
        """The first instant at which time alone may change something; LATEST for never."""
        return min((one.due for one in self._timed), default=LATEST)

    @property
    def _timed(self) -> list[Stream | DateColumn]:
        """What time alone can change."""
        return [*self._contact_side.dates.values(), *self._streams.values()]

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return (
            self._answers.nbytes
            + self._memberships.nbytes
            + sum(stream.nbytes for stream in self._streams.values())
            + sum(column.nbytes for column in self._contact_side.dates.values())
        )

    def check_room(self, more: int = 0) -> None:
        """Raise TooMuch when it takes more bytes than it may, or would with so many more."""
        if self.nbytes + more > self._memory:
            raise TooMuch(
                f"its live segments would take more than {self._memory >> 20:,} MiB "
                "(engine_memory_mb); they are recounted instead: exact, but slower"
            )

    # --------------------------------------------------------------- definitions

    def define(
        self, plans: Mapping[int, p.Plan], snapshot: Snapshot, workspace: int, now: int
    ) -> None:
        """Take up segments, or new rules for some, and work out who is in them.

        The snapshot holds exactly the data that this world has been told of, and time has been
        brought to `now`.
        """
        for number in plans:
            self.drop(number)
        names = snapshot.names(workspace)
        loader = Loader(snapshot, names) if names is not None else None
        if not self._loaded:
            self._load_population(loader)
        new = _New()
        used = {number: list(dict.fromkeys(leaves(plan))) for number, plan in plans.items()}
        fresh = {one for found in used.values() for one in found} - set(self._leaves)
        self.check_room(self._contacts * (len(fresh) + len(plans)) // 8)
        self._answers.reserve(len(fresh))
        self._memberships.reserve(len(plans))
        for leaf in sorted(fresh, key=neighbours):  # those answered together lie together
            self._take_up(leaf, new, loader, now)
        for number in plans:
            self._segments[number] = _Segment(self._memberships.take_slot(), used[number])
            for leaf in used[number]:
                self._leaves[leaf].uses += 1
        self._answer_all(new, loader, now)
        made = {
            self._segments[number].slot: program(plan, self._row_of)
            for number, plan in plans.items()
        }
        for slot, one in made.items():
            self._programs.put(slot, one)
        self._fill(plans, made)

    def drop(self, number: int) -> None:
        """Forget a segment, and the leaves that no other uses."""
        segment = self._segments.pop(number, None)
        if segment is None:
            return
        self._programs.remove(segment.slot)
        self._memberships.give_back(segment.slot)
        for leaf in segment.leaves:
            known = self._leaves[leaf]
            known.uses -= 1
            if not known.uses:
                self._forget(leaf, known.slot)

    def _row_of(self, leaf: Any) -> int:
        return self._leaves[leaf].slot

    def _load_population(self, loader: Loader | None) -> None:
        numbers = loader.contacts() if loader is not None else nobody()
        self._make_room(int(numbers.max()) + 1 if len(numbers) else 1)
        for start in range(0, len(numbers), _CHUNK):
            part = numbers[start : start + _CHUNK]
            rows = self._answers.rows(part)
            rows[:, 0] |= 1 << EXISTS
            self._answers.put(part, rows)
        self._loaded = True

    def _take_up(self, leaf: p.ContactLeaf, new: _New, loader: Loader | None, now: int) -> None:
        slot = self._answers.take_slot()
        self._leaves[leaf] = _Leaf(slot)
        if isinstance(leaf, p.EventTest):
            self._use_stream(take_apart(leaf), slot, new, loader, now)
        elif isinstance(leaf, p.SegmentTest | p.SequenceTest):
            raise Unknown(type(leaf).__name__)
        elif is_moving(leaf) and isinstance(leaf, p.ValueTest):
            name = columns_of(leaf)[0]
            column = self._contact_side.dates.get(name) or self._date_column(leaf, loader)
            self._contact_side.add_moving(slot, leaf, column, now)
            new.dates.setdefault(name, []).append(slot)
        else:
            group = self._contact_side.add(slot, leaf)
            new.groups.setdefault(group, []).append(slot)

    def _date_column(self, leaf: p.ValueTest, loader: Loader | None) -> DateColumn:
        seen = leaf.operand.seen
        if not isinstance(seen, p.Column):
            raise Unknown("no column of contacts")
        if loader is None:
            return DateColumn(np.empty(0, np.int64))
        return DateColumn(loader.dates(seen, self._contacts))

    def _use_stream(
        self, leaf: StreamLeaf, slot: int, new: _New, loader: Loader | None, now: int
    ) -> None:
        stream = self._streams.get(leaf.stream)
        if stream is None or not leaf.columns <= stream.columns:
            columns = leaf.columns | (stream.columns if stream is not None else frozenset())
            wider = Stream(leaf.stream, frozenset(columns))
            if loader is not None:
                wider.load(loader.stream(wider))
            for other, one in (stream.leaves if stream is not None else {}).items():
                wider.add(other, one, now)
            stream = self._streams[leaf.stream] = wider
            self.check_room()
        stream.add(slot, leaf, now)
        new.streams.setdefault(leaf.stream, []).append(slot)

    def _forget(self, leaf: p.ContactLeaf, slot: int) -> None:
        del self._leaves[leaf]
        self._answers.give_back(slot)
        if isinstance(leaf, p.EventTest):
            key = take_apart(leaf).stream
            self._streams[key].remove(slot)
            if not self._streams[key].leaves:
                del self._streams[key]
        else:
            self._contact_side.remove(slot)

    def _answer_all(self, new: _New, loader: Loader | None, now: int) -> None:
        """Answer new leaves for everybody."""
        width = self._answers.width
        for group, slots in new.groups.items():
            if loader is not None:
                self._answer_group(group, slots, loader)
        for start in range(0, self._contacts, _CHUNK):
            beyond = min(self._contacts, start + _CHUNK)
            rows = self._answers.rows(slice(start, beyond))
            for name in new.dates:
                column = self._contact_side.dates[name]
                rows &= ~mask_of(column.slots, width)
                column.bits(slice(start, beyond), rows, now)
            for key, slots in new.streams.items():
                self._streams[key].stretch_bits(start, beyond, rows, now, slots)

    def _answer_group(self, group: Group, slots: list[int], loader: Loader) -> None:
        contacts, coded = loader.group(group, slots, self._answers.width)
        # Whoever is not there has a code of their own, without any bit.
        codes = np.full(self._contacts, len(coded.rows), np.uint32)
        codes[contacts] = coded.codes
        for first, last in runs(sorted({slot >> 3 for slot in slots})):
            part = np.zeros((len(coded.rows) + 1, last + 1 - first), np.uint8)
            part[:-1] = coded.rows[:, first : last + 1]
            for start in range(0, self._contacts, STRETCH):
                beyond = min(self._contacts, start + STRETCH)
                here = self._answers.rows(slice(start, beyond))[:, first : last + 1]
                here |= np.take(part, codes[start:beyond], axis=0)

    def _fill(self, plans: Iterable[int], made: Mapping[int, Program]) -> None:
        """Work out the memberships of new segments for everybody."""
        width = 8 * self._memberships.width
        containers: dict[int, list[tuple[int, int, bytes]]] = {number: [] for number in plans}
        for start in range(0, self._contacts, STRETCH):
            beyond = min(self._contacts, start + STRETCH)
            rows = to_eights(self._answers.rows(slice(start, beyond)))
            found = self._programs.run(by_slot(rows), width, made)
            here = self._memberships.rows(slice(start, beyond))
            here |= by_contact(found)[: beyond - start]
            for number, parts in containers.items():
                parts.append((start // STRETCH, *container(found[self._segments[number].slot])))
        for number, parts in containers.items():
            self._segments[number].members = bitmap(parts)

    # --------------------------------------------------------------------- changes

    def apply(self, batch: WorkspaceBatch, now: int) -> dict[int, Flips]:
        """Data changed; time has been brought to `now`. Returns what flipped, by segment."""
        changed = np.asarray(batch.contacts.columns.get("no", ("integer", []))[1], np.int64)
        gone = np.setdiff1d(np.asarray(batch.replaced, np.int64), changed)
        self._make_room(int(max(changed.max(initial=0), gone.max(initial=0))) + 1)
        self._remove(gone, now)
        created = self._put(changed, batch, now)
        touched = self._take_events(batch, now)
        everyone = np.unique(np.concatenate([changed, gone, *touched.values()]))
        for key, contacts in touched.items():
            self._answer_again(self._streams[key], np.union1d(contacts, created), now)
        return self._settle(everyone)

    def advance(self, now: int) -> dict[int, Flips]:
        """Time alone went on. Returns what flipped, by segment."""
        moved = [nobody()]
        for source in self._timed:
            contacts = source.advance(now)
            self._answer_again(source, contacts, now)
            moved.append(contacts)
        everyone = np.unique(np.concatenate(moved))
        return self._settle(everyone) if len(everyone) else {}

    def _make_room(self, contacts: int) -> None:
        self._contacts = max(self._contacts, contacts)
        self._answers.make_room(self._contacts)
        self._memberships.make_room(self._contacts)

    def _remove(self, gone: Contacts, now: int) -> None:
        if len(gone):
            self._answers.put(gone, np.zeros((len(gone), self._answers.width), np.uint8))
            self._contact_side.forget(gone, now)

    def _put(self, changed: Contacts, batch: WorkspaceBatch, now: int) -> Contacts:
        """Answer all leaves about changed contacts' values; returns who is new."""
        if not len(changed):
            return nobody()
        old = self._answers.rows(changed)
        is_new = (old[:, EXISTS >> 3] & (1 << EXISTS)) == 0
        of_events = [slot for stream in self._streams.values() for slot in stream.leaves]
        rows = old & mask_of(of_events, self._answers.width)
        self._contact_side.still_bits(batch.contacts.columns, len(changed), rows)
        self._contact_side.put_dates(changed, batch.contacts.columns, now)
        self._contact_side.moving_bits(changed, rows, now)
        rows[:, EXISTS >> 3] |= 1 << EXISTS
        self._answers.put(changed, rows)
        return np.asarray(changed[is_new])

    def _take_events(self, batch: WorkspaceBatch, now: int) -> dict[StreamKey, Contacts]:
        """Bring the streams up to date; returns whose events changed in each."""
        erased = np.asarray(batch.erased, np.int64)
        events = EventBatch(batch.events) if len(batch.events) else None
        touched: dict[StreamKey, Contacts] = {}
        for key, stream in self._streams.items():
            found = [nobody()]
            for gone, kept in batch.moved:
                if stream.move(gone, kept, now):
                    found.append(np.asarray([kept], np.int64))
            if len(erased):
                stream.erase(erased)
            if events is not None:
                found.append(stream.take(events, now))
            touched[key] = np.unique(np.concatenate(found))
        return touched

    def _answer_again(self, source: Stream | DateColumn, contacts: Contacts, now: int) -> None:
        """Work out one source's leaves for some contacts."""
        if len(contacts):
            rows = self._answers.rows(contacts)
            rows &= ~mask_of(source.slots, self._answers.width)
            source.bits(contacts, rows, now)
            self._answers.put(contacts, rows)

    def _settle(self, contacts: Contacts) -> dict[int, Flips]:
        """Work out all segments for some contacts, and keep what flipped."""
        flips: dict[int, list[Flips]] = {}
        for start in range(0, len(contacts), _CHUNK):
            part = contacts[start : start + _CHUNK]
            for number, found in self._settle_part(part).items():
                flips.setdefault(number, []).append(found)
        return {number: together(parts) for number, parts in flips.items()}

    def _settle_part(self, contacts: Contacts) -> dict[int, Flips]:
        count = len(contacts)
        width = 8 * self._memberships.width
        new = self._programs.run(by_slot(to_eights(self._answers.rows(contacts))), width)
        old = by_slot(to_eights(self._memberships.rows(contacts)))
        differ = new ^ old
        changed = np.flatnonzero(differ.any(axis=1))
        if not len(changed):
            return {}
        self._memberships.put(contacts, by_contact(new)[:count])
        numbers = {segment.slot: number for number, segment in self._segments.items()}
        ones = np.unpackbits(differ[changed], axis=1, count=count, bitorder="little")
        segment_places, who = np.nonzero(ones)
        inside = (new[changed[segment_places], who >> 3] >> (who & 7)) & 1 == 1
        ends = np.cumsum(np.bincount(segment_places, minlength=len(changed)))
        flips = {}
        start = 0
        for slot, end in zip(changed.tolist(), ends.tolist(), strict=True):
            moved, entering = contacts[who[start:end]], inside[start:end]
            flips[numbers[slot]] = self._flip(numbers[slot], moved[entering], moved[~entering])
            start = end
        return flips

    def _flip(self, number: int, entered: Contacts, left: Contacts) -> Flips:
        members = self._segments[number].members
        if len(entered):
            members.update(entered.astype(np.uint32))
        if len(left):
            members.difference_update(BitMap(left.astype(np.uint32)))
        return Flips(entered, left)
