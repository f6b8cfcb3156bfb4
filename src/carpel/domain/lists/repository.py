"""Lists in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from carpel.storage.catalogue import Catalogue


@dataclass(frozen=True)
class List:
    """A list of a workspace; `no` is the number that rows, columns and plans use."""

    workspace: int
    no: int
    id: str
    name: str
    created_at: int
    deleted_at: int | None = None


class ListRepository:
    """Reads and writes the table `list`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[List]:
        """All lists ever made, deleted ones too."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT workspace, no, id, name, created_at, deleted_at FROM list "
                "ORDER BY workspace, no"
            )
            return [List(*row) for row in rows]

    def add(self, made: List) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT INTO list (workspace, no, id, name, created_at) VALUES (?, ?, ?, ?, ?)",
                (made.workspace, made.no, made.id, made.name, made.created_at),
            )

    def rename(self, renamed: List) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE list SET name = ? WHERE workspace = ? AND no = ?",
                (renamed.name, renamed.workspace, renamed.no),
            )

    def delete(self, gone: List) -> None:
        """Keep the number taken and set the name free."""
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE list SET name = id, deleted_at = ? WHERE workspace = ? AND no = ?",
                (gone.deleted_at, gone.workspace, gone.no),
            )
