"""Joins dissolved: `JOIN event_data e … WHERE w` says that some event makes the whole of w true.

"There is an event" goes through OR part by part; through AND it goes to the parts about that event
together. An OR that mixes a contact's and an event's conditions is first spread over the AND it
stands in. What is left are conditions on contacts and conditions on events, never both in one.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import meaning as m
from .problems import Complaints, Place

MOST_SPREADS = 256
_CONTACT = ""


@dataclass(frozen=True)
class Leaf:
    """A condition and the tables it reads: aliases of event_data, `""` for the contact."""

    condition: m.Condition
    reads: frozenset[str]


@dataclass(frozen=True)
class Piece:
    """A part of a WHERE: a leaf, or parts joined by AND (`every`) or OR."""

    every: bool
    parts: tuple[Piece, ...]
    place: Place
    leaf: Leaf | None = None

    @property
    def reads(self) -> frozenset[str]:
        if self.leaf is not None:
            return self.leaf.reads
        return frozenset().union(*(part.reads for part in self.parts))


@dataclass(frozen=True)
class Together:
    """A HAVING: what the joined events of one alias are to be together."""

    alias: str
    having: m.Condition


def dissolve(
    where: Piece | None,
    aliases: list[str],
    complaints: Complaints,
    place: Place,
    together: Together | None = None,
    *,
    asks: bool = True,
) -> m.Condition:
    """The condition on contacts that a join with these event tables means.

    `asks`: whether the join asks for an event even where no condition speaks of one.
    """
    where = where or Piece(True, (), place)
    dissolver = _Dissolver(aliases, complaints, asks=asks)
    return dissolver.some(where) if together is None else dissolver.grouped(where, together)


class _Dissolver:
    def __init__(self, aliases: list[str], complaints: Complaints, *, asks: bool) -> None:
        self._aliases = aliases
        self._asks = asks
        self._complaints = complaints
        self._spreads = 0

    def some(self, piece: Piece) -> m.Condition:
        """There are events, one for each alias, that make the piece true."""
        if piece.leaf is None and not piece.every:
            return m.either(tuple(self.some(part) for part in piece.parts), piece.place)
        parts = _flat(piece)
        mixed = next((part for part in parts if len(part.reads) > 1), None)
        if mixed is None:
            return self._gather(parts, piece.place)
        if mixed.leaf is not None:
            self._complaints.add(
                "ties_contact_to_event",
                "this ties two rows together, a contact's and an event's or two events', "
                "which cannot be kept exact as time moves",
                mixed.place,
                "compare each with a constant or with NOW(); of two events, one after the other: "
                "contact_id IN (SELECT contact_id FROM event_data WHERE … FOLLOWED BY … WITHIN INTERVAL '7' DAY)",
            )
            return m.Everyone(piece.place)
        return self._spread(parts, mixed, piece.place)

    def grouped(self, piece: Piece, together: Together) -> m.Condition:
        """As `some`; and the events of one table, those that fit, pass a HAVING together."""
        parts = _flat(piece)
        for part in parts:
            if len(part.reads) > 1:
                self._complaints.add(
                    "too_complex",
                    "beside HAVING, an OR cannot mix conditions on contacts and on joined events",
                    part.place,
                    "use contact_id IN (SELECT contact_id FROM event_data … HAVING …)",
                )
                return m.Everyone(piece.place)
        return self._gather(parts, piece.place, together)

    def _spread(self, parts: list[Piece], mixed: Piece, place: Place) -> m.Condition:
        self._spreads += len(mixed.parts)
        if self._spreads > MOST_SPREADS:
            self._complaints.add(
                "too_complex",
                "too many ORs mix conditions on contacts and on joined events",
                place,
                "use contact_id IN (SELECT contact_id FROM event_data …) for the events",
            )
            return m.Everyone(place)
        rest = tuple(part for part in parts if part is not mixed)
        options = (Piece(True, (*rest, option), place) for option in mixed.parts)
        return m.either(tuple(self.some(option) for option in options), place)

    def _gather(
        self, parts: list[Piece], place: Place, together: Together | None = None
    ) -> m.Condition:
        """Parts that each read one table: the contact's stay, each event table's go together."""
        conditions = [_meant(part) for part in parts if part.reads == {_CONTACT}]
        silent = self._asks
        for alias in self._aliases:
            own = tuple(_meant(part) for part in parts if part.reads == {alias})
            having = together.having if together is not None and together.alias == alias else None
            if own or having is not None:
                where = m.both(own, place) if own else None
                conditions.append(m.Events(where, having, place))
                silent = False
        if silent:
            conditions.append(m.Events(place=place))  # the join itself asks for an event
        return m.both(tuple(conditions), place)


def _flat(piece: Piece) -> list[Piece]:
    """The parts of nested ANDs as one list."""
    if piece.leaf is not None or not piece.every:
        return [piece]
    return [inner for part in piece.parts for inner in _flat(part)]


def _meant(piece: Piece) -> m.Condition:
    if piece.leaf is not None:
        return piece.leaf.condition
    parts = tuple(_meant(part) for part in piece.parts)
    return m.both(parts, piece.place) if piece.every else m.either(parts, piece.place)
