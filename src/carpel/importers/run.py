"""A file imported: looked through for its types, then sent in chunks, each durable when told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Protocol

from carpel.domain.fields import FieldType, TypeGuess

from .convert import EVENT_COLUMNS, BadRow, Converter, contact_converter, event_converter
from .files import open_reader
from .mapping import Uses, map_columns
from .rejects import Rejects
from .rows import MISSING, BadFile, BrokenRow, Reader, Row
from .streams import DAMAGED

_CHUNK_ROWS = 5_000
# Chunks on their way while the next is being read.
_AHEAD = 2
_SEEN_AT_MOST = 10_000

Progress = Callable[[str, int, int], None]  # what is being done, bytes read, bytes in all


class ImportFailed(Exception):
    """The import cannot go on; what was acknowledged before stays."""


class Sink(Protocol):
    """Where an import goes to."""

    def field_types(self) -> dict[str, FieldType]:
        """The fields there are, by name in lower case."""
        ...

    def make_field(self, name: str, field_type: FieldType) -> None:
        """Make a field."""
        ...

    def take(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Take a chunk: the API's answer, with created, updated, unchanged and rejected."""
        ...


@dataclass
class Report:
    """What an import did."""

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_file: str | None = None
    new_fields: dict[str, FieldType] = field(default_factory=dict)

    @property
    def all_rejected(self) -> bool:
        """Whether there were rows, and none was taken."""
        return self.rejected > 0 and not (self.created or self.updated or self.unchanged)


def import_contacts(
    path: Path,
    sink: Sink,
    progress: Progress,
    *,
    maps: Mapping[str, str],
    lists: list[str],
    new_fields: bool = True,
) -> Report:
    """Import a file of contacts; columns that are no identifiers are fields.

    Raises:
        BadFile: it cannot be read at all, or has a column that `new_fields` off does not allow.
    """
    report = Report(str(path))
    known = sink.field_types()
    uses, types = _look_through(path, maps, (), known, progress)
    missing = {name: found for name, found in types.items() if name.lower() not in known}
    if missing and not new_fields:
        raise BadFile(f"{path}: there is no field {next(iter(missing))!r} (--no-new-fields)")
    for name, found in missing.items():
        sink.make_field(name, found)
    report.new_fields = missing
    _send(
        path, sink, progress, report,
        lambda typed: contact_converter(uses, types, typed=typed, lists=lists),
    )  # fmt: skip
    return report


def import_events(path: Path, sink: Sink, progress: Progress, *, maps: Mapping[str, str]) -> Report:
    """Import a file of events; columns without a meaning of their own are properties.

    Raises:
        BadFile: it cannot be read at all, or lacks the columns `event` and `time`.
    """
    report = Report(str(path))
    uses, types = _look_through(path, maps, EVENT_COLUMNS, {}, progress)
    for name in ("event", "time"):
        if name not in uses.special:
            raise BadFile(f"{path}: there is no column {name!r} (--map COLUMN={name})")
    _send(
        path, sink, progress, report,
        lambda typed: event_converter(uses, types, typed=typed),
    )  # fmt: skip
    return report


# ------------------------------------------------------------------ first reading


def _look_through(
    path: Path,
    maps: Mapping[str, str],
    special: tuple[str, ...],
    known: Mapping[str, FieldType],
    progress: Progress,
) -> tuple[Uses, dict[str, FieldType]]:
    """The columns' uses, and the type of each that is a field or property."""
    reader = open_reader(path)
    try:
        early = map_columns(reader.columns, maps, special) if reader.columns else None
        needless = early is not None and all(name.lower() in known for name in early.others)
        guesses: list[TypeGuess] = []
        if not needless:
            guesses = _guess(path, reader, progress)
        uses = map_columns(reader.columns, maps, special)
    finally:
        reader.close()
    types: dict[str, FieldType] = {}
    for name, place in uses.others.items():
        types[name] = known.get(name.lower()) or guesses[place].type()
    return uses, types


def _guess(path: Path, reader: Reader, progress: Progress) -> list[TypeGuess]:
    """Look at every value, a chunk of rows at a time."""
    size = path.stat().st_size
    columns: list[_Column] = []
    rows = (row for row in _rows(path, reader) if isinstance(row, Row))
    while chunk := [row.values for row in islice(rows, _CHUNK_ROWS)]:
        progress("looking through", reader.position(), size)
        for place, values in enumerate(
            zip_longest(*chunk) if reader.typed else zip(*chunk, strict=True)
        ):
            if place == len(columns):
                columns.append(_Column())
            columns[place].look(values, typed=reader.typed)
    columns.extend(_Column() for _ in range(len(reader.columns) - len(columns)))
    return [column.guess for column in columns]


class _Column:
    """A column's guess, and the texts it has been shown; alike texts are shown once."""

    def __init__(self) -> None:
        self.guess = TypeGuess()
        self._seen: set[str] = set()

    def look(self, values: tuple[Any, ...], *, typed: bool) -> None:
        if typed:
            for value in values:
                if value is not None and value is not MISSING:
                    self.guess.json(value)
            return
        if self.guess.decided:
            return
        fresh = set(values) - self._seen
        fresh.discard(None)
        for value in fresh:
            self.guess.text(value)
        if len(self._seen) < _SEEN_AT_MOST:
            self._seen |= fresh


def _rows(path: Path, reader: Reader) -> Iterator[Row | BrokenRow]:
    try:
        yield from reader.rows()
    except DAMAGED as error:
        raise BadFile(f"{path}: the file is damaged: {error}") from None


# ----------------------------------------------------------------- second reading


def _send(
    path: Path,
    sink: Sink,
    progress: Progress,
    report: Report,
    converter: Callable[[bool], Converter],
) -> None:
    reader = open_reader(path)
    try:
        with Rejects(path) as rejects, ThreadPoolExecutor(1) as sender:
            sending = _Sending(sink, sender, rejects, reader, report)
            size = path.stat().st_size
            convert = converter(reader.typed)
            for row in _rows(path, reader):
                if sending.add(row, convert):
                    progress("importing", reader.position(), size)
            sending.finish()
            progress("importing", size, size)
            report.rejected = rejects.count
            report.rejected_file = str(rejects.path) if rejects.count else None
    finally:
        reader.close()


class _Sending:
    """Chunks under way."""

    def __init__(
        self,
        sink: Sink,
        sender: ThreadPoolExecutor,
        rejects: Rejects,
        reader: Reader,
        report: Report,
    ) -> None:
        self._sink = sink
        self._sender = sender
        self._rejects = rejects
        self._reader = reader
        self._report = report
        self._rows: list[Row] = []
        self._items: list[dict[str, Any]] = []
        self._under_way: list[tuple[list[Row], Future[dict[str, Any]]]] = []

    def add(self, row: Row | BrokenRow, convert: Converter) -> bool:
        """Take a row along; true when a chunk went off."""
        if isinstance(row, BrokenRow):
            self._rejects.add(row.line, row.reason, self._reader.columns, row.text)
            return False
        try:
            self._items.append(convert(row))
        except BadRow as error:
            self._rejects.add(row.line, str(error), self._reader.columns, row.values)
            return False
        self._rows.append(row)
        if len(self._items) < _CHUNK_ROWS:
            return False
        self._go()
        return True

    def finish(self) -> None:
        """Send the rest and hear of everything."""
        if self._items:
            self._go()
        while self._under_way:
            self._hear()

    def _go(self) -> None:
        self._under_way.append((self._rows, self._sender.submit(self._sink.take, self._items)))
        self._rows, self._items = [], []
        if len(self._under_way) > _AHEAD:
            self._hear()

    def _hear(self) -> None:
        rows, answering = self._under_way.pop(0)
        answer = answering.result()
        self._report.created += answer.get("created", 0)
        self._report.updated += answer.get("updated", 0)
        self._report.unchanged += answer.get("unchanged", 0)
        for one in answer["rejected"]:
            row = rows[one["index"]]
            self._rejects.add(row.line, one["detail"], self._reader.columns, row.values)


__all__ = ["ImportFailed", "Report", "Sink", "import_contacts", "import_events"]
