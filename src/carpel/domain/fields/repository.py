"""Custom fields in the catalogue."""

from __future__ import annotations

from carpel.storage.catalogue import Catalogue

from .model import Field, custom


class FieldRepository:
    """Reads and writes the table `field`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[tuple[int, Field]]:
        """Workspace and field of all custom fields, the oldest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT workspace, no, name, type, created_at FROM field ORDER BY workspace, no"
            )
            return [(row[0], custom(*row[1:])) for row in rows]

    def add(self, workspace: int, fields: list[Field]) -> None:
        with self._catalogue.write() as connection:
            connection.executemany(
                "INSERT INTO field VALUES (?, ?, ?, ?, ?, ?)",
                [(workspace, f.no, f.name, f.name.lower(), f.type, f.created_at) for f in fields],
            )
