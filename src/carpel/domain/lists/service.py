"""Making and finding lists."""

from __future__ import annotations

import threading
from dataclasses import replace

from carpel.domain.refusals import Conflict, Invalid, NoSuch
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id
from carpel.storage.catalogue import Catalogue

from .repository import List, ListRepository

LONGEST_NAME = 255


class Lists:
    """All lists of all workspaces, kept in memory as well."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = ListRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id: dict[str, List] = {}
        self._gone: dict[str, List] = {}
        for one in self._repository.list_all():
            (self._by_id if one.deleted_at is None else self._gone)[one.id] = one

    def list_of(self, workspace: int) -> list[List]:
        """The lists of a workspace, the oldest first."""
        return [found for found in list(self._by_id.values()) if found.workspace == workspace]

    def find(self, workspace: int, id_or_name: str) -> List | None:
        """The list of this id or exact name."""
        found = self._by_id.get(id_or_name.lower())
        if found is not None and found.workspace == workspace:
            return found
        return next((one for one in self.list_of(workspace) if one.name == id_or_name), None)

    def find_ever(self, workspace: int, list_id: str) -> List | None:
        """The list of this id, or the deleted one that had it: nobody is in that."""
        found = self._by_id.get(list_id.lower()) or self._gone.get(list_id.lower())
        return found if found is not None and found.workspace == workspace else None

    def id_of(self, workspace: int, number: int) -> str | None:
        """The id of the list with this number, deleted or not."""
        everyone = (*self._by_id.values(), *self._gone.values())
        return next((o.id for o in everyone if (o.workspace, o.no) == (workspace, number)), None)

    def read(self, workspace: int, id_or_name: str) -> List:
        """The list of this id or exact name.

        Raises:
            NoSuch: there is none.
        """
        found = self.find(workspace, id_or_name)
        if found is None:
            raise NoSuch("no_such_list", f"there is no list {id_or_name!r}", "list")
        return found

    def create(
        self, workspace: Workspace, name: str, title: str = "", list_id: str | None = None
    ) -> List:
        """A new, empty list; with an id of its own where none is given.

        Raises:
            Invalid: a bad name.
            Conflict: the name is taken.
        """
        _check_name(name)
        with self._lock:
            if self.find(workspace.no, name) is not None:
                raise Conflict("name_taken", f"there is a list {name!r} already", "name")
            ever = (*self._by_id.values(), *self._gone.values())
            number = max((one.no for one in ever if one.workspace == workspace.no), default=0) + 1
            made = List(
                workspace.no, number, list_id or new_id(), name, self._clock.now(), title=title
            )
            self._repository.add(made)
            self._by_id[made.id] = made
            return made

    def ensure(self, workspace: Workspace, name: str) -> List:
        """The list of this id or name, made when it is missing."""
        found = self.find(workspace.no, name)
        return found if found is not None else self.create(workspace, name)

    def note_change(self, found: List, seq: int, *, replaced: bool) -> None:
        """Remember that a record of the log said who is in the list; `replaced`: all anew."""
        with self._lock:
            now = self._by_id.get(found.id)
            if now is None:
                return
            changed = replace(
                now,
                changed_at=self._clock.now(),
                changed_seq=max(now.changed_seq, seq),
                replaced_seq=max(now.replaced_seq, seq) if replaced else now.replaced_seq,
            )
            self._repository.save_change(changed)
            self._by_id[found.id] = changed

    def rename(self, found: List, name: str) -> List:
        """The same list under another name.

        Raises:
            Invalid: a bad name.
            Conflict: the name is taken.
        """
        _check_name(name)
        with self._lock:
            other = self.find(found.workspace, name)
            if other is not None and other.id != found.id:
                raise Conflict("name_taken", f"there is a list {name!r} already", "name")
            renamed = replace(found, name=name)
            self._repository.rename(renamed)
            self._by_id[found.id] = renamed
            return renamed

    def delete(self, found: List) -> None:
        """Forget a list. Whoever deletes it logs a ListClearedRecord, so that nobody is in it."""
        with self._lock:
            gone = replace(found, name=found.id, deleted_at=self._clock.now())
            self._repository.delete(gone)
            self._gone[found.id] = gone
            self._by_id.pop(found.id, None)


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or not name.strip():
        raise Invalid(
            "bad_name", f"a list's name has 1 to {LONGEST_NAME} printable characters", "name"
        )
