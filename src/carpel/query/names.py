"""Which table a name belongs to: a contact's field, an event's column or a property of it."""

from __future__ import annotations

from carpel.kit.words import nearest

from . import meaning as m, nodes
from .catalogue import EVENT_COLUMNS, EVENT_TABLE, Catalogue
from .problems import Complaints, Place
from .selects import Scope


class NameResolver:
    """Looks names up, and keeps in mind which tables they were about."""

    def __init__(self, catalogue: Catalogue, complaints: Complaints) -> None:
        self.catalogue = catalogue
        self.complaints = complaints
        self.aliases: set[str] = set()  # event tables that the leaf being read looks at
        self.contact = False  # whether it looks at the contact

    def column(self, name: nodes.Name, scope: Scope) -> m.Value:
        """What a name means; one that means nothing is complained of and stands as NULL."""
        if (
            not name.quoted
            and len(name.parts) == 1
            and name.parts[0].lower() == "current_timestamp"
        ):
            return m.Now(name.place)
        alias, parts = self._split(name, scope)
        if alias is not None and scope.tables[alias] == EVENT_TABLE:
            return self.event_value(alias, parts, name.place)
        if alias is None and scope.events and self._looks_like_event(parts):
            if len(scope.events) > 1:
                self.complaints.add(
                    "ambiguous",
                    f"{'.'.join(parts)} could belong to {' or '.join(scope.events)}",
                    name.place,
                    f"write {scope.events[0]}.{'.'.join(parts)}",
                )
            return self.event_value(scope.events[0], parts, name.place)
        if not scope.contacts:
            return self._contact_in_events(parts, name.place)
        self.contact = True
        return self._field(parts, name.place, quoted=name.quoted)

    def _split(self, name: nodes.Name, scope: Scope) -> tuple[str | None, tuple[str, ...]]:
        first = name.parts[0].lower()
        if len(name.parts) > 1 and first in scope.tables:
            return first, name.parts[1:]
        return None, name.parts

    def _looks_like_event(self, parts: tuple[str, ...]) -> bool:
        first = parts[0].lower()
        if len(parts) > 1:
            return first in ("properties", "data")
        return first in EVENT_COLUMNS and self.catalogue.find_field(parts[0]) is None

    def event_value(self, alias: str, parts: tuple[str, ...], place: Place) -> m.Value:
        self.aliases.add(alias)
        first = parts[0].lower()
        if len(parts) == 1 and first in EVENT_COLUMNS:
            return m.EventColumn(EVENT_COLUMNS[first], place)
        if first == "properties" and len(parts) > 1:
            return m.Property(parts[1:], place)
        if first == "data" and len(parts) > 2 and parts[1].lower() == "payload":  # noqa: PLR2004
            return m.Property(parts[2:], place)
        if first == "contact_id":
            self.aliases.discard(alias)
            self.contact = True
            return m.Field("contact_id", place)
        self._unknown_event_column(".".join(parts), place)
        return m.Constant(None, place)

    def _unknown_event_column(self, name: str, place: Place) -> None:
        near = nearest(name, EVENT_COLUMNS)
        hint = (
            f"did you mean {near}, or the property properties.{name}?"
            if near
            else (f"a property of the event is written properties.{name}")
        )
        self.complaints.add("unknown_column", f"{EVENT_TABLE} has no column {name}", place, hint)

    def _contact_in_events(self, parts: tuple[str, ...], place: Place) -> m.Value:
        """A name in a subquery over events that is not one of theirs."""
        if (
            len(parts) == 1
            and parts[0].lower() != "contact_id"
            and (self.catalogue.find_field(parts[0]) is not None)
        ):
            self.complaints.add(
                "ties_contact_to_event",
                f"{parts[0]} is the contact's; a condition on events cannot be tied to it",
                place,
                "put the condition on the contact outside the subquery",
            )
            return m.Constant(None, place)
        return self.event_value(EVENT_TABLE, parts, place)

    def _field(self, parts: tuple[str, ...], place: Place, *, quoted: bool) -> m.Value:
        known = self.catalogue.find_field(".".join(parts))
        if known is not None:
            return m.Field(known.name, place)
        if quoted and len(parts) == 1:
            near = nearest(parts[0], self.catalogue.field_names())
            self.complaints.add(
                "unknown_column",
                f"there is no field {parts[0]}",
                place,
                f"did you mean {near}?"
                if near
                else f"double quotes make a name; a text is written '{parts[0]}'",
            )
            return m.Constant(None, place)
        if len(parts) > 1:
            self.complaints.add(
                "unknown_alias",
                f"no table here is called {parts[0]}",
                place,
                f"events are reached with JOIN {EVENT_TABLE} or contact_id IN (SELECT …)"
                if parts[0].lower() in ("properties", "data", "e")
                else None,
            )
            return m.Constant(None, place)
        return m.Field(parts[0], place)
