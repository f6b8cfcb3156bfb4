"""What whoever sent a record can wait for, and what goes with a record on its way."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

from carpel.domain.refusals import Overloaded
from carpel.storage.log import Appended

from . import records
from .ahead import Ahead, Due
from .applied import Told
from .records import Record
from .results import ApplyResult


@dataclass
class Ticket:
    """What a submitter can wait for: the number once durable, the result once it can be looked up
    by key, and once more when columns and engine have it too.
    """

    durable: Future[int] = field(default_factory=Future)
    stored: Future[ApplyResult] = field(default_factory=Future)
    applied: Future[ApplyResult] = field(default_factory=Future)


@dataclass
class Sent:
    """What goes with a record of this process through the log."""

    record: Record
    ticket: Ticket
    ahead: Ahead | None


@dataclass
class Through:
    """Records that are in the people store and wait for the columns, without what was in them."""

    told: Told
    seqs: list[int]
    size: int  # bytes in the log
    erases: bool  # whether contacts are erased in them
    results: list[tuple[Ticket | None, ApplyResult]]  # None: of an earlier process


def record_of(appended: Appended) -> Record:
    """What was logged; decoded only when it comes from an earlier process."""
    if isinstance(appended.tag, Sent):
        return appended.tag.record
    return records.decode(appended.body)


def due(appended: Appended) -> Due:
    """What is to be applied."""
    ahead = appended.tag.ahead if isinstance(appended.tag, Sent) else None
    return Due(appended.seq, record_of(appended), ahead)


def ticket_of(appended: Appended) -> Ticket | None:
    """Where somebody may wait; nobody does for what comes from an earlier process."""
    return appended.tag.ticket if isinstance(appended.tag, Sent) else None


def acknowledge(done: Future[int], ticket: Ticket) -> None:
    """A record is on disk, or cannot be."""
    error = done.exception()
    if error is None:
        ticket.durable.set_result(done.result())
    else:
        ticket.durable.set_exception(Overloaded("log_full", str(error)))


def refuse(tickets: Iterable[Ticket | None], error: Exception | None) -> None:
    """Whoever waits for these hears that they are durable but cannot be applied."""
    refusal = Overloaded("not_applying", "the data is safe in the log but cannot be applied")
    refusal.__cause__ = error
    for ticket in tickets:
        for waiting in (ticket.stored, ticket.applied) if ticket is not None else ():
            if not waiting.done():
                waiting.set_exception(refusal)
