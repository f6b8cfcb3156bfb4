"""The contacts a batch touches: read once, changed in memory, written together.

Identifiers and rows changed earlier in the batch are seen by what comes later in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import msgspec

from carpel.storage.people import People

from .counters import Counters
from .model import ALIAS_KIND, Row, alias_value

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Row).decode

Place = tuple[int, int]  # workspace, number
PackedRow: TypeAlias = tuple[int, int, bytes, bytes]  # workspace, number, id and row
Touched: TypeAlias = Place | tuple[int, int, str]  # a row, or workspace, kind and value


class Session:
    """One batch's view of the people store. `flush` writes what changed."""

    def __init__(self, people: People, counters: Counters) -> None:
        self._people = people
        self._counters = counters
        self._rows: dict[Place, Row | None] = {}
        self._owners: defaultdict[tuple[int, int], dict[str, list[int]]] = defaultdict(dict)
        self._ids: dict[bytes, Place] = {}
        self.created: set[Place] = set()
        self.changed: set[Place] = set()
        self.removed: dict[Place, bytes] = {}  # and the id it had
        self._added_identifiers: dict[tuple[int, int, str, int], bool] = {}
        self._list_changes: dict[tuple[int, int, int], bool] = {}
        self.written: dict[Place, bytes] = {}  # the rows, once they are packed

    # ------------------------------------------------------------------ reading

    def row(self, workspace: int, no: int) -> Row | None:
        """A contact's row as it is at this point of the batch."""
        place = (workspace, no)
        if place not in self._rows:
            raw = self._people.row(workspace, no)
            self._rows[place] = _decode(raw) if raw is not None else None
        return self._rows[place]

    def number_of_id(self, workspace: int, contact_id: bytes) -> int | None:
        """The number behind an id, former ids included."""
        fresh = self._ids.get(contact_id)
        if fresh is not None:
            return fresh[1] if fresh[0] == workspace else None
        return self._people.number_of_id(workspace, contact_id)

    def owners(self, workspace: int, kind: int, value: str) -> list[int]:
        """The contacts with an identifier, the oldest first."""
        known = self._owners[workspace, kind]
        found = known.get(value)
        if found is None:
            found = known[value] = self._people.numbers_of(workspace, kind, value)
        return found

    def members_of(self, workspace: int, list_no: int) -> list[int]:
        """The contacts in a list, as it is at this point of the batch."""
        numbers = set(self._people.list_numbers(workspace, list_no))
        for (where, one, no), there in self._list_changes.items():
            if (where, one) == (workspace, list_no):
                (numbers.add if there else numbers.discard)(no)
        return sorted(numbers)

    def adopt(
        self, workspace: int, owners: Mapping[int, dict[str, list[int]]], rows: Mapping[int, Row]
    ) -> None:
        """Take over what somebody else has read, by kind and value, and by number."""
        for kind, found in owners.items():
            known = self._owners[workspace, kind]
            for value, numbers in found.items():
                known.setdefault(value, numbers)
        for no, row in rows.items():
            self._rows.setdefault((workspace, no), row)

    def look_up(
        self, workspace: int, wanted: Mapping[int, Collection[str]], *, rows: bool = True
    ) -> None:
        """Read the owners of values by kind at once, and their rows too if these are wanted."""
        numbers: set[int] = set()
        for kind, values in wanted.items():
            known = self._owners[workspace, kind]
            if new := [value for value in values if value not in known]:
                known.update(self._people.owners_of(workspace, kind, new))
            if rows:
                numbers.update(*(known[value] for value in values))
        missing = [no for no in numbers if (workspace, no) not in self._rows]
        for no, raw in self._people.rows(workspace, missing):
            self._rows[workspace, no] = _decode(raw)

    # ------------------------------------------------------------------ changing

    def create(self, workspace: int, row: Row) -> int:
        """A new contact; returns its number."""
        no = self._counters.add(f"contacts:{workspace}")
        self._counters.add(f"there:{workspace}")
        place = (workspace, no)
        self._rows[place] = row
        self._ids[row.id] = place
        self.created.add(place)
        self.changed.add(place)
        for kind, value in row.identifiers.items():
            self._own(workspace, kind, value, no)
        for label, name in row.aliases.items():
            self._own(workspace, ALIAS_KIND, alias_value(label, name), no)
        for one in row.lists:
            self._list_changes[workspace, one, no] = True
        return no

    def mark(self, workspace: int, no: int) -> None:
        """The row was changed in place."""
        self.changed.add((workspace, no))

    def set_identifier(self, workspace: int, no: int, kind: int, value: str | None) -> None:
        """Give a contact an identifier instead of the one it had of this kind; None takes it."""
        row = self.row(workspace, no)
        assert row is not None  # noqa: S101
        old = row.identifiers.pop(kind, None)
        if old is not None:
            self._disown(workspace, kind, old, no)
        if value is not None:
            row.identifiers[kind] = value
            self._own(workspace, kind, value, no)
        self.mark(workspace, no)

    def set_alias(self, workspace: int, no: int, label: str, name: str | None) -> None:
        """Give a contact an alias instead of the one it had of this label; None takes it."""
        row = self.row(workspace, no)
        assert row is not None  # noqa: S101
        old = row.aliases.pop(label, None)
        if old is not None:
            self._disown(workspace, ALIAS_KIND, alias_value(label, old), no)
        if name is not None:
            row.aliases[label] = name
            self._own(workspace, ALIAS_KIND, alias_value(label, name), no)
        self.mark(workspace, no)

    def set_lists(self, workspace: int, no: int, lists: list[int]) -> None:
        """The lists that a contact is in from now on."""
        row = self.row(workspace, no)
        assert row is not None  # noqa: S101
        for one in {*row.lists, *lists}:
            if (one in row.lists) != (one in lists):
                self._list_changes[workspace, one, no] = one in lists
        row.lists = lists
        self.mark(workspace, no)

    def remove(self, workspace: int, no: int) -> None:
        """Forget a contact, its identifiers and memberships of lists."""
        row = self.row(workspace, no)
        if row is None:
            return
        for kind in list(row.identifiers):
            self.set_identifier(workspace, no, kind, None)
        for label in list(row.aliases):
            self.set_alias(workspace, no, label, None)
        self.set_lists(workspace, no, [])
        place = (workspace, no)
        self._rows[place] = None
        self._counters.add(f"there:{workspace}", -1)
        self._ids.pop(row.id, None)
        self.changed.discard(place)
        self.removed[place] = row.id

    def lead(self, workspace: int, former: bytes, gone: int, kept: int) -> None:
        """Let the former id of a contact lead to the one it met."""
        self._people.put_former_id(workspace, former, kept)
        self._people.move_former_ids(workspace, gone, kept)
        self._ids[former] = (workspace, kept)

    # ------------------------------------------------------------------- writing

    def touched(self) -> list[Touched]:
        """Which rows and identifiers are not as they were before the batch."""
        identifiers = (key[:3] for key in self._added_identifiers)
        return [*self.changed, *self.removed, *identifiers]

    def pack(self) -> list[PackedRow]:
        """The rows that changed, as they are written."""
        packed = []
        for place in self.changed:
            row = self._rows[place]
            if row is not None:
                raw = self.written[place] = _encode(row)
                packed.append((*place, row.id, raw))
        return packed

    def flush(self, rows: Sequence[PackedRow]) -> None:
        """Write these rows and all else, inside the caller's transaction."""
        people = self._people
        people.put_rows(rows)
        people.delete_rows(self.removed)
        adds = [key for key, there in self._added_identifiers.items() if there]
        takes = [key for key, there in self._added_identifiers.items() if not there]
        people.delete_identifiers(takes)
        people.put_identifiers(adds)
        people.delete_list_members(key for key, there in self._list_changes.items() if not there)
        people.put_list_members(key for key, there in self._list_changes.items() if there)

    def _disown(self, workspace: int, kind: int, value: str, no: int) -> None:
        self.owners(workspace, kind, value).remove(no)
        self._added_identifiers[workspace, kind, value, no] = False

    def _own(self, workspace: int, kind: int, value: str, no: int) -> None:
        owners = self.owners(workspace, kind, value)
        if no not in owners:
            owners.append(no)
            owners.sort()
        self._added_identifiers[workspace, kind, value, no] = True


def decode_row(raw: bytes) -> Row:
    """A row as the people store keeps it."""
    return _decode(raw)
