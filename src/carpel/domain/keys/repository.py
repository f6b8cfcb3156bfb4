"""Keys in the catalogue."""

from __future__ import annotations

import json

from carpel.storage.catalogue import Catalogue

from .model import Key


class KeyRepository:
    """Reads and writes the table `key`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[tuple[bytes, Key]]:
        """All keys with the hashes of their secrets, revoked ones too, the oldest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT hash, id, workspace, name, permissions, allow_ips, created_at, revoked_at "
                "FROM key ORDER BY created_at, rowid"
            ).fetchall()
        return [
            (
                row[0],
                Key(
                    row[1],
                    row[2],
                    row[3],
                    frozenset(json.loads(row[4])),
                    tuple(json.loads(row[5])),
                    row[6],
                    row[7],
                ),
            )
            for row in rows
        ]

    def add(self, key: Key, secret_hash: bytes) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT INTO key (id, workspace, name, hash, permissions, allow_ips, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    key.id,
                    key.workspace,
                    key.name,
                    secret_hash,
                    json.dumps(sorted(key.permissions)),
                    json.dumps(list(key.allow_ips)),
                    key.created_at,
                ),
            )

    def revoke(self, key_id: str, at: int) -> None:
        with self._catalogue.write() as connection:
            connection.execute("UPDATE key SET revoked_at = ? WHERE id = ?", (at, key_id))
