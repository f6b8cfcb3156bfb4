"""A person as a contact of the API: identifiers, fields and lists."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .days import Days
from .people import Person
from .recipe import ANCHOR_S, DAY_S, happens
from .visits import Visit

# Custom fields with their types, made before the first contact so that none has to be guessed.
FIELDS: dict[str, str] = {
    "plan": "text",
    "language": "text",
    "signup_date": "date",
    "birthday": "date",
    "renews_at": "date",
    "voucher_until": "date",
    "lifetime_value": "number",
    "orders_count": "number",
    "loyalty_points": "number",
    "nps": "number",
    "marketing_consent": "boolean",
    "interests": "text-list",
    "acquisition_channel": "text",
    "company": "text",
}

NEWSLETTER, PRODUCT_NEWS, VIP, PARTNERS, FESTIVAL = LISTS = (
    "Newsletter",
    "Product news",
    "VIP",
    "Partners",
    "Summer festival guests",
)
_VIP_CENTS = 60_000


@dataclass(frozen=True)
class Standing:
    """Where someone stands with the shop at the anchor, earlier years included."""

    orders: int
    cents: int
    points: int
    nps: int | None
    lists: tuple[str, ...]


def draw_standing(chances: random.Random, person: Person, visits: Sequence[Visit]) -> Standing:
    """Sums over their orders, and the lists they are on."""
    paid = [
        visit.order.cents for visit in visits if visit.order is not None and visit.second < ANCHOR_S
    ]
    if person.signed_up < 0 and person.known_by != "email" and happens(chances, 0.45):
        years = -person.signed_up / (365 * DAY_S)
        earlier = 1 + int(chances.expovariate(1) * years)
        paid += [990 + int(chances.expovariate(1 / 6_500)) for _ in range(earlier)]
    cents = sum(paid)
    points = cents // 100 + (int(chances.random() * 400) if person.plan == "Pro" else 0)
    nps = None
    if paid and happens(chances, 0.4):
        nps = chances.choices(range(11), (2, 1, 1, 2, 2, 5, 6, 14, 24, 22, 21))[0]
    return Standing(len(paid), cents, points, nps, _lists(chances, person, cents))


def contact(person: Person, standing: Standing, days: Days) -> dict[str, Any]:
    """The contact as `POST /api/v1/contacts` takes it; what is not known is left out."""
    signed_up = days.text(person.signed_up)
    sparse = person.known_by == "email"
    fields = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "city": person.city,
        "country": None if sparse else person.country.name,
        "plan": person.plan,
        "language": person.language,
        "signup_date": signed_up,
        "created_at": signed_up,
        "birthday": None if person.birthday is None else person.birthday.isoformat(),
        "renews_at": None if person.renews is None else days.text(person.renews),
        "voucher_until": None if person.voucher is None else days.text(person.voucher),
        "lifetime_value": None if sparse else Decimal(standing.cents).scaleb(-2),
        "orders_count": None if sparse else standing.orders,
        "loyalty_points": None if sparse else standing.points,
        "nps": standing.nps,
        "marketing_consent": person.consent,
        "interests": None if person.interests is None else list(person.interests),
        "acquisition_channel": person.channel,
        "company": person.company,
    }
    return {
        **identifiers(person),
        "fields": {name: value for name, value in fields.items() if value is not None},
        "lists": list(standing.lists),
    }


def identifiers(person: Person) -> dict[str, str]:
    """All there is to know them by, the surest first."""
    found: dict[str, str] = {}
    if person.known_by != "email":
        found["external_id"] = f"C-{100_000 + person.index}"
    if person.email is not None:
        found["email"] = person.email
    return found


def _lists(chances: random.Random, person: Person, cents: int) -> tuple[str, ...]:
    """Mail goes to those who agreed, and to a few who should not get it."""
    lists = []
    if person.email is not None:
        if person.known_by == "email" or happens(chances, 0.82 if person.consent else 0.09):
            lists.append(NEWSLETTER)
        if person.consent and happens(chances, 0.16 + 0.4 * person.engagement):
            lists.append(PRODUCT_NEWS)
    if cents >= _VIP_CENTS and happens(chances, 0.9):
        lists.append(VIP)
    if person.company is not None:
        lists.append(PARTNERS)
    if person.known_by != "email" and happens(chances, 0.06):
        lists.append(FESTIVAL)
    return tuple(lists)
