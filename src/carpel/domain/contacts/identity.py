"""Who is meant, and who turns out to be the same person (docs/decisions/0004-identities.md).

Identifiers given together mean one person. The strongest known one decides who that is, unless
that contact contradicts a stronger identifier given with it. Another contact found by one of the
given identifiers is the same person when none of its identifiers contradicts; then the two meet,
and the one found first stays. Otherwise the two share that identifier, and alone it means the
older one.
"""

from __future__ import annotations

from collections.abc import Mapping

from .model import ALIAS_KIND, Row, alias_value
from .session import Session


def find(
    session: Session,
    workspace: int,
    identifiers: Mapping[int, str | None],
    aliases: Mapping[str, str],
) -> int | None:
    """The contact that these identifiers mean, or None for a new one. Aliases are the weakest."""
    for kind in sorted(identifiers):
        value = identifiers[kind]
        if value is None:
            continue
        for no in session.owners(workspace, kind, value):
            row = session.row(workspace, no)
            if row is not None and not _contradicts(row, identifiers, stronger_than=kind):
                return no
    for label, name in aliases.items():
        for no in session.owners(workspace, ALIAS_KIND, alias_value(label, name)):
            row = session.row(workspace, no)
            if row is not None and not _contradicts(row, identifiers, stronger_than=ALIAS_KIND):
                return no
    return None


def meet_all(
    session: Session, workspace: int, no: int, identifiers: Mapping[int, str | None]
) -> list[int]:
    """Let a contact meet everyone with one of these identifiers who must be the same person.

    Returns the contacts that ended in it.
    """
    met: list[int] = []
    for kind, value in sorted(identifiers.items()):
        if value is None:
            continue
        for other in [one for one in session.owners(workspace, kind, value) if one != no]:
            row, found = session.row(workspace, no), session.row(workspace, other)
            if row is not None and found is not None and _agree(row, found):
                _meet(session, workspace, no, other)
                met.append(other)
    return met


def _meet(session: Session, workspace: int, kept: int, gone: int) -> None:
    """Two contacts are one: what the kept one lacks comes from the other, which ends."""
    row, other = session.row(workspace, kept), session.row(workspace, gone)
    assert row is not None  # noqa: S101
    assert other is not None  # noqa: S101
    identifiers, aliases, lists = dict(other.identifiers), dict(other.aliases), other.lists
    session.remove(workspace, gone)
    for kind, value in identifiers.items():
        if kind not in row.identifiers:
            session.set_identifier(workspace, kept, kind, value)
    for field, stored in other.fields.items():
        row.fields.setdefault(field, stored)
    for label, name in aliases.items():
        if label not in row.aliases:
            session.set_alias(workspace, kept, label, name)
    session.set_lists(workspace, kept, sorted({*row.lists, *lists}))
    row.created_at = min(row.created_at, other.created_at)
    session.mark(workspace, kept)
    session.lead(workspace, other.id, gone, kept)


def _contradicts(row: Row, identifiers: Mapping[int, str | None], stronger_than: int) -> bool:
    for kind, value in identifiers.items():
        if kind < stronger_than and value is not None and row.identifiers.get(kind, value) != value:
            return True
    return False


def _agree(row: Row, other: Row) -> bool:
    return all(
        row.identifiers.get(kind, value) == value for kind, value in other.identifiers.items()
    )
