"""Contacts from files: a link to send the file to, then a job (contracts/sendgrid.md §3.4).

`PUT /contacts/imports` says which field each column is; the file is sent to a link on this very
server, plain or gzip. Its first row is the header, unless an e-mail address stands where one
belongs.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, cast

from carpel.domain.fields import Field
from carpel.domain.files import BadLink
from carpel.domain.ingest import ApplyResult, ContactsRecord, Ticket
from carpel.domain.jobs import Work
from carpel.domain.refusals import Conflict, Invalid
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import DAY
from carpel.kit.ids import new_seed

from . import errors, given, lists
from .context import Call, Reply, Rooms
from .field_ids import custom_fields, find_reserved
from .jobs import IMPORTED, wait
from .upserts import (
    IDENTIFIERS,
    LONGEST,
    BadContact,
    Reader,
    alternates,
    custom_value,
    reserved_text,
)

MOST_BYTES = 5 * 1000**3
MOST_COLUMNS = 1000
ROWS_AT_ONCE = 10_000
# So many records may be on their way before the file is read further.
AHEAD = 4
LINK_LIVES = DAY
ERRORS_LIVE = 7 * DAY
MISMATCH = (
    "Failed to preprocess input csv: we were unable to upload your contacts because the field "
    "mapping doesn't match the CSV."
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_GZIP = b"\x1f\x8b"


async def create(call: Call) -> Reply:
    """`PUT /contacts/imports` `{file_type, field_mappings, list_ids?}`: 200 with the link."""
    body = await call.body()
    if body.get("file_type") != "csv":
        raise errors.bad_parameter("file_type", "file_type must be csv")
    columns = _mappings(call, body.get("field_mappings"))
    joined = lists.by_ids(call, given.texts(body, "list_ids", most=lists.MOST_LISTS))
    root = str(call.request.base_url).rstrip("/")
    spec = {"columns": columns, "lists": [one.no for one in joined], "root": root}
    link = await call.off_loop(_reserve, call, spec)
    return Reply(
        {
            "job_id": link.job,
            "upload_uri": root + link.path,
            "upload_headers": [{"header": "Content-Type", "value": "text/csv"}],
        }
    )


@dataclass(frozen=True)
class _Link:
    job: str
    path: str


def _reserve(call: Call, spec: dict[str, Any]) -> _Link:
    rooms, workspace = call.rooms, call.workspace.no
    job = rooms.jobs.submit(workspace, IMPORTED, spec, held=True)
    until = rooms.clock.now() + LINK_LIVES
    file = rooms.files.reserve(workspace, f"{job.id}.csv", MOST_BYTES, until, job.id)
    return _Link(job.id, rooms.files.link(file, "put"))


def _mappings(call: Call, mappings: Any) -> list[str | None]:
    """What each column is: a field's name, or None to pass it over.

    Custom fields stand by their id with a `#`, as their names may change until the file comes.
    """
    name = "field_mappings"
    if not isinstance(mappings, list) or not 0 < len(mappings) <= MOST_COLUMNS:
        raise errors.bad_parameter(name, f"{name} must be an array of field ids and nulls")
    custom = custom_fields(call.rooms.fields, call.workspace.no)
    found: list[str | None] = []
    for place, one in enumerate(mappings):
        reserved = find_reserved(one) if isinstance(one, str) else None
        if one is None:
            found.append(None)
        elif isinstance(one, str) and one in custom:
            found.append(f"#{one}")
        elif reserved is None or not _is_settable(reserved.name):
            raise errors.bad_parameter(
                f"{name}[{place}]", f"{str(one)[:80]} is no field that can be imported"
            )
        else:
            found.append(reserved.name)
    if not set(found) & set(IDENTIFIERS):
        raise errors.bad_parameter(name, f"one of {', '.join(IDENTIFIERS)} must be mapped")
    return found


def _is_settable(name: str) -> bool:
    return name in IDENTIFIERS or name in LONGEST or name == "alternate_emails"


# ------------------------------------------------------------------- the job


class Importer:
    """Runs imports."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        rooms.jobs.register(IMPORTED, self._run)

    def _run(self, work: Work) -> dict[str, Any]:
        rooms = self._rooms
        workspace = rooms.workspaces.by_number(work.workspace)
        try:
            file = rooms.files.of_job(work.id)
        except BadLink as refusal:
            raise Conflict("no_upload", refusal.message) from None
        path = rooms.files.path_of(file)
        with ExitStack() as stack:
            rows = stack.enter_context(_opened(path))
            run = _Run(rooms, workspace, work, stack)
            try:
                run.read(rows)
            except (csv.Error, UnicodeDecodeError, EOFError, OSError) as error:
                raise Invalid("bad_file", f"{MISMATCH} ({error})") from None
            result = run.finish()
        rooms.files.drop(file)
        return result


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file as text, unpacked where it is gzip."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
    opener = cast("Callable[..., TextIO]", gzip.open if packed else open)
    with opener(path, "rt", encoding="utf-8-sig", newline="") as text:
        yield text


@dataclass
class _Counts:
    rows: int = 0
    wrong: int = 0
    created: int = 0
    updated: int = 0

    def add(self, result: ApplyResult) -> None:
        self.created += result.created
        self.updated += result.updated + result.unchanged


@dataclass
class _Run:
    """One file on its way in."""

    rooms: Rooms
    workspace: Workspace
    work: Work
    stack: ExitStack
    counts: _Counts = field(default_factory=_Counts)
    _tickets: deque[Ticket] = field(default_factory=deque)
    _errors: Any = None
    _errors_link: str | None = None

    def read(self, text: TextIO) -> None:
        """All rows, in records of a bounded size."""
        reader = self._reader()
        columns = self._columns()
        writes = []
        for number, row in enumerate(csv.reader(text), start=1):
            if number == 1 and self._is_header(row, columns):
                continue
            if not row:
                continue
            self.counts.rows += 1
            try:
                writes.append(_contact(reader, columns, row))
            except BadContact as bad:
                self._refuse(number, bad.message, row)
            if len(writes) >= ROWS_AT_ONCE:
                self._submit(writes)
                writes = []
        if writes:
            self._submit(writes)

    def finish(self) -> dict[str, Any]:
        """Wait until all is applied; what came of it."""
        while self._tickets:
            self.counts.add(wait(self._tickets.popleft(), self.work))
        found: dict[str, Any] = {
            "requested_count": self.counts.rows,
            "created_count": self.counts.created,
            "updated_count": self.counts.updated,
            "errored_count": self.counts.wrong,
        }
        if self._errors_link is not None:
            self.stack.close()  # the file of errors is there from here on
            found["errors_url"] = self.work.spec["root"] + self._errors_link
        return found

    def _reader(self) -> Reader:
        custom = custom_fields(self.rooms.fields, self.workspace.no)
        checker = self.rooms.contacts.checker(self.workspace)
        return Reader(checker, custom, list(self.work.spec["lists"]))

    def _columns(self) -> list[_Column | None]:
        custom = custom_fields(self.rooms.fields, self.workspace.no)
        return [_column(name, custom) for name in self.work.spec["columns"]]

    def _is_header(self, row: list[str], columns: list[_Column | None]) -> bool:
        """Whether the first row names columns; it has as many as there are mappings."""
        if len(row) != len(columns):
            raise Invalid("mismatch", MISMATCH)
        pairs = zip(columns, row, strict=True)
        return not any(
            column is not None and column.name == "email" and _EMAIL.fullmatch(cell.strip())
            for column, cell in pairs
        )

    def _submit(self, writes: list[Any]) -> None:
        self.work.progress(self.counts.rows)
        if len(self._tickets) >= AHEAD:
            self.counts.add(wait(self._tickets.popleft(), self.work))
        now = self.rooms.clock.now()
        record = ContactsRecord(self.workspace.no, now, new_seed(), writes)
        self._tickets.append(self.rooms.ingest.submit(record))

    def _refuse(self, number: int, message: str, row: list[str]) -> None:
        """Keep a row that cannot be taken, with the reason, in a file of its own."""
        self.counts.wrong += 1
        if self._errors is None:
            files = self.rooms.files
            until = self.rooms.clock.now() + ERRORS_LIVE
            name = f"{self.work.id}.errors.csv"
            file, stream = self.stack.enter_context(
                files.writing(self.workspace.no, name, "text/csv", until)
            )
            self._errors_link = files.link(file, "get")
            self._errors = _Lines(stream)
            self._errors.write(["row", "message"])
        self._errors.write([str(number), message, *row])


class _Lines:
    """CSV onto a binary stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._writer = csv.writer(self)

    def write(self, row: list[str] | str) -> None:
        """A row; or, for the csv module, its text."""
        if isinstance(row, str):
            self._stream.write(row.encode())
        else:
            self._writer.writerow(row)


@dataclass(frozen=True)
class _Column:
    """What one column of the file is."""

    name: str
    longest: int = 0
    custom: Field | None = None


def _column(name: str | None, custom: dict[str, Field]) -> _Column | None:
    if name is None:
        return None
    if not name.startswith("#"):
        return _Column(name, LONGEST.get(name, 0))
    found = custom.get(name[1:])
    if found is None:
        raise Conflict("no_field", f"there is no custom field {name[1:]} any more")
    return _Column(found.name, custom=found)


def _contact(reader: Reader, columns: list[_Column | None], row: list[str]) -> Any:
    """A row as a change of a contact; empty cells leave what was there.

    Raises:
        BadContact: the first thing that is wrong in it.
    """
    if len(row) != len(columns):
        raise BadContact(f"{len(row)} columns where {len(columns)} are mapped", "")
    identifiers: dict[str, str] = {}
    fields: dict[str, Any] = {}
    for column, cell in zip(columns, row, strict=True):
        if column is None or not cell:
            continue
        name = column.name
        if column.custom is not None:
            fields[name] = custom_value(column.custom, cell)
        elif column.longest:
            fields[name] = reserved_text(name, cell, column.longest)
        elif name in IDENTIFIERS:
            identifiers[name] = cell.strip()
        else:
            fields[name] = alternates(cell.split(","))
    if not identifiers:
        raise BadContact(f"one of {', '.join(IDENTIFIERS)} is required", "")
    return reader.check(identifiers, fields)
