"""A change of one contact, made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from carpel.domain.fields import Stored
from carpel.domain.fields.values import MOST_MEMBERS
from carpel.kit.numbers import EXACT, NumberOutOfRange, canonical

from . import identity, objects
from .model import KIND_NAMES, FieldChange, Row, Write
from .session import Session

Outcome = Literal["created", "updated", "unchanged", "unknown"]
NewId: TypeAlias = Callable[[], bytes]  # most changes are of somebody known, who needs none


@dataclass
class Applied:
    """What a change did: to whom, and what of them differs now."""

    outcome: Outcome
    no: int = 0
    columns: Collection[str] = ()
    met: Sequence[int] = ()  # contacts that ended in this one


def apply_write(session: Session, workspace: int, write: Write, at: int, new_id: NewId) -> Applied:
    """Make the change. `new_id` gives the id of a new contact; `at` is when it is accepted."""
    no = _target(session, workspace, write)
    if no is None:
        if write.id is not None or not write.create:
            return Applied("unknown")
        return Applied("created", _create(session, workspace, write, at, new_id))
    row = session.row(workspace, no)
    assert row is not None  # noqa: S101
    columns = _change_identifiers(session, workspace, no, row, write)
    columns |= _change_fields(row, write)
    if write.lists or write.leave_lists:
        columns |= _change_lists(session, workspace, no, row, write)
    if write.created_at is not None:
        columns |= _change_creation(row, write)
    aliased = bool(write.aliases) and _change_aliases(session, workspace, no, row, write)
    met = identity.meet_all(session, workspace, no, write.identifiers)
    if not columns and not met and not aliased:
        return Applied("unchanged", no)
    row.updated_at = at
    session.mark(workspace, no)
    columns.add("updated_at")
    return Applied("updated", no, columns, met)


def _target(session: Session, workspace: int, write: Write) -> int | None:
    if write.id is not None:
        return session.number_of_id(workspace, write.id)
    return identity.find(session, workspace, write.identifiers, write.aliases)


def _create(session: Session, workspace: int, write: Write, at: int, new_id: NewId) -> int:
    row = Row(
        new_id(),
        at if write.created_at is None else write.created_at,
        at,
        {kind: value for kind, value in write.identifiers.items() if value is not None},
        {no: value for no, value in write.fields.items() if value is not None},
        sorted(set(write.lists)) if write.lists else [],
        dict(write.aliases),
    )
    for change in write.changes:
        _change_field(row, change)
    return session.create(workspace, row)


def _change_identifiers(
    session: Session, workspace: int, no: int, row: Row, write: Write
) -> set[str]:
    changed = set()
    for kind, value in write.identifiers.items():
        if row.identifiers.get(kind) != value:
            session.set_identifier(workspace, no, kind, value)
            changed.add(KIND_NAMES[kind])
            if KIND_NAMES[kind] == "email":
                changed.add("email_domains")
    return changed


def _change_fields(row: Row, write: Write) -> set[str]:
    changed = set()
    for number, value in write.fields.items():
        if row.fields.get(number) == value:
            continue
        if value is None:
            del row.fields[number]
        else:
            row.fields[number] = value
        changed.add(f"f{number}")
    for change in write.changes:
        if _change_field(row, change):
            changed.add(f"f{change.field}")
    if changed:
        changed.add("email_domains")  # alternate_emails is a field like any other
    return changed


def _change_field(row: Row, change: FieldChange) -> bool:
    """A change that depends on what is there; whether it made a difference."""
    old = row.fields.get(change.field)
    new: Stored | None = old
    match change.how, change.value, old:
        case "add", str() as amount, str() | None:
            new = _sum(old, amount)
        case "join", list() as members, list() | None:
            new = list(dict.fromkeys([*(old or []), *members]))[:MOST_MEMBERS]
        case "append", list() as members, list() | None:
            kept = [one for one in old or [] if one not in members]
            new = [*kept, *dict.fromkeys(members)][-MOST_MEMBERS:]
        case "leave", list() as members, list():
            new = [one for one in old if one not in members] or None
        case "merge" | "extend" | "amend" | "drop", str() as value, str() | None:
            new = objects.changed(old, change.how, value)
        case _:
            return False  # the field is of another type; the door has checked what it could
    if new == old:
        return False
    if new is None:
        del row.fields[change.field]
    else:
        row.fields[change.field] = new
    return True


def _sum(old: str | None, amount: str) -> str | None:
    """The sum, or what was there where it would be out of range."""
    try:
        return canonical(EXACT.add(Decimal(old or 0), Decimal(amount)))
    except NumberOutOfRange:
        return old


def _change_lists(session: Session, workspace: int, no: int, row: Row, write: Write) -> set[str]:
    lists = sorted({*row.lists, *write.lists} - set(write.leave_lists))
    if lists == row.lists:
        return set()
    session.set_lists(workspace, no, lists)
    return {"lists"}


def _change_aliases(session: Session, workspace: int, no: int, row: Row, write: Write) -> bool:
    fresh = {label: name for label, name in write.aliases.items() if row.aliases.get(label) != name}
    for label, name in fresh.items():
        session.set_alias(workspace, no, label, name)
    return bool(fresh)


def _change_creation(row: Row, write: Write) -> set[str]:
    if write.created_at is None or write.created_at == row.created_at:
        return set()
    row.created_at = write.created_at
    return {"created_at"}
