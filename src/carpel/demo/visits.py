"""What a person does at the shop: visits, and what comes of them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .days import Days
from .goods import CATEGORIES, GOODS, Product
from .people import Person
from .recipe import ANCHOR_S, DAY_S, happens

_DEVICES = ("mobile", "desktop", "tablet")
_DEVICE_SHARES = (62, 30, 8)
_LAST_S = ANCHOR_S + DAY_S - 1


@dataclass(frozen=True)
class Order:
    """What was bought at once: so many of one product. `cents` is what was paid."""

    product: Product
    category: str
    quantity: int
    cents: int
    coupon: str | None


@dataclass(frozen=True)
class Visit:
    """A visit on the web or in the store (`device` None). `order` and `cart` exclude each other;
    `cart` is what was left in it, in cents.
    """

    second: int
    device: str | None
    category: str
    pages: int
    order: Order | None = None
    cart: int | None = None


def draw_visits(chances: random.Random, person: Person, days: Days) -> list[Visit]:
    """All visits in the window, also those that `until` will cut off."""
    since = max(0, person.signed_up)
    until = _LAST_S if person.left is None else min(_LAST_S, person.left)
    expected = person.visits_a_year * max(0, until - since) / (365 * DAY_S)
    visits = [
        _visit(chances, person, days.busy_second(chances, since, until))
        for _ in range(int(expected + chances.random()))
    ]
    return sorted(
        (visit for visit in visits if visit.second >= since), key=lambda visit: visit.second
    )


def _visit(chances: random.Random, person: Person, second: int) -> Visit:
    category = chances.choice(person.interests or CATEGORIES)
    if happens(chances, 0.15):
        category = chances.choice(CATEGORIES)
    in_store = person.known_by == "card" or happens(chances, 0.06)
    device = None if in_store else draw_device(chances)
    pages = 0 if in_store else 1 + int(chances.expovariate(1.4))
    order = cart = None
    if happens(chances, 0.8 if in_store else 0.13 + 0.22 * person.engagement):
        order = _order(chances, category)
    elif not in_store and happens(chances, 0.3):
        cart = chances.choice(GOODS[category]).cents
    return Visit(second, device, category, pages, order, cart)


def draw_device(chances: random.Random) -> str:
    """What the web is looked at with."""
    return chances.choices(_DEVICES, _DEVICE_SHARES)[0]


def _order(chances: random.Random, category: str) -> Order:
    product = chances.choice(GOODS[category])
    quantity = chances.choices((1, 2, 3, 4), (78, 15, 5, 2))[0]
    cents = product.cents * quantity
    coupon = "TRAIL10" if happens(chances, 0.14) else None
    if coupon is not None:
        cents -= cents // 10
    return Order(product, category, quantity, cents, coupon)
