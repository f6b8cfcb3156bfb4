"""Membership from scratch: the plan's SQL on the column store.

This path stays beside any live engine as the independent recompute. It shares nothing with one
but the stored data and the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal
from time import perf_counter
from typing import Any

import numpy as np

from carpel.kit.instants import LATEST
from carpel.storage.columns import Names, Snapshot

from . import plan as p
from .calendars import next_start
from .column_printer import ColumnPrinter
from .moving import bound, jump_back, passed, reached, within
from .printer import Printer
from .reads import MovingTest, leaves, on_contacts, operands, reads

Numbers = np.ndarray[Any, np.dtype[np.uint32]]

_EXACT = Context(prec=2000)
_PIECE = 1_000_000  # numbers of contacts
_EPOCH_GAP = 62_135_596_800_000_000  # microseconds from year 1 to 1970


@dataclass(frozen=True)
class Membership:
    """Who is in at an instant, and until when that stays so if no data changes."""

    members: Numbers
    at: int
    until: int  # the first instant at which time alone may change it; LATEST for never


def recompute(
    plan: p.Plan, snapshot: Snapshot, workspace: int, now: int, only: range | None = None
) -> Membership:
    """The exact membership at an instant; `only` looks at contacts with some numbers alone."""
    names = snapshot.names(workspace)
    if names is None:
        return Membership(np.empty(0, np.uint32), now, LATEST)
    seen = reads(plan)
    bare = Printer(names, now, {}, only)
    members = members_of(plan, snapshot, workspace, now, only)
    turns = [next_start(unit, zone, now) for unit, zone in seen.calendars]
    until = min([_until(seen.moving, bare, snapshot, now), *turns])
    return Membership(members, now, until)


def count_filled(
    plan: p.Plan, snapshot: Snapshot, workspace: int, now: int, columns: Sequence[str]
) -> list[int]:
    """How many of those for whom the plan is true have a value in each of these columns."""
    names = snapshot.names(workspace)
    if names is None:
        return [0] * len(columns)
    printer = printer_for([plan], names, snapshot, now)
    (counts,) = snapshot.rows(printer.filled(plan, columns))
    return [int(count) for count in counts]


def counts_of(plans: Sequence[p.Plan], snapshot: Snapshot, workspace: int, now: int) -> list[int]:
    """How many fit each of some plans, in one look at all contacts."""
    names = snapshot.names(workspace)
    if names is None or not plans:
        return [0] * len(plans)
    printer = printer_for(plans, names, snapshot, now)
    (counts,) = snapshot.rows(printer.counts(plans))
    return [int(count) for count in counts]


def members_of(
    plan: p.Plan, snapshot: Snapshot, workspace: int, now: int, only: range | None = None
) -> Numbers:
    """Who fits a plan, however long that may stay so."""
    names = snapshot.names(workspace)
    if names is None:
        return np.empty(0, np.uint32)
    return snapshot.numbers(printer_for([plan], names, snapshot, now, only).members(plan))


def members_by_pieces(
    plan: p.Plan, snapshot: Snapshot, workspace: int, now: int, rest: Callable[[float], None]
) -> Numbers:
    """The same among a million contacts at a time; `rest` is told after each how many seconds it took."""
    names = snapshot.names(workspace)
    if names is None:
        return np.empty(0, np.uint32)
    ((first, last),) = snapshot.rows(ColumnPrinter(names).contacts_extent())
    found = [np.empty(0, np.uint32)]
    for start in range(first, last + 1, _PIECE):
        begun = perf_counter()
        found.append(members_of(plan, snapshot, workspace, now, range(start, start + _PIECE)))
        rest(perf_counter() - begun)
    return np.concatenate(found)


def printer_for(
    plans: Sequence[p.Plan], names: Names, snapshot: Snapshot, now: int, only: range | None = None
) -> Printer:
    """A printer that knows for whom the plans' formulas hold."""
    bare = Printer(names, now, {}, only)
    formulas = dict.fromkeys(formula for plan in plans for formula in reads(plan).formulas)
    sets = {formula: _passing(formula, bare, snapshot) for formula in formulas}
    return Printer(names, now, sets, only)


def _until(tests: Iterable[MovingTest], printer: Printer, snapshot: Snapshot, now: int) -> int:
    """When the first date is passed by its moving point."""
    return min((_turn(test, printer, snapshot, now) for test in tests), default=LATEST)


def _turn(test: MovingTest, printer: Printer, snapshot: Snapshot, now: int) -> int:
    """When one test's truth next changes for anyone.

    `>=` and `<` change when the point passes a date, `>` and `<=` when it reaches one; the others
    at both. All change when the point jumps back over one.
    """
    at = bound(test.moving, now)
    turns = []
    if test.operator not in (">", "<="):
        # `earliest` looks after an instant; a date right at the point is still to be passed.
        first = _earliest(test, printer, snapshot, at - 1)
        turns.append(passed(test.moving, first, now) if first is not None else LATEST)
    if test.operator not in (">=", "<"):
        first = _earliest(test, printer, snapshot, at)
        turns.append(reached(test.moving, first, now) if first is not None else LATEST)
    if (jump := jump_back(test.moving, now)) is not None:
        midnight, back = jump
        first = _earliest(test, printer, snapshot, back - 1)
        turns.append(midnight if first is not None and first <= at else LATEST)
    return min(turns)


def _earliest(test: MovingTest, printer: Printer, snapshot: Snapshot, after: int) -> int | None:
    ((found,),) = snapshot.rows(printer.earliest(test.operand, within(after), test.types))
    if found is None:
        return None
    gap: timedelta = found - found.min
    return (gap.days * 86_400_000_000 + gap.seconds * 1_000_000 + gap.microseconds) - _EPOCH_GAP


def _passing(formula: p.FormulaTest, printer: Printer, snapshot: Snapshot) -> Sequence[int]:
    """The rows for which a formula holds, calculated with exact decimals."""
    distinct = list(dict.fromkeys(operands(formula)))
    events = not on_contacts(distinct[0])
    places = {operand: place for place, operand in enumerate(distinct, start=1)}
    terms = [
        (Decimal(term.factor), [places[operand] for operand in term.operands])
        for term in formula.terms
    ]
    holds = p.HOLDS[formula.operator]
    return [
        row[0]
        for row in snapshot.rows(printer.operands(distinct, events=events))
        if holds(_value(terms, row), 0)
    ]


def _value(terms: list[tuple[Decimal, list[int]]], row: tuple[Any, ...]) -> Decimal:
    total = Decimal(0)
    for factor, places in terms:
        product = factor
        for place in places:
            product = _EXACT.multiply(product, Decimal(row[place]))
        total = _EXACT.add(total, product)
    return total


def count_events(
    test: p.EventTest, snapshot: Snapshot, workspace: int, now: int, only: range
) -> int:
    """How many of a contact's events fit a test, whatever it asks of them together."""
    names = snapshot.names(workspace)
    if names is None:
        return 0
    bare = Printer(names, now, {}, only)
    formulas = [leaf for leaf in leaves(test.where) if isinstance(leaf, p.FormulaTest)]
    sets = {formula: _passing(formula, bare, snapshot) for formula in formulas}
    ((found,),) = snapshot.rows(Printer(names, now, sets, only).event_count(test))
    return int(found)
