"""Making and finding workspaces."""

from __future__ import annotations

import secrets
import threading

from carpel.domain.refusals import Conflict, Invalid, NoSuch
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id
from carpel.storage.catalogue import Catalogue

from .model import Workspace
from .repository import WorkspaceRepository

DEFAULT = "default"
LONGEST_NAME = 100
# Batch's ids are a word, an underscore, and Crockford's base32 (contracts/batch.md §2.2).
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Workspaces:
    """All workspaces, kept in memory as well."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = WorkspaceRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._all = self._repository.list_all()
        if not self._all:
            self.create(DEFAULT)

    def list_all(self) -> list[Workspace]:
        """All workspaces, the oldest first."""
        return list(self._all)

    def create(self, name: str, project_key: str | None = None) -> Workspace:
        """A new workspace.

        Raises:
            Invalid: an empty or too long name or project key.
            Conflict: the name or the project key is taken.
        """
        _check(name, "name")
        key = project_key if project_key is not None else _new_project_key()
        _check(key, "project_key")
        with self._lock:
            for workspace in self._all:
                if workspace.name == name:
                    raise Conflict("name_taken", f"there is a workspace {name!r} already", "name")
                if workspace.project_key == key:
                    raise Conflict(
                        "project_key_taken", f"the project key {key!r} is taken", "project_key"
                    )
            made = self._repository.add(Workspace(0, new_id(), name, key, self._clock.now()))
            self._all.append(made)
            return made

    def read(self, name_or_id: str) -> Workspace:
        """The workspace of this name or id.

        Raises:
            NoSuch: there is none.
        """
        for workspace in self._all:
            if name_or_id in (workspace.name, workspace.id):
                return workspace
        raise NoSuch("no_such_workspace", f"there is no workspace {name_or_id!r}", "workspace")

    def by_number(self, number: int) -> Workspace:
        """The workspace of a number that is known to exist."""
        return next(workspace for workspace in self._all if workspace.no == number)


def _check(text: str, field: str) -> None:
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise Invalid("bad_name", f"a {field} has 1 to {LONGEST_NAME} printable characters", field)


def _new_project_key() -> str:
    return "project_" + "".join(secrets.choice(_ALPHABET) for _ in range(32))
