"""What visits leave behind: sessions, page views, purchases, carts, reviews and tickets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

from .diary import Diary
from .goods import CATEGORIES
from .recipe import DAY_S, happens
from .visits import Order, Visit, draw_device

WEB, STORE, SUPPORT = "web", "store", "support"
_TOPICS = ("delivery", "return", "size", "damage", "invoice")
_TOPIC_SHARES = (38, 26, 18, 11, 7)
_CONTENT, _UNHAPPY = (4, 8, 16, 38, 34), (26, 24, 22, 18, 10)  # shares of 1 to 5 stars


def write_visits(chances: random.Random, diary: Diary, visits: Sequence[Visit]) -> None:
    """All that happens at the shop."""
    for visit in visits:
        now = visit.second
        if visit.device is not None:
            now = _write_pages(chances, diary, visit, visit.device)
        if visit.order is not None:
            _write_order(chances, diary, now, visit.order, STORE if visit.device is None else WEB)
        if visit.cart is not None:
            diary.write(
                now, "cart_abandoned", WEB, value=_money(visit.cart), category=visit.category
            )


def write_landing(chances: random.Random, diary: Diary, second: int) -> None:
    """Someone comes from a mail and looks at one page."""
    device = draw_device(chances)
    category = chances.choice(CATEGORIES)
    diary.write(second, "session", WEB, device=device, pages=1)
    diary.write(second, "page_view", WEB, category=category, device=device)


def _write_pages(chances: random.Random, diary: Diary, visit: Visit, device: str) -> int:
    """A session and its pages; returns when the last was looked at."""
    now = visit.second
    diary.write(now, "session", WEB, device=device, pages=visit.pages)
    for _ in range(visit.pages):
        diary.write(now, "page_view", WEB, category=visit.category, device=device)
        now += 8 + int(chances.expovariate(1 / 70))
    return now


def _write_order(chances: random.Random, diary: Diary, now: int, order: Order, source: str) -> None:
    more = {} if order.coupon is None else {"coupon": order.coupon}
    diary.write(
        now,
        "purchase",
        source,
        value=_money(order.cents),
        quantity=order.quantity,
        category=order.category,
        sku=order.product.sku,
        **more,
    )
    if happens(chances, 0.12):
        _write_review(chances, diary, now, order)
    if happens(chances, 0.16):
        _write_ticket(chances, diary, now)


def _write_review(chances: random.Random, diary: Diary, bought: int, order: Order) -> None:
    written = bought + int((3 + chances.random() * 25) * DAY_S)
    diary.write(written, "review", WEB, rating=_stars(chances, _CONTENT), sku=order.product.sku)


def _write_ticket(chances: random.Random, diary: Diary, bought: int) -> None:
    opened = bought + int(chances.expovariate(1 / (6 * DAY_S)))
    topic = chances.choices(_TOPICS, _TOPIC_SHARES)[0]
    diary.write(opened, "support_ticket", SUPPORT, topic=topic, rating=_stars(chances, _UNHAPPY))


def _stars(chances: random.Random, shares: tuple[int, ...]) -> int:
    return chances.choices((1, 2, 3, 4, 5), shares)[0]


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
