"""Lists in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from carpel.storage.catalogue import Catalogue


@dataclass(frozen=True)
class List:
    """A list of a workspace; `no` is the number that rows, columns and plans use.

    `title` is what people call it, where that is not its name. `changed_at` is when it was last
    said who is in it, by the record `changed_seq` of the log; `replaced_seq` is the last record
    that put others in place of everybody.
    """

    workspace: int
    no: int
    id: str
    name: str
    created_at: int
    deleted_at: int | None = None
    title: str = ""
    changed_at: int | None = None
    changed_seq: int = 0
    replaced_seq: int = 0


class ListRepository:
    """Reads and writes the table `list`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[List]:
        """All lists ever made, deleted ones too."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT workspace, no, id, name, created_at, deleted_at, title, changed_at, "
                "changed_seq, replaced_seq FROM list ORDER BY workspace, no"
            )
            return [List(*row) for row in rows]

    def add(self, made: List) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT INTO list (workspace, no, id, name, created_at, title) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (made.workspace, made.no, made.id, made.name, made.created_at, made.title),
            )

    def save_change(self, changed: List) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE list SET changed_at = ?, changed_seq = ?, replaced_seq = ? "
                "WHERE workspace = ? AND no = ?",
                (changed.changed_at, changed.changed_seq, changed.replaced_seq,
                 changed.workspace, changed.no),
            )  # fmt: skip

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
