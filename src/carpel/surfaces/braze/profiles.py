"""Users as exports show them (contracts/braze.md §4.1, §4.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from carpel.domain.contacts import Contact
from carpel.domain.events import By, Tallies, Tally
from carpel.domain.fields import Field, Fields
from carpel.domain.workspaces import Workspace
from carpel.kit.clock import DAY
from carpel.kit.instants import parse_instant
from carpel.kit.numbers import EXACT, plain

from .happenings import PURCHASES
from .names import STANDARD, custom_attribute
from .times import iso_text

# Custom events and purchases are listed when they happened lately; their counts are all-time (§4.1).
_LATELY = 90 * DAY
_BUCKETS = 10_000
_BY: By = (("product_id", "text"), ("price", "number"), ("quantity", "number"))
# Standard attributes in the order of the recording and the documented sample.
_NAMES = ("first_name", "last_name")
_PLAIN = (
    "email", "dob", "gender", "home_city", "country", "language",
    "time_zone", "phone", "last_coordinates", "push_tokens",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What to show; None shows all there is. `attributes` are the custom ones asked for."""

    fields: frozenset[str] | None = None
    attributes: frozenset[str] | None = None

    def shows(self, name: str) -> bool:
        return self.fields is None or name in self.fields


@dataclass
class _Done:
    """What a user did."""

    events: list[dict[str, Any]] = field(default_factory=list)
    purchases: list[dict[str, Any]] = field(default_factory=list)
    revenue: Decimal = Decimal(0)


class Profiles:
    """Makes user objects. What a user has nothing of is left out (documented)."""

    def __init__(self, fields: Fields, tallies: Tallies, workspace: Workspace, now: int) -> None:
        self._tallies = tallies
        self._workspace = workspace
        self._now = now
        self._custom = {
            one.name: (attribute, one)
            for one in fields.list_of(workspace.no)
            if (attribute := custom_attribute(one)) is not None
        }

    def many(self, contacts: Sequence[tuple[int, Contact]], wanted: Wanted) -> list[dict[str, Any]]:
        """The user objects of numbered contacts, in their order."""
        done: dict[int, _Done] = {}
        if any(map(wanted.shows, ("custom_events", "purchases", "total_revenue"))):
            numbers = [number for number, _ in contacts]
            done = self._sorted_out(self._tallies.of(self._workspace, numbers, _BY))
        return [self._one(contact, done.get(no, _Done()), wanted) for no, contact in contacts]

    def _one(self, contact: Contact, done: _Done, wanted: Wanted) -> dict[str, Any]:
        values = contact.fields
        shown: dict[str, Any] = {
            "created_at": iso_text(contact.created_at),
            "external_id": contact.identifiers.get("external_id"),
            "user_aliases": [
                {"alias_name": name, "alias_label": label}
                for label, name in contact.aliases.items()
            ],
            "appboy_id": contact.id,
            "braze_id": contact.id,
            **{name: self._standard(contact, name) for name in _NAMES},
            "random_bucket": _bucket(contact.id),
            **{name: self._standard(contact, name) for name in _PLAIN},
            "custom_attributes": self._attributes(values, wanted),
            "custom_events": done.events or None,
            "purchases": done.purchases or None,
            "total_revenue": done.revenue or Decimal("0.0"),
            "push_subscribe": values.get("push_subscribe", "subscribed"),
            "email_subscribe": values.get("email_subscribe", "subscribed"),
        }
        asked = wanted.fields or frozenset()
        return {
            name: value
            for name, value in shown.items()
            if value is not None
            and (wanted.shows(name) or (name == "custom_attributes" and wanted.attributes)
                 or (name == "appboy_id" and "braze_id" in asked))
        }  # fmt: skip

    def _standard(self, contact: Contact, name: str) -> Any:
        values = contact.fields
        match name:
            case "email":
                return contact.identifiers.get("email")
            case "phone":
                return values.get("phone_number") or contact.identifiers.get("phone_number_id")
            case "dob":
                return values["dob"][:10] if "dob" in values else None
            case "last_coordinates":
                place = values.get("current_location")
                if not isinstance(place, Mapping) or not {"longitude", "latitude"} <= place.keys():
                    return None
                return [place["longitude"], place["latitude"]]
            case _:
                return values.get(name) if name in STANDARD else None

    def _attributes(self, values: Mapping[str, Any], wanted: Wanted) -> dict[str, Any] | None:
        every = wanted.shows("custom_attributes")
        found = {}
        for name, value in values.items():
            attribute, kept = self._custom.get(name, (None, None))
            if attribute is None or kept is None:
                continue
            if every or (wanted.attributes and attribute in wanted.attributes):
                found[attribute] = _shown(kept, value)
        return found or None

    def _sorted_out(self, tallies: Sequence[Tally]) -> dict[int, _Done]:
        """Events and purchases of each contact; purchases count pieces."""
        done: dict[int, _Done] = {}
        groups: dict[tuple[int, bool, str], list[int]] = {}
        for one in tallies:
            product, price, quantity = one.properties
            bought = one.source == PURCHASES
            count = one.count
            if bought:
                count *= int(quantity or 1)
                mine = done.setdefault(one.contact, _Done())
                mine.revenue = EXACT.fma(Decimal(price or 0), count, mine.revenue)
            key = (one.contact, bought, str(product) if bought else one.name)
            first, last, so_far = groups.get(key, (one.first, one.last, 0))
            groups[key] = [min(first, one.first), max(last, one.last), so_far + count]
        for (contact, bought, name), (first, last, count) in sorted(groups.items()):
            if last < self._now - _LATELY:
                continue
            mine = done.setdefault(contact, _Done())
            (mine.purchases if bought else mine.events).append(
                {"name": name, "first": iso_text(first), "last": iso_text(last), "count": count}
            )
        for mine in done.values():
            mine.revenue = Decimal(plain(mine.revenue))
        return done


def _shown(kept: Field, value: Any) -> Any:
    if kept.type == "date" and isinstance(value, str):
        instant = parse_instant(value)
        return iso_text(instant) if instant is not None else value
    return value


def _bucket(contact_id: str) -> int:
    """0 to 9,999, as `random_bucket(10000)` in rules has it."""
    digits = hashlib.md5(f":{contact_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digits[:15], 16) % _BUCKETS
