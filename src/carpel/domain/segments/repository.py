"""Segments in the catalogue."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec

from carpel.storage.catalogue import Catalogue

from .dialects import Dialect

# Documents keep their numbers exact: no float comes between.
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode

_COLUMNS = (
    "s.no, s.id, s.workspace, s.code, s.name, v.sql, v.document, s.note, s.analytics, s.tags, "
    "s.teams, s.list, s.version, s.created_at, s.updated_at, s.archived_at, v.dialect"
)


@dataclass(frozen=True)
class Stored:
    """A segment as it is kept: its list by number, its sentence not at all."""

    no: int
    id: str
    workspace: int
    code: str
    name: str
    sql: str
    document: dict[str, Any]
    note: str
    analytics: bool
    tags: tuple[str, ...]
    teams: tuple[str, ...]
    list: int | None
    version: int
    created_at: int
    updated_at: int
    archived_at: int | None
    dialect: Dialect = "carpel"

    @property
    def rules(self) -> tuple[Any, ...]:
        """What a version is of."""
        return self.sql, self.document, self.list, self.dialect


@dataclass(frozen=True)
class StoredVersion:
    """Rules as they were from a moment on; the list by number."""

    version: int
    at: int
    sql: str
    document: dict[str, Any]
    list: int | None
    dialect: Dialect


class SegmentRepository:
    """Reads and writes the tables of segments."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[Stored]:
        """All segments with their newest rules, the oldest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM segment s "
                "JOIN segment_version v ON v.segment = s.no AND v.version = s.version ORDER BY s.no"
            ).fetchall()
        return [_stored(row) for row in rows]

    def add(self, made: Stored) -> Stored:
        """Write a new segment and its first rules; its number is given here."""
        with self._catalogue.write() as connection:
            cursor = connection.execute(
                "INSERT INTO segment (id, workspace, code, name, note, analytics, tags, teams, list, "
                "version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    made.id, made.workspace, made.code, made.name, made.note, made.analytics,
                    json.dumps(made.tags), json.dumps(made.teams), made.list, made.version,
                    made.created_at, made.updated_at,
                ),
            )  # fmt: skip
            number = cursor.lastrowid or 0
            self._add_version(number, made)
        return replace(made, no=number)

    def change(self, new: Stored, *, rules: bool) -> None:
        """Write a segment's new state, and its new rules if they are."""
        with self._catalogue.write() as connection:
            connection.execute(
                "UPDATE segment SET code = ?, name = ?, note = ?, analytics = ?, tags = ?, "
                "teams = ?, list = ?, version = ?, updated_at = ?, archived_at = ? WHERE no = ?",
                (
                    new.code, new.name, new.note, new.analytics, json.dumps(new.tags),
                    json.dumps(new.teams), new.list, new.version, new.updated_at, new.archived_at,
                    new.no,
                ),
            )  # fmt: skip
            if rules:
                self._add_version(new.no, new)

    def delete(self, number: int) -> None:
        with self._catalogue.write() as connection:
            connection.execute("DELETE FROM segment WHERE no = ?", (number,))

    def _add_version(self, number: int, made: Stored) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT INTO segment_version (segment, version, at, sql, document, list, dialect) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    made.version,
                    made.updated_at,
                    made.sql,
                    _encode(made.document).decode(),
                    made.list,
                    made.dialect,
                ),
            )

    def versions(self, number: int) -> list[StoredVersion]:
        """All rules a segment has had, the oldest first."""
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT version, at, sql, document, list, dialect FROM segment_version "
                "WHERE segment = ? ORDER BY version",
                (number,),
            ).fetchall()
        return [StoredVersion(v, at, sql, _decode(doc), no, d) for v, at, sql, doc, no, d in rows]


def _stored(row: tuple[Any, ...]) -> Stored:
    values: dict[str, Any] = dict(zip(Stored.__dataclass_fields__, row, strict=True))
    values["document"] = _decode(values["document"])
    values["analytics"] = bool(values["analytics"])
    values["tags"] = tuple(json.loads(values["tags"]))
    values["teams"] = tuple(json.loads(values["teams"]))
    return Stored(
        **values,
    )
