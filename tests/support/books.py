"""Hillstrom and CDNOW counted with pandas, straight from the files.

Written from the meaning of each segment and the columns of the files alone; money is counted in
whole cents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Book:
    """One data set: contacts, and events, all columns as text."""

    contacts: pd.DataFrame
    events: pd.DataFrame

    def of(self, event: str) -> pd.DataFrame:
        return self.events[self.events["event"] == event]


def read(folder: Path, name: str) -> Book:
    contacts = pd.read_csv(folder / f"{name}_contacts.csv.gz", dtype=str)
    events = pd.read_csv(folder / f"{name}_events.csv.gz", dtype=str)
    events["time"] = pd.to_datetime(events["time"], utc=True)
    events["cents"] = cents(events["value"])
    return Book(contacts, events)


def cents(texts: pd.Series) -> pd.Series:
    """Money as whole cents, by its digits; nothing where there is nothing."""
    whole = texts.str.split(".").str[0]
    part = texts.str.split(".").str[1].fillna("").str.ljust(2, "0").str[:2]
    return pd.to_numeric(whole + part)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@dataclass(frozen=True)
class Case:
    """A segment, and its members by the books."""

    name: str
    sql: str
    members: Callable[[Book], set[str]]


def ids(frame: pd.DataFrame) -> set[str]:
    return set(frame["external_id"])


def _money(book: Book, column: str) -> pd.Series:
    return cents(book.contacts[column])


def _c(book: Book, mask: pd.Series) -> set[str]:
    return ids(book.contacts[mask])


def _some(book: Book, event: str, keep: Callable[[pd.DataFrame], pd.Series]) -> pd.DataFrame:
    found = book.of(event)
    return found.loc[keep(found)]


def _buyers(book: Book, keep: Callable[[pd.DataFrame], pd.Series]) -> set[str]:
    """Contacts whose purchases, grouped, pass."""
    groups = book.of("purchase").groupby("external_id").agg(
        times=("time", "size"), first=("time", "min"), last=("time", "max"), cents=("cents", "sum"),
        items=("quantity", lambda found: found.astype(int).sum()),
    )  # fmt: skip
    return set(groups[keep(groups)].index)


BUY = "SELECT contact_id FROM event_data WHERE event_type = 'purchase'"

HILLSTROM = (
    Case(
        "Spent over 100, not newbie",
        "spend > 100 AND newbie = 0",
        lambda b: _c(b, (_money(b, "spend") > 100_00) & (b.contacts["newbie"] == "0")),
    ),
    Case(
        "Rural, or web with middling history",
        "zip_code = 'Rural' OR channel = 'Web' AND history BETWEEN 200 AND 500",
        lambda b: _c(
            b,
            (b.contacts["zip_code"] == "Rural")
            | ((b.contacts["channel"] == "Web") & _money(b, "history").between(200_00, 500_00)),
        ),
    ),
    Case(
        "Rural or web, with middling history",
        "(zip_code = 'Rural' OR channel = 'Web') AND history >= 200 AND NOT history > 500",
        lambda b: _c(
            b,
            ((b.contacts["zip_code"] == "Rural") | (b.contacts["channel"] == "Web"))
            & _money(b, "history").between(200_00, 500_00),
        ),
    ),
    Case(
        "Sent Mens E-Mail, visited, did not buy",
        "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'email_sent' "
        "AND properties.campaign = 'Mens E-Mail') "
        "AND contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'visit') "
        f"AND contact_id NOT IN ({BUY})",
        lambda b: (
            (ids(b.of("email_sent").query("campaign == 'Mens E-Mail'")) & ids(b.of("visit")))
            - ids(b.of("purchase"))
        ),
    ),
    Case(
        "Visited within two days of March 3rd",
        "SELECT c.contact_id, c.updated_at FROM contact_data AS c "
        "JOIN event_data AS e ON c.contact_id = e.contact_id WHERE e.event_type = 'visit' "
        "AND e.timestamp >= '2008-03-03T00:00:00Z' AND e.timestamp < '2008-03-05T00:00:00Z'",
        lambda b: ids(
            _some(
                b,
                "visit",
                lambda f: f["time"].between(day("2008-03-03"), day("2008-03-05"), "left"),
            )
        ),
    ),
    Case(
        "Womens buyers, by phone or several channels",
        "womens = 1 AND mens = 0 AND channel IN ('Phone', 'Multichannel')",
        lambda b: _c(
            b,
            (b.contacts["womens"] == "1")
            & (b.contacts["mens"] == "0")
            & b.contacts["channel"].isin(["Phone", "Multichannel"]),
        ),
    ),
    Case(
        "Not surburban by pattern",
        "zip_code NOT LIKE 'Sur%' AND email LIKE '%1@example.com'",
        lambda b: _c(
            b,
            ~b.contacts["zip_code"].str.startswith("Sur")
            & b.contacts["email"].str.endswith("1@example.com"),
        ),
    ),
    Case(
        "History worth over twenty a month since",
        "history / recency > 20",
        lambda b: _c(b, _money(b, "history") > 20_00 * b.contacts["recency"].astype(int)),
    ),
    Case(
        "Bought for 100 or more in one go",
        f"contact_id IN ({BUY} AND properties.value >= 100)",
        lambda b: ids(_some(b, "purchase", lambda f: f["cents"] >= 100_00)),
    ),
    Case(
        "Known since before May 2007, silent in the campaign",
        "created_at < '2007-05-01' AND contact_id NOT IN (SELECT contact_id FROM event_data)",
        lambda b: _c(b, b.contacts["created_at"] < "2007-05-01") - ids(b.events),
    ),
)

CDNOW = (
    Case(
        "Bought at least 3 times",
        f"contact_id IN ({BUY} GROUP BY contact_id HAVING COUNT(*) >= 3)",
        lambda b: _buyers(b, lambda g: g["times"] >= 3),
    ),
    Case(
        "Over 200 in the 365 days before July 1998",
        f"contact_id IN ({BUY} AND timestamp >= TIMESTAMP '1998-07-01' - INTERVAL '365' DAY "
        "AND timestamp < '1998-07-01' GROUP BY contact_id HAVING SUM(properties.value) > 200)",
        lambda b: _buyers(
            Book(
                b.contacts,
                b.events[
                    b.events["time"].between(
                        day("1998-07-01") - pd.Timedelta(days=365), day("1998-07-01"), "left"
                    )
                ],
            ),
            lambda g: g["cents"] > 200_00,
        ),
    ),
    Case(
        "First bought in February 1997, never after",
        f"contact_id IN ({BUY} GROUP BY contact_id HAVING MIN(timestamp) >= '1997-02-01' "
        "AND MAX(timestamp) < '1997-03-01')",
        lambda b: _buyers(
            b, lambda g: (g["first"] >= day("1997-02-01")) & (g["last"] < day("1997-03-01"))
        ),
    ),
    Case(
        "Average basket of 50 or more",
        f"contact_id IN ({BUY} GROUP BY contact_id HAVING AVG(properties.value) >= 50)",
        lambda b: _buyers(b, lambda g: g["cents"] >= 50_00 * g["times"]),
    ),
    Case(
        "Exactly two purchases, ten items or more",
        f"contact_id IN ({BUY} GROUP BY contact_id HAVING COUNT(*) = 2 "
        "AND SUM(properties.quantity) >= 10)",
        lambda b: _buyers(b, lambda g: (g["times"] == 2) & (g["items"] >= 10)),
    ),
    Case(
        "Lapsed since 1998",
        f"contact_id NOT IN ({BUY} AND timestamp >= '1998-01-01')",
        lambda b: (
            ids(b.contacts) - ids(_some(b, "purchase", lambda f: f["time"] >= day("1998-01-01")))
        ),
    ),
    Case(
        "A total of exactly what two CDs cost",
        f"contact_id IN ({BUY} GROUP BY contact_id HAVING SUM(properties.value) = 23.54)",
        lambda b: _buyers(b, lambda g: g["cents"] == 23_54),
    ),
)
