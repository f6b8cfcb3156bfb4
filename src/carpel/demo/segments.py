"""The demo's segments: one or more for each thing the language can say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .contacts import NEWSLETTER

# Every segment of a demo carries it; a directory with one is known as a demo's.
TAG = "demo"


@dataclass(frozen=True)
class Wanted:
    """A segment to be made."""

    code: str
    name: str
    sql: str
    note: str = ""
    tags: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    analytics: bool = False
    list: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        """As `POST /api/v1/segments` takes it; a list is named by name."""
        return {
            "name": self.name,
            "sql": self.sql,
            "code": self.code,
            "tags": [TAG, *self.tags],
            "teams": [*self.teams],
            "note": self.note,
            "analytics": self.analytics,
            "list": self.list,
        }


# Made before anything else, so that its note can say what the directory is being filled with.
EVERYONE = Wanted(
    code="EVERYONE",
    name="Everyone",
    sql="SELECT contact_id, updated_at FROM contact_data",
    tags=("reference",),
    analytics=True,
)

_ABOUT_CONTACTS = (
    Wanted(
        code="DACH",
        name="Germany, Austria, Switzerland",
        sql="country IN ('Germany', 'Austria', 'Switzerland')",
        note="Gets the German shop and delivery within three days.",
        tags=("region",),
        teams=("DACH",),
        analytics=True,
    ),
    Wanted(
        code="ENGLISH-ABROAD",
        name="English speakers outside the UK, US and Canada",
        sql="language = 'en' AND NOT (country IN ('United Kingdom', 'United States', 'Canada'))",
        note="Mail them in English, whatever their country's default.",
        tags=("region", "language"),
    ),
    Wanted(
        code="PAYING-MEMBERS",
        name="Paying members",
        sql="plan = 'Plus' OR plan = 'Pro'",
        note="Free delivery; leave them out of discount campaigns.",
        tags=("membership",),
        teams=("Membership", "Growth"),
        analytics=True,
    ),
    Wanted(
        code="RENEWAL-DUE",
        name="Renewal within 14 days",
        sql="renews_at BETWEEN NOW() AND NOW() + INTERVAL '14' DAY",
        note="People come in two weeks ahead and leave at the minute they renew.",
        tags=("membership", "live"),
        teams=("Membership",),
    ),
    Wanted(
        code="VOUCHER-ENDS",
        name="Voucher runs out within 24 hours",
        sql="voucher_until BETWEEN NOW() AND NOW() + INTERVAL '24' HOUR",
        note="Look again in a minute: time alone brings people in and takes them out.",
        tags=("vouchers", "live"),
        teams=("Growth",),
        analytics=True,
    ),
    Wanted(
        code="NEW-30-DAYS",
        name="Signed up in the last 30 days",
        sql="signup_date >= NOW() - INTERVAL '30' DAY",
        tags=("lifecycle", "live"),
        teams=("Growth",),
        analytics=True,
    ),
    Wanted(
        code="UNDER-30",
        name="Under 30",
        sql="birthday > NOW() - INTERVAL '30' YEAR",
        note="Nobody without a birthday is in here; see Profile incomplete.",
        tags=("profile",),
    ),
    Wanted(
        code="PROFILE-INCOMPLETE",
        name="Profile incomplete",
        sql="birthday IS NULL OR city IS NULL OR language IS NULL",
        note="Ask for what is missing after the next order.",
        tags=("profile", "data quality"),
        teams=("Data",),
    ),
    Wanted(
        code="CLUB-ADDRESSES",
        name="Club addresses",
        sql="email LIKE '%@example.org'",
        note="Clubs write from .org; they can order by invoice.",
        tags=("profile",),
    ),
    Wanted(
        code="RUN-OR-RIDE",
        name="Runners and cyclists",
        sql="array_contains(interests, ['Running', 'Cycling'])",
        tags=("interests",),
        teams=("Content",),
    ),
    Wanted(
        code="TOP-VALUE",
        name="Top customers by value or points",
        sql="lifetime_value >= 400 OR (orders_count >= 5 AND loyalty_points > 250)",
        note="Reviewed by the board every quarter.",
        tags=("value",),
        teams=("CRM", "Finance"),
        analytics=True,
    ),
    Wanted(
        code="CONSENT-CHECK",
        name="Newsletter without consent",
        sql=(
            f"array_contains(list_ids, '{NEWSLETTER}') AND marketing_consent IS DISTINCT FROM TRUE"
        ),
        note="Should be empty. Until then: leave them out of every mailing.",
        tags=("compliance",),
        teams=("Legal", "CRM"),
        analytics=True,
    ),
)

_ABOUT_MAIL = (
    Wanted(
        code="ENGAGED-READERS",
        name="Newsletter readers, last 30 days",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'open'"
            " AND timestamp >= NOW() - INTERVAL '30' DAY)"
        ),
        note="Only people on the list Newsletter are looked at.",
        tags=("mail", "live"),
        teams=("CRM",),
        analytics=True,
        list=NEWSLETTER,
    ),
    Wanted(
        code="NEVER-OPENED",
        name="Five mails or more, none opened",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'email_sent'"
            " GROUP BY contact_id HAVING COUNT(*) >= 5)"
            " AND contact_id NOT IN (SELECT contact_id FROM event_data WHERE event_type = 'open')"
        ),
        note="Write to them less, or on paper.",
        tags=("mail", "deliverability"),
        teams=("CRM",),
    ),
    Wanted(
        code="FREE-CLICKERS",
        name="On Free, clicked a mail in 180 days",
        sql=(
            "SELECT c.contact_id, c.updated_at FROM contact_data AS c"
            " JOIN event_data AS e ON c.contact_id = e.contact_id"
            " WHERE c.plan = 'Free' AND e.event_source = 'mail' AND e.event_type = 'click'"
            " AND e.timestamp >= NOW() - INTERVAL '180' DAY"
        ),
        note="The first to be offered Plus.",
        tags=("mail", "membership"),
        teams=("Membership", "Growth"),
    ),
)

_ABOUT_ACTIVITY = (
    Wanted(
        code="ACTIVE-TODAY",
        name="Active in the last 24 hours",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data"
            " WHERE event_type IN ('session', 'purchase', 'open', 'click')"
            " AND timestamp >= NOW() - INTERVAL '24' HOUR)"
        ),
        note="People leave as their last event turns a day old.",
        tags=("activity", "live"),
        analytics=True,
    ),
    Wanted(
        code="ACTIVE-WEEK",
        name="Visited in the last 7 days",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'session'"
            " AND timestamp >= NOW() - INTERVAL '7' DAY)"
        ),
        tags=("activity", "live"),
        teams=("Growth",),
        analytics=True,
    ),
    Wanted(
        code="SILENT",
        name="Nothing heard for 90 days",
        sql=(
            "contact_id NOT IN (SELECT contact_id FROM event_data"
            " WHERE event_type != 'email_sent' AND timestamp >= NOW() - INTERVAL '90' DAY)"
        ),
        note="Time alone brings people in here.",
        tags=("activity", "lifecycle"),
    ),
    Wanted(
        code="MOBILE-REGULARS",
        name="Two visits by phone in 60 days",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'session'"
            " AND properties.device = 'mobile' AND timestamp >= NOW() - INTERVAL '60' DAY"
            " GROUP BY contact_id HAVING COUNT(*) >= 2)"
        ),
        note="Push the app to them.",
        tags=("activity",),
        teams=("App",),
    ),
    Wanted(
        code="CART-OPEN",
        name="Left a cart this month, bought nothing",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'cart_abandoned'"
            " AND timestamp >= NOW() - INTERVAL '30' DAY)"
            " AND contact_id NOT IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
            " AND timestamp >= NOW() - INTERVAL '30' DAY)"
        ),
        tags=("cart", "live"),
        teams=("Growth",),
    ),
)

_ABOUT_ORDERS = (
    Wanted(
        code="LOYAL",
        name="Three orders or more in a year",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
            " AND timestamp >= NOW() - INTERVAL '365' DAY"
            " GROUP BY contact_id HAVING COUNT(*) >= 3)"
        ),
        tags=("orders", "value"),
        teams=("CRM",),
        analytics=True,
    ),
    Wanted(
        code="BIG-SPENDERS-90",
        name="Spent over 100 in 90 days",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
            " AND timestamp >= NOW() - INTERVAL '90' DAY"
            " GROUP BY contact_id HAVING SUM(properties.value) > 100)"
        ),
        note="The sum is exact to the cent.",
        tags=("orders", "value", "live"),
        teams=("CRM", "Finance"),
        analytics=True,
    ),
    Wanted(
        code="LARGE-BASKETS",
        name="Large baskets: 75 or more on average",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
            " GROUP BY contact_id HAVING COUNT(*) >= 2 AND AVG(properties.value) >= 75)"
        ),
        tags=("orders", "value"),
    ),
    Wanted(
        code="FIRST-ORDER-90",
        name="First order in the last 90 days",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
            " GROUP BY contact_id HAVING MIN(timestamp) >= NOW() - INTERVAL '90' DAY)"
        ),
        note="The second order decides: write within two weeks.",
        tags=("orders", "lifecycle"),
        teams=("Growth",),
    ),
    Wanted(
        code="LAPSED",
        name="Lapsed: bought before, not for 180 days",
        sql=(
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
            " GROUP BY contact_id HAVING MAX(timestamp) < NOW() - INTERVAL '180' DAY)"
        ),
        note="Win them back with the season's first mailing.",
        tags=("orders", "lifecycle"),
        teams=("CRM",),
        analytics=True,
    ),
    Wanted(
        code="NEVER-BOUGHT",
        name="Wants mail, never bought",
        sql=(
            "marketing_consent = TRUE AND contact_id NOT IN"
            " (SELECT contact_id FROM event_data WHERE event_type = 'purchase')"
        ),
        tags=("orders", "lifecycle"),
        list=NEWSLETTER,
    ),
    Wanted(
        code="UNHAPPY",
        name="Unhappy with us this year",
        sql=(
            "nps <= 6 OR contact_id IN (SELECT contact_id FROM event_data"
            " WHERE event_type = 'support_ticket' AND properties.rating <= 2"
            " AND timestamp >= NOW() - INTERVAL '365' DAY)"
        ),
        note="A person calls them, no automation.",
        tags=("service",),
        teams=("Support",),
    ),
)

SEGMENTS: tuple[Wanted, ...] = (
    EVERYONE,
    *_ABOUT_CONTACTS,
    *_ABOUT_MAIL,
    *_ABOUT_ACTIVITY,
    *_ABOUT_ORDERS,
)
