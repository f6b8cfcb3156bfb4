"""NDJSON of any length on its way in, a piece at a time; docs/decisions/0017 says why it is so.

`on_error=refuse`: the whole body is looked at before anything is taken in, so that one wrong line
changes nothing; what does not fit into one piece waits in a file meanwhile. `on_error=skip`: each
piece is taken in, and durable, as it comes. Either way a piece is one record of the log, and with an
Idempotency-Key a piece that comes again is not taken in twice.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal

import msgspec
from starlette.responses import Response

from carpel.domain.contacts import WriteRefused
from carpel.domain.ingest import ApplyResult, Once, Record, Ticket
from carpel.domain.refusals import Overloaded, Refusal
from carpel.surfaces.wire.bodies import NotJson
from carpel.surfaces.wire.lines import Line, LineTooLong, parse_each
from carpel.surfaces.wire.packed import NotPacked

from .checking import Checked, Planned, Refused, skips
from .context import Call
from .problems import Problem, from_refusal
from .shapes import Accepted

MOST_NAMED = 10_000
MOST_PROBLEMS = 100
_IN_FLIGHT = 4
_LENGTH = struct.Struct("<I")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Line]).decode


@dataclass(frozen=True)
class Kind:
    """Contacts or events: how items are checked, and the record that takes them in.

    `check` changes nothing when it is given what it planned so far.
    """

    name: Literal["contacts", "events"]
    check: Callable[..., Checked]
    record_of: Callable[[Call, list[Any], Once | None], Record]


@dataclass
class _Sent:
    """A piece in the log, and the lines of its items."""

    ticket: Ticket
    lines: list[int]
    places: list[int]


async def take_lines(call: Call, kind: Kind) -> Response:
    """Take in the lines of a body; the answer counts them all, and names what is wrong by line."""
    taking = _Taking(call, kind)
    try:
        source = call.pieces()
        if skips(call):
            async for piece in source:
                await taking.take(piece)
        else:
            await _all_or_nothing(taking, source)
        return call.answer(await taking.answer(), 202)
    except (Refusal, LineTooLong, NotPacked, Problem) as error:
        problem = _problem(error)
        if taking.through:
            problem.more = {**problem.more, **taking.so_far()}
        await call.sent.drain()
        raise problem from None


async def _all_or_nothing(taking: _Taking, source: AsyncIterator[list[Line]]) -> None:
    """Look at all, then take it in; a body of one piece is looked at only once."""
    first = await anext(source, None)
    second = await anext(source, None) if first is not None else None
    if first is None or second is None:
        if first is not None:
            await taking.take(first)
        return
    call = taking.call
    with call.rooms.files.scratch() as spool:
        planned: Planned = {}
        for piece in (first, second):
            await call.off_loop(taking.look, piece, planned, spool)
        async for piece in source:
            await call.off_loop(taking.look, piece, planned, spool)
        for piece in _spooled(spool):
            await taking.take(piece)


class _Taking:
    """What has come of a body so far."""

    def __init__(self, call: Call, kind: Kind) -> None:
        self.call = call
        self.through = 0  # all lines up to this one are dealt with
        self._kind = kind
        self._sent: deque[_Sent] = deque()
        self._parts = 0
        self._accepted = 0
        self._seq = 0
        self._last: Ticket | None = None
        self._results = ApplyResult()
        self._rejected: list[dict[str, Any]] = []
        self._rejected_count = 0

    def look(self, piece: list[Line], planned: Planned, spool: IO[bytes]) -> None:
        """Check a piece and keep it for later.

        Raises:
            Problem: something in it is wrong.
            Overloaded: there is no room for it on the disk.
        """
        _, checked = self._checked(piece, planned)
        if checked.refused:
            raise _refused(piece, checked)
        body = _encode(piece)
        try:
            spool.write(_LENGTH.pack(len(body)) + body)
            spool.flush()
        except OSError as error:
            reason = error.strerror or "it cannot be written"
            raise Overloaded("no_room", f"no room for a body of this length: {reason}") from None

    async def take(self, piece: list[Line]) -> None:
        """Check a piece, and log what is right in it; waits when the applying is behind.

        Raises:
            Problem: something in it is wrong, and that is not to be left out.
        """
        call = self.call
        lines, checked = await call.off_loop(self._checked, piece)
        if checked.refused and not skips(call):
            raise _refused(piece, checked)
        self._reject(_told(lines[place], error) for place, error in checked.refused)
        if checked.ready:
            once = await call.off_loop(call.once_of_piece, self._parts, piece)
            record = self._kind.record_of(call, checked.ready, once)
            ticket = await call.off_loop(call.rooms.ingest.submit, record)
            self._seq = await asyncio.wrap_future(ticket.durable)
            self._last = ticket
            self._sent.append(_Sent(ticket, lines, checked.places))
            self._accepted += len(checked.ready)
        self._parts += 1
        self.through = piece[-1][0]
        while len(self._sent) > _IN_FLIGHT:
            await self._settle_one()

    async def answer(self) -> Accepted:
        """The answer, once what it was to wait for has come."""
        answer = Accepted(accepted=self._accepted, seq=self._seq)
        if self.call.given["wait"] is not None:
            while self._sent:
                await self._settle_one()
            if self._last is not None and self.call.given["wait"] == "applied":
                await asyncio.wrap_future(self._last.applied)
                await self.call.settle(self._seq)
            found = self._results
            answer.created, answer.updated = found.created, found.updated
            answer.unchanged = found.unchanged
        answer.rejected, answer.rejected_count = self._rejected, self._rejected_count
        return answer

    def so_far(self) -> dict[str, Any]:
        """What holds although the request fails."""
        return {"accepted": self._accepted, "through_line": self.through}

    def _checked(
        self, piece: list[Line], planned: Planned | None = None
    ) -> tuple[list[int], Checked]:
        """The line of each item, and what the check says of them, broken lines included."""
        values = parse_each(piece)
        good = [place for place, one in enumerate(values) if not isinstance(one, NotJson)]
        if len(good) < len(values) and not skips(self.call):
            planned = {} if planned is None else planned  # it is refused: nothing may be made
        checked = self._kind.check(self.call, [values[place] for place in good], planned)
        checked.places = [good[place] for place in checked.places]
        checked.refused = [(good[place], error) for place, error in checked.refused]
        checked.refused += [
            (place, WriteRefused("not_json", f"the line is not JSON: {one}", ""))
            for place, one in enumerate(values)
            if isinstance(one, NotJson)
        ]
        checked.refused.sort(key=lambda one: one[0])
        return [number for number, _ in piece], checked

    async def _settle_one(self) -> None:
        """Wait until the oldest piece under way can be read, and count what came of it."""
        sent = self._sent.popleft()
        result = await asyncio.wrap_future(sent.ticket.stored)
        self._results.created += result.created
        self._results.updated += result.updated
        self._results.unchanged += result.unchanged
        lines = (sent.lines[sent.places[place]] for place in result.unknown)
        self._reject({**unknown(None), "line": line} for line in lines)

    def _reject(self, found: Iterator[dict[str, Any]]) -> None:
        for one in found:
            self._rejected_count += 1
            if len(self._rejected) < MOST_NAMED:
                self._rejected.append(one)


def unknown(index: int | None) -> dict[str, Any]:
    """An item for a contact that is not there."""
    where = {} if index is None else {"index": index}
    return {**where, "code": "no_such_contact", "detail": "there is no such contact"}


def _spooled(spool: IO[bytes]) -> Iterator[list[Line]]:
    spool.seek(0)
    while header := spool.read(_LENGTH.size):
        yield _decode(spool.read(_LENGTH.unpack(header)[0]))


def _told(line: int, error: Refused) -> dict[str, Any]:
    return {"line": line, "code": error.code, "detail": error.message, "pointer": error.pointer}


def _refused(piece: list[Line], checked: Checked) -> Problem:
    """Nothing of a body is taken, for these lines."""
    problems = [_told(piece[place][0], error) for place, error in checked.refused[:MOST_PROBLEMS]]
    place, first = checked.refused[0]
    line = piece[place][0]
    detail = f"line {line}: {first.message}"
    more = {"line": line, "pointer": first.pointer, "problems": problems}
    return Problem(400, first.code, detail, more=more)


def _problem(error: Refusal | LineTooLong | NotPacked | Problem) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, LineTooLong):
        return Problem(413, "line_too_long", str(error), more={"line": error.number})
    if isinstance(error, NotPacked):
        return Problem(400, "bad_encoding", str(error))
    return from_refusal(error)
