"""Inlets in the catalogue."""

from __future__ import annotations

from carpel.storage.catalogue import Catalogue

from .model import Inlet


class InletRepository:
    """Reads and writes the table `inlet`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[Inlet]:
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT id, workspace, kind, public_key, created_at FROM inlet ORDER BY created_at"
            )
            return [Inlet(*row) for row in rows]

    def put(self, inlet: Inlet) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT INTO inlet VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (workspace, kind) DO UPDATE SET public_key = excluded.public_key",
                (inlet.id, inlet.workspace, inlet.kind, inlet.public_key, inlet.created_at),
            )

    def delete(self, inlet: Inlet) -> None:
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM inlet WHERE id = ?", (inlet.id,))
