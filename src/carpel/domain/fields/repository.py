"""Custom fields in the catalogue."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

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
                "SELECT workspace, no, name, type, created_at, part_of, path FROM field "
                "WHERE deleted_at IS NULL ORDER BY workspace, no"
            )
            return [(row[0], _field(*row[1:])) for row in rows]

    def last_numbers(self) -> dict[int, int]:
        """The highest number given so far in each workspace, to deleted fields too."""
        with self._catalogue.read() as connection:
            rows = connection.execute("SELECT workspace, max(no) FROM field GROUP BY workspace")
            return {row[0]: row[1] for row in rows}

    def add(self, workspace: int, fields: list[Field]) -> None:
        with self._catalogue.write() as connection:
            connection.executemany(
                "INSERT INTO field (workspace, no, name, folded, type, created_at, part_of, path) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (workspace, f.no, f.name, f.name.lower(), f.type, f.created_at,
                     f.part_of or None, json.dumps(f.path) if f.path else None)
                    for f in fields
                ],
            )  # fmt: skip

    def rename(self, workspace: int, renamed: Field) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE field SET name = ?, folded = ? WHERE workspace = ? AND no = ?",
                (renamed.name, renamed.name.lower(), workspace, renamed.no),
            )

    def delete(self, workspace: int, number: int, at: int) -> None:
        """Keep the number taken and set the name free: no name has a null character."""
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE field SET folded = char(0) || no, deleted_at = ? "
                "WHERE workspace = ? AND no = ?",
                (at, workspace, number),
            )


def _field(no: int, name: str, field_type: Any, at: int, part_of: int | None, path: str) -> Field:
    field = custom(no, name, field_type, at)
    if part_of is None:
        return field
    return replace(field, role="part", part_of=part_of, path=tuple(json.loads(path)))
