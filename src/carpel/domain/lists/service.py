"""Making and finding lists."""

from __future__ import annotations

import threading

from carpel.domain.refusals import Conflict, Invalid, NoSuch
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id
from carpel.storage.catalogue import Catalogue

from .repository import List, ListRepository

LONGEST_NAME = 100


class Lists:
    """All lists of all workspaces, kept in memory as well."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = ListRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id: dict[str, List] = {made.id: made for made in self._repository.list_all()}

    def list_of(self, workspace: int) -> list[List]:
        """The lists of a workspace, the oldest first."""
        return [found for found in self._by_id.values() if found.workspace == workspace]

    def find(self, workspace: int, id_or_name: str) -> List | None:
        """The list of this id or exact name."""
        found = self._by_id.get(id_or_name.lower())
        if found is not None and found.workspace == workspace:
            return found
        return next((one for one in self.list_of(workspace) if one.name == id_or_name), None)

    def read(self, workspace: int, id_or_name: str) -> List:
        """The list of this id or exact name.

        Raises:
            NoSuch: there is none.
        """
        found = self.find(workspace, id_or_name)
        if found is None:
            raise NoSuch("no_such_list", f"there is no list {id_or_name!r}", "list")
        return found

    def create(self, workspace: Workspace, name: str) -> List:
        """A new, empty list.

        Raises:
            Invalid: a bad name.
            Conflict: the name is taken.
        """
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or not name.strip():
            raise Invalid(
                "bad_name", f"a list's name has 1 to {LONGEST_NAME} printable characters", "name"
            )
        with self._lock:
            if self.find(workspace.no, name) is not None:
                raise Conflict("name_taken", f"there is a list {name!r} already", "name")
            number = max((one.no for one in self.list_of(workspace.no)), default=0) + 1
            made = List(workspace.no, number, new_id(), name, self._clock.now())
            self._repository.add(made)
            self._by_id[made.id] = made
            return made

    def ensure(self, workspace: Workspace, name: str) -> List:
        """The list of this id or name, made when it is missing."""
        found = self.find(workspace.no, name)
        return found if found is not None else self.create(workspace, name)
