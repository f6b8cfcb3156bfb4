"""The mailings of the demo's window: what went out when, and to which list."""

from __future__ import annotations

from dataclasses import dataclass

from .contacts import NEWSLETTER, PRODUCT_NEWS, VIP
from .days import Days
from .recipe import BACK, DAY_S

# Counted back from the anchor's day, so that windows of 1, 7 and 30 days close all day long.
_NEWSLETTER_DAYS = range(BACK, 0, -30)
_PRODUCT_NEWS_DAYS = range(BACK - 1, 0, -60)
_VIP_DAYS = range(BACK - 7, 0, -90)

# (month, day): what is sent each year then.
_SEASONS = {
    (3, 20): "Spring is here",
    (6, 24): "Summer sale",
    (11, 24): "Black Week",
    (12, 8): "Gift guide",
}


@dataclass(frozen=True)
class Mailing:
    """A mailing to a list; each reader gets it at a time of that day that suits them."""

    name: str
    list: str
    day: int

    @property
    def second(self) -> int:
        """The midnight of its day."""
        return self.day * DAY_S


def mailings(days: Days) -> tuple[Mailing, ...]:
    """All of them, the oldest first."""
    regular = [
        *(Mailing(f"Newsletter {days.dates[day]}", NEWSLETTER, day) for day in _NEWSLETTER_DAYS),
        *(Mailing(f"Product news {days.dates[day]}", PRODUCT_NEWS, day)
          for day in _PRODUCT_NEWS_DAYS),
        *(Mailing(f"VIP preview {days.dates[day]}", VIP, day) for day in _VIP_DAYS),
    ]  # fmt: skip
    seasonal = [
        Mailing(f"{name} {date.year}", NEWSLETTER, day)
        for day, date in enumerate(days.dates)
        if (name := _SEASONS.get((date.month, date.day))) is not None
    ]
    return tuple(sorted((*regular, *seasonal), key=lambda mailing: mailing.day))
