"""What events there are, and how often each contact had them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carpel.domain.workspaces import Workspace
from carpel.storage.columns import Columns, Kind, tallies as statements

By = Sequence[tuple[str, Kind]]


@dataclass(frozen=True)
class Tally:
    """A contact's events that are alike in name, source and some properties.

    `first` and `last` are microseconds since 1970; `properties` are in the order asked, None where
    the events have none.
    """

    contact: int
    name: str
    source: str | None
    properties: tuple[Any, ...]
    count: int
    first: int
    last: int


class Tallies:
    """Asks the events as the columns have them; the newest may be a moment away."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def of(self, workspace: Workspace, numbers: Sequence[int], by: By = ()) -> list[Tally]:
        """All events of these contacts, apart by name, source and these properties."""
        with self._columns.snapshot() as snapshot:
            names = snapshot.names(workspace.no)
            if names is None or not numbers:
                return []
            rows = snapshot.rows(statements.tally(names, numbers, by))
        return [Tally(row[0], row[1], row[2], tuple(row[3:-3]), *row[-3:]) for row in rows]

    def kinds(self, workspace: Workspace) -> list[tuple[str, str | None]]:
        """Name and source of all events there are."""
        with self._columns.snapshot() as snapshot:
            names = snapshot.names(workspace.no)
            rows = snapshot.rows(statements.kinds(names)) if names is not None else []
        return [(row[0], row[1]) for row in rows]
