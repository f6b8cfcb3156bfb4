"""Mail to a person: what is sent, opened after that, and clicked after that."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .contacts import Standing
from .days import time_of_day
from .diary import Diary
from .mailings import Mailing
from .people import Person
from .recipe import happens
from .shop import write_landing
from .visits import Visit

SOURCE = "mail"
_LINKS = ("hero", "product", "story", "footer")
_LINK_SHARES = (46, 34, 14, 6)
_SOON_S, _LATE_S = 5_400, 130_000
_RATES = {"Welcome": (0.62, 0.3), "Order confirmation": (0.71, 0.04), "Your cart": (0.41, 0.28)}


def write_mail(
    chances: random.Random,
    diary: Diary,
    person: Person,
    standing: Standing,
    mailings: Sequence[Mailing],
) -> None:
    """Every mailing that reached someone, and the welcome."""
    if person.signed_up >= 0:
        _write_triggered(chances, diary, person.signed_up + 60, "Welcome")
    favourite = time_of_day(chances)
    reads = not happens(chances, 0.22)
    for mailing in mailings:
        if mailing.list not in standing.lists or mailing.second < person.signed_up:
            continue
        # Who never reads is written to less often.
        if not happens(chances, 0.26 + 0.55 * person.engagement):
            continue
        sent = mailing.second + favourite + int(chances.random() * 3600)
        rate = 0.08 + 0.6 * person.engagement if reads else 0.0
        if person.is_gone(sent):
            rate *= 0.1
        _write(chances, diary, sent, mailing.name, (rate, 0.1 + 0.2 * person.engagement))


def write_answers(chances: random.Random, diary: Diary, visits: Sequence[Visit]) -> None:
    """What is sent because someone bought, or did not."""
    for visit in visits:
        if visit.order is not None:
            _write_triggered(chances, diary, visit.second + 30, "Order confirmation")
        elif visit.cart is not None and happens(chances, 0.7):
            _write_triggered(chances, diary, visit.second + 3_600, "Your cart")


def _write_triggered(chances: random.Random, diary: Diary, sent: int, campaign: str) -> None:
    _write(chances, diary, sent, campaign, _RATES[campaign])


def _write(
    chances: random.Random, diary: Diary, sent: int, campaign: str, rates: tuple[float, float]
) -> None:
    diary.write(sent, "email_sent", SOURCE, campaign=campaign)
    open_rate, click_rate = rates
    if not happens(chances, open_rate):
        return
    lag = chances.expovariate(1 / (_SOON_S if happens(chances, 0.75) else _LATE_S))
    opened = sent + 20 + int(lag)
    diary.write(opened, "open", SOURCE, campaign=campaign)
    if happens(chances, click_rate):
        clicked = opened + 5 + int(chances.expovariate(1 / 90))
        link = chances.choices(_LINKS, _LINK_SHARES)[0]
        diary.write(clicked, "click", SOURCE, campaign=campaign, link=link)
        write_landing(chances, diary, clicked + 2)
