"""Opening, finding and closing inlets."""

from __future__ import annotations

import threading
from dataclasses import replace

from carpel.domain.workspaces import Workspace
from carpel.kit.clock import Clock
from carpel.kit.ids import new_id
from carpel.storage.catalogue import Catalogue

from .model import Inlet
from .repository import InletRepository


class Inlets:
    """All inlets of all workspaces, one of each kind, kept in memory as well."""

    def __init__(self, catalogue: Catalogue, clock: Clock) -> None:
        self._repository = InletRepository(catalogue)
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id = {inlet.id: inlet for inlet in self._repository.list_all()}

    def find(self, inlet_id: str) -> Inlet | None:
        """The inlet of this id, whatever the workspace: the id is all that a sender knows."""
        return self._by_id.get(inlet_id.lower())

    def of(self, workspace: Workspace, kind: str) -> Inlet | None:
        """A workspace's inlet of a kind."""
        everyone = list(self._by_id.values())
        return next((o for o in everyone if (o.workspace, o.kind) == (workspace.no, kind)), None)

    def open(self, workspace: Workspace, kind: str, public_key: str) -> Inlet:
        """An inlet with this key; one that is there keeps its id and gets the new key."""
        with self._lock:
            known = self.of(workspace, kind)
            now = self._clock.now()
            inlet = (
                replace(known, public_key=public_key)
                if known is not None
                else Inlet(new_id(), workspace.no, kind, public_key, now)
            )
            self._repository.put(inlet)
            self._by_id[inlet.id] = inlet
            return inlet

    def close(self, inlet: Inlet) -> None:
        """Let nothing in here any more."""
        with self._lock:
            self._repository.delete(inlet)
            self._by_id.pop(inlet.id, None)
