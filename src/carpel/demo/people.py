"""One person of the demo: who they are, and how lively."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

from .goods import CATEGORIES
from .names import NAMES
from .places import COUNTRIES, Country
from .recipe import ANCHOR_S, BACK, DAY_S, happens

# How the shop knows someone: most by both, people of the till by their card, readers by address.
KnownBy = Literal["both", "card", "email"]
Plan = Literal["Free", "Plus", "Pro"]

_KNOWN_BY: tuple[KnownBy, ...] = ("both", "card", "email")
_KNOWN_BY_SHARES = (91, 5, 4)
_PLAN_SHARES: dict[Plan, int] = {"Free": 63, "Plus": 26, "Pro": 11}
_CHANNELS = ("organic", "search ads", "social", "referral", "store")
_CHANNEL_SHARES = (34, 24, 20, 12, 10)
_DOMAINS = ("example.com", "example.net", "example.org")
_DOMAIN_SHARES = (62, 24, 14)
_COUNTRY_SHARES = tuple(accumulate(country.share for country in COUNTRIES))
_YEARS_OPEN = 5
_LIVELIEST = 150  # visits a year
_PLAIN_LETTERS = str.maketrans({"ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue"})
_NOT_PLAIN = re.compile(r"[^a-z]+")


@dataclass(frozen=True)
class Person:
    """A person; times are seconds from the first day's midnight, and negative before it.

    `engagement` is 0 to 1; `visits_a_year` is 0 for the silent. `left` is when they lost interest,
    `voucher` when the one they have runs out.
    """

    index: int
    known_by: KnownBy
    email: str | None
    first_name: str | None
    last_name: str | None
    country: Country
    city: str | None
    language: str | None
    birthday: date | None
    signed_up: int
    plan: Plan | None
    renews: int | None
    voucher: int | None
    channel: str | None
    consent: bool | None
    interests: tuple[str, ...] | None
    company: str | None
    engagement: float
    visits_a_year: float
    left: int | None

    def is_gone(self, second: int) -> bool:
        """Whether they have lost interest by then."""
        return self.left is not None and second > self.left


def draw_person(chances: random.Random, index: int, today: date) -> Person:
    """A person made up of chances; `today` is the anchor's day."""
    known_by = chances.choices(_KNOWN_BY, _KNOWN_BY_SHARES)[0]
    country = chances.choices(COUNTRIES, cum_weights=_COUNTRY_SHARES)[0]
    first, last = (chances.choice(names) for names in NAMES[country.language])
    engagement = chances.random() ** 1.6
    signed_up = _signing_up(chances)
    by_email = known_by == "email"
    plan = None if by_email else _plan(chances, engagement)
    return Person(
        index=index,
        known_by=known_by,
        email=None if known_by == "card" else _email(chances, first, last, index),
        first_name=None if by_email and happens(chances, 0.5) else first,
        last_name=None if by_email else last,
        country=country,
        city=None if by_email or happens(chances, 0.04) else _city(chances, country),
        language=_language(chances, country),
        birthday=None if by_email or happens(chances, 0.22) else _birthday(chances, today),
        signed_up=signed_up,
        plan=plan,
        renews=_renewing(chances, plan),
        voucher=_voucher(chances) if happens(chances, 0.55) else None,
        channel=None if happens(chances, 0.06) else chances.choices(_CHANNELS, _CHANNEL_SHARES)[0],
        consent=_consent(chances, known_by),
        interests=None if by_email or happens(chances, 0.12) else _interests(chances),
        company=f"{last} Outdoor" if not by_email and happens(chances, 0.045) else None,
        engagement=engagement,
        visits_a_year=0.0 if by_email else _visits_a_year(chances, engagement),
        left=_leaving(chances, signed_up),
    )


def _signing_up(chances: random.Random) -> int:
    """Within the shop's years, and more often lately."""
    return ANCHOR_S - 1 - int(chances.random() ** 1.6 * _YEARS_OPEN * 365 * DAY_S)


def _plan(chances: random.Random, engagement: float) -> Plan | None:
    if happens(chances, 0.03):
        return None
    lift = 0.6 + engagement
    shares = (_PLAN_SHARES["Free"], _PLAN_SHARES["Plus"] * lift, _PLAN_SHARES["Pro"] * lift)
    return chances.choices(tuple(_PLAN_SHARES), shares)[0]


def _renewing(chances: random.Random, plan: Plan | None) -> int | None:
    """Plus is mostly paid by the month, Pro by the year."""
    if plan is None or plan == "Free":
        return None
    monthly = happens(chances, 0.7 if plan == "Plus" else 0.3)
    return ANCHOR_S + int(chances.random() ** 1.3 * (30 if monthly else 365) * DAY_S)


def _voucher(chances: random.Random) -> int:
    """Most run out soon, so that there is something to watch."""
    return ANCHOR_S + int(chances.random() ** 2 * 30 * DAY_S)


def _email(chances: random.Random, first: str, last: str, index: int) -> str:
    domain = chances.choices(_DOMAINS, _DOMAIN_SHARES)[0]
    return f"{_plain(first)}.{_plain(last)}{index}@{domain}"


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().translate(_PLAIN_LETTERS))
    return _NOT_PLAIN.sub("", folded)


def _city(chances: random.Random, country: Country) -> str:
    """The first ones are larger."""
    return country.cities[int(chances.random() ** 1.5 * len(country.cities))]


def _language(chances: random.Random, country: Country) -> str | None:
    if happens(chances, 0.05):
        return None
    return "en" if happens(chances, 0.08) else country.language


def _birthday(chances: random.Random, today: date) -> date:
    """Of people from 18 to about 80, most of them younger than 45."""
    return today - timedelta(days=int((18 + chances.betavariate(1.7, 3.2) * 62) * 365.25))


def _consent(chances: random.Random, known_by: KnownBy) -> bool | None:
    if known_by == "email":
        return True
    return None if happens(chances, 0.07) else happens(chances, 0.74)


def _interests(chances: random.Random) -> tuple[str, ...]:
    return tuple(
        chances.sample(CATEGORIES, chances.choices((0, 1, 2, 3, 4), (8, 34, 32, 18, 8))[0])
    )


def _visits_a_year(chances: random.Random, engagement: float) -> float:
    """None for many, very many for a few."""
    if not happens(chances, 0.42 + 0.55 * engagement):
        return 0.0
    return min(_LIVELIEST, chances.paretovariate(1.15) * (0.7 + engagement))


def _leaving(chances: random.Random, signed_up: int) -> int | None:
    if not happens(chances, 0.28):
        return None
    return max(signed_up, 0) + int(chances.random() * BACK * DAY_S)
