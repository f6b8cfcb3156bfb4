"""Workspaces in the catalogue."""

from __future__ import annotations

from carpel.storage.catalogue import Catalogue

from .model import Workspace


class WorkspaceRepository:
    """Reads and writes the table `workspace`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[Workspace]:
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT no, id, name, project_key, created_at FROM workspace ORDER BY no"
            )
            return [Workspace(*row) for row in rows]

    def add(self, workspace: Workspace) -> Workspace:
        """Write a workspace; its number is given here."""
        with self._catalogue.write() as connection:
            cursor = connection.execute(
                "INSERT INTO workspace (id, name, project_key, created_at) VALUES (?, ?, ?, ?)",
                (workspace.id, workspace.name, workspace.project_key, workspace.created_at),
            )
            return Workspace(
                cursor.lastrowid or 0,
                workspace.id,
                workspace.name,
                workspace.project_key,
                workspace.created_at,
            )
