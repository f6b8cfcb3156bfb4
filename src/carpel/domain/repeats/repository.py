"""Remembered answers in the catalogue."""

from __future__ import annotations

from carpel.storage.catalogue import Catalogue

Place = tuple[int, str, str]  # workspace, caller, key


class RepeatRepository:
    """Reads and writes the table `idempotent_answer`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def find(self, place: Place, since: int) -> tuple[bytes, int, str, bytes] | None:
        """Request hash, status, media type and body of an answer not older than an instant."""
        with self._catalogue.read() as connection:
            row = connection.execute(
                "SELECT request, status, media_type, body FROM idempotent_answer "
                "WHERE workspace = ? AND caller = ? AND key = ? AND at >= ?",
                (*place, since),
            ).fetchone()
        return tuple(row) if row else None

    def keep(
        self, place: Place, request: bytes, answer: tuple[int, str, bytes], at: int, since: int
    ) -> None:
        """Remember an answer, and forget those older than an instant."""
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM idempotent_answer WHERE at < ?", (since,))
            connection.execute(
                "INSERT OR REPLACE INTO idempotent_answer VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*place, request, *answer, at),
            )
