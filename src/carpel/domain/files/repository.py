"""Files in the catalogue."""

from __future__ import annotations

from typing import cast

from carpel.kit.ids import new_seed
from carpel.storage.catalogue import Catalogue

from .model import File

_COLUMNS = "id, workspace, name, media_type, size, most, job, created_at, expires_at"


class FileRepository:
    """Reads and writes the tables `file` and `link_secret`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def secret(self) -> bytes:
        """What links are signed with; made on first use."""
        with self._catalogue.write() as connection:
            row = connection.execute("SELECT secret FROM link_secret").fetchone()
            if row is None:
                row = (new_seed() + new_seed(),)
                connection.execute("INSERT INTO link_secret VALUES (?)", row)
            return cast("bytes", row[0])

    def add(self, file: File) -> None:
        values = (
            file.id, file.workspace, file.name, file.media_type, file.size, file.most, file.job,
            file.created_at, file.expires_at,
        )  # fmt: skip
        with self._catalogue.write() as connection:
            connection.execute(
                f"INSERT INTO file ({_COLUMNS}) VALUES ({', '.join('?' * 9)})", values
            )

    def set_size(self, file_id: str, size: int) -> None:
        with self._catalogue.write() as connection:
            connection.execute("UPDATE file SET size = ? WHERE id = ?", (size, file_id))

    def find(self, file_id: str) -> File | None:
        return next(iter(self._select("WHERE id = ?", file_id)), None)

    def of_job(self, job_id: str) -> File | None:
        return next(iter(self._select("WHERE job = ? ORDER BY created_at", job_id)), None)

    def named(self, workspace: int, beginning: str) -> list[File]:
        return self._select(
            "WHERE workspace = ? AND substr(name, 1, ?) = ?", workspace, len(beginning), beginning
        )

    def stored_for_jobs(self) -> list[File]:
        """Uploads that have come, and that a job works on."""
        return self._select("WHERE size IS NOT NULL AND job IS NOT NULL")

    def expired(self, now: int) -> list[File]:
        return self._select("WHERE expires_at <= ?", now)

    def all_ids(self) -> set[str]:
        return {file.id for file in self._select("")}

    def remove(self, file_id: str) -> None:
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM file WHERE id = ?", (file_id,))

    def _select(self, where: str, *values: object) -> list[File]:
        with self._catalogue.read() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM file {where}", values)
            return [File(*row) for row in rows]
