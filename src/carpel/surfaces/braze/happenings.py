"""Objects of `events` and `purchases` as events (contracts/braze.md §4.3).

A purchase is an event `purchase` with the properties product_id, currency, price, quantity and, unless
the purchase brings one of its own, value: price times quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from carpel.domain.events import EventDraft
from carpel.kit.clock import Clock
from carpel.kit.instants import format_instant
from carpel.kit.numbers import EXACT

from .people import ItemError, person_of
from .times import parse_time

CUSTOM_EVENTS = "custom_events"
PURCHASES = "purchases"
PURCHASE = "purchase"
_LONGEST = 255
_MOST_PIECES = 100
_CURRENCY_LETTERS = 3


def event_draft(item: Any, clock: Clock) -> EventDraft:
    """One custom event.

    Raises:
        ItemError: the first thing that is wrong in it.
    """
    if not isinstance(item, Mapping):
        raise ItemError("events must be objects")
    return _draft(item, clock, _text(item, "name"), CUSTOM_EVENTS, _properties(item))


def purchase_draft(item: Any, clock: Clock) -> EventDraft:
    """One purchase.

    Raises:
        ItemError: the first thing that is wrong in it.
    """
    if not isinstance(item, Mapping):
        raise ItemError("purchases must be objects")
    product = _text(item, "product_id")
    currency = _text(item, "currency")
    if len(currency) != _CURRENCY_LETTERS or not (currency.isascii() and currency.isalpha()):
        raise ItemError("'currency' is not valid")
    price = _price(item.get("price"))
    quantity = item.get("quantity", 1)
    whole = isinstance(quantity, int) and not isinstance(quantity, bool)
    if not whole or not 1 <= quantity <= _MOST_PIECES:
        raise ItemError("'quantity' is not valid")
    properties = {
        "value": EXACT.multiply(price, quantity),
        **_properties(item),
        "product_id": product,
        "currency": currency.upper(),
        "price": price,
        "quantity": quantity,
    }
    return _draft(item, clock, PURCHASE, PURCHASES, properties)


def _draft(
    item: Mapping[str, Any], clock: Clock, name: str, source: str, properties: dict[str, Any]
) -> EventDraft:
    person = person_of(item)
    time = item.get("time")
    if time is None:
        raise ItemError("'time' is required")
    at = parse_time(time) if isinstance(time, str) else None
    if at is None:
        raise ItemError("'time' is not valid")
    return EventDraft(
        person.identifiers,
        name,
        format_instant(min(at, clock.now())),  # what is to come happens now (documented)
        source=source,
        properties=properties,
        create=person.create,
        aliases=person.aliases,
    )


def _properties(item: Mapping[str, Any]) -> dict[str, Any]:
    properties = item.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, Mapping):
        raise ItemError("'properties' is not valid")
    for name in properties:
        if not 0 < len(name) <= _LONGEST or name.startswith("$"):
            raise ItemError(f"'properties' is not valid: the key '{name[:60]}' cannot be used")
    return {name: _plain(value) for name, value in properties.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"$time"}:
        return value["$time"]
    return value


def _price(value: Any) -> int | Decimal:
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except ArithmeticError:
            raise ItemError("'price' is not valid") from None
    if value is None:
        raise ItemError("'price' is required")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ItemError("'price' is not valid")
    return value


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None or value == "":
        raise ItemError(f"'{name}' is required")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > _LONGEST or "\x00" in value:
        raise ItemError(f"'{name}' is not valid")
    return value
