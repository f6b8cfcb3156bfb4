"""What the language reference says of each part of the language, with an example that is run."""

from __future__ import annotations

from dataclasses import dataclass

_EVENTS = "contact_id IN (SELECT contact_id FROM event_data WHERE"


@dataclass(frozen=True)
class Entry:
    """One form: how it is written, what it says, and a whole condition that uses it."""

    form: str
    says: str
    example: str


OPERATORS: tuple[Entry, ...] = (
    Entry("a = b", "Equal. Where one side is missing, neither true nor false.", "country = 'US'"),
    Entry("a != b, a <> b", "Not equal. Who has no value is not in.", "country != 'US'"),
    Entry("< <= > >=", "Ordered: numbers by size, dates by time, texts by code point.", "score >= 10.5"),
    Entry("a IS [NOT] DISTINCT FROM b", "As != and =, with a missing value as a value of its own.",
          "country IS DISTINCT FROM 'US'"),
    Entry("a [NOT] BETWEEN low AND high", "Both ends included.", "score BETWEEN 1 AND 10"),
    Entry("a [NOT] IN (…)", "One of some constants.", "country IN ('US', 'CA')"),
    Entry("a [NOT] LIKE pattern",
          "`%` is any run of characters, `_` any one; a backslash makes the next one plain.",
          "email LIKE '%@example.com'"),
    Entry("a [NOT] ILIKE pattern", "The same in any case of letters.", "city ILIKE 'new%'"),
    Entry("regexp_like(a, expression[, 'i'])",
          "An expression fits somewhere in the text; `^` and `$` are the ends of all of it. Literals, "
          "`.`, `[…]`, `(…)`, `|`, `* + ? {n,m}`, `\\d \\w \\s \\b`; no look-around, no back-references.",
          "regexp_like(email, '@example[.](com|net)$', 'i')"),
    Entry("a IS [NOT] NULL", "There is no value.", "signup IS NOT NULL"),
    Entry("a IS [NOT] TRUE, FALSE", "A missing value is neither.", "active IS NOT TRUE"),
    Entry("array_contains(list, 'a'), array_contains(list, ['a', 'b'])",
          "A list of texts holds any of these.", "array_contains(tags, ['red', 'green'])"),
    Entry("array_contains(list_ids, …)", "In any of these lists, by id or name.",
          "array_contains(list_ids, 'VIP')"),
    Entry("AND, OR, NOT", "NOT binds tightest, then AND, then OR.",
          "NOT active AND (country = 'US' OR score > 5)"),
    Entry("+ - * / %", "Exact: numbers are decimals, also in between. Where one divides by nothing there "
          "is no value.", "score * 2 + balance > 20"),
    Entry("a || b", "Texts one after another.", "first_name || ' ' || country = 'Ann US'"),
)  # fmt: skip

FUNCTIONS: dict[str, Entry] = {
    "lower": Entry("LOWER(text)", "In small letters, one for one.", "LOWER(first_name) = 'bob'"),
    "upper": Entry("UPPER(text)", "In capitals, one for one.", "UPPER(country) = 'US'"),
    "trim": Entry("TRIM(text)", "Without spaces around.", "TRIM(first_name) = 'leo'"),
    "length": Entry("LENGTH(text)", "How many characters.", "LENGTH(city) > 5"),
    "concat": Entry("CONCAT(a, b, …)", "Texts one after another; missing where one is.",
                    "CONCAT(country, '-', plan) = 'US-pro'"),
    "now": Entry("NOW(), CURRENT_TIMESTAMP", "The instant of asking. Also GETDATE() and SYSDATE().",
                 "created_at > NOW() - INTERVAL '30' DAY"),
    "current_timestamp": Entry("CURRENT_TIMESTAMP", "As NOW().", "signup <= CURRENT_TIMESTAMP"),
    "getdate": Entry("GETDATE()", "As NOW().", "signup <= GETDATE()"),
    "sysdate": Entry("SYSDATE()", "As NOW().", "signup <= SYSDATE()"),
    "timestampadd": Entry("TIMESTAMPADD(unit, amount, date)", "A date moved by a length of time.",
                          "created_at > TIMESTAMPADD(day, -30, CURRENT_TIMESTAMP)"),
    "dateadd": Entry("DATEADD(unit, amount, date)", "As TIMESTAMPADD.",
                     "created_at > DATEADD(month, -1, NOW())"),
    "start_of": Entry("START_OF(unit[, shift][, zone])",
                      "The start of the day, week (Monday), month, quarter or year of now in a time zone, "
                      "or of one so many away.",
                      "created_at >= START_OF('month', -1, 'Europe/Paris') AND "
                      "created_at < START_OF('month', 'Europe/Paris')"),
    "date_trunc": Entry("DATE_TRUNC(unit, NOW()[, zone])", "As START_OF(unit, zone).",
                        "created_at >= DATE_TRUNC('year', NOW())"),
    "days_to_anniversary": Entry(
        "DAYS_TO_ANNIVERSARY(date[, zone])",
        "Days until the date's day and month come next, 0 on the day. The date's day is read in UTC, today's "
        "in the zone; the 29th of February counts as the 28th in years without it.",
        "DAYS_TO_ANNIVERSARY(signup, 'Europe/Paris') <= 7"),
    "random_bucket": Entry("RANDOM_BUCKET(n[, text])",
                           "Which of n equal shares a contact falls into, from 0, always the same one; another "
                           "text shuffles anew.", "RANDOM_BUCKET(100) >= 0"),
    "array_contains": Entry("array_contains(list, …)", "See the operators.", "array_contains(tags, 'red')"),
    "regexp_like": Entry("regexp_like(text, …)", "See the operators.", "regexp_like(city, '^k', 'i')"),
}  # fmt: skip

AGGREGATES: dict[str, Entry] = {
    "count": Entry("COUNT(*), COUNT(x), COUNT(DISTINCT x)", "How many events, values, different values.",
                   f"{_EVENTS} event_type = 'purchase' GROUP BY contact_id HAVING COUNT(*) >= 3)"),
    "sum": Entry("SUM(x)", "Exact.",
                 f"{_EVENTS} event_type = 'purchase' GROUP BY contact_id HAVING SUM(properties.amount) > 100)"),
    "avg": Entry("AVG(x)", "Exact: compared as sum against constant times count.",
                 f"{_EVENTS} event_type = 'purchase' GROUP BY contact_id HAVING AVG(properties.amount) > 40)"),
    "min": Entry("MIN(x)", "The least; of `timestamp`, the first event.",
                 f"{_EVENTS} TRUE GROUP BY contact_id HAVING MIN(timestamp) > NOW() - INTERVAL '30' DAY)"),
    "max": Entry("MAX(x)", "The greatest; of `timestamp`, the last event.",
                 f"{_EVENTS} TRUE GROUP BY contact_id HAVING MAX(timestamp) < NOW() - INTERVAL '7' DAY)"),
    "first": Entry("FIRST(x)", "What the earliest event has; nothing where it has nothing.",
                   f"{_EVENTS} event_type = 'purchase' GROUP BY contact_id HAVING FIRST(properties.sku) = 'A')"),
    "last": Entry("LAST(x)", "What the latest event has.",
                  f"{_EVENTS} event_type = 'purchase' GROUP BY contact_id HAVING LAST(properties.sku) = 'B')"),
}  # fmt: skip

FORMS: tuple[Entry, ...] = (
    Entry("a condition", "The shortest form of a query.", "country = 'US'"),
    Entry("SELECT contact_id, updated_at FROM contact_data [WHERE …]", "The same as SQL.",
          "SELECT contact_id, updated_at FROM contact_data WHERE country = 'US'"),
    Entry("contact_id [NOT] IN (SELECT contact_id FROM event_data WHERE …)",
          "There is an event that fits; with NOT, there is none.",
          f"{_EVENTS} event_type = 'purchase' AND timestamp > NOW() - INTERVAL '90' DAY)"),
    Entry("… GROUP BY contact_id HAVING …", "What the events that fit are together; asked of contacts that "
          "have some.", f"{_EVENTS} event_type = 'login' GROUP BY contact_id HAVING COUNT(*) BETWEEN 2 AND 5)"),
    Entry("… WHERE a FOLLOWED BY b [WITHIN INTERVAL …] [FOLLOWED BY …]",
          "An event that fits a, and a later one that fits b, up to eight after the first.",
          f"{_EVENTS} event_type = 'open' FOLLOWED BY event_type = 'click' WITHIN INTERVAL '7' DAY)"),
    Entry("JOIN event_data e ON c.contact_id = e.contact_id",
          "There is one event that makes the whole WHERE true; two joins, two events.",
          "SELECT c.contact_id, c.updated_at FROM contact_data c JOIN event_data e ON c.contact_id = e.contact_id "
          "WHERE e.event_type = 'purchase' AND c.country = 'US'"),
    Entry("[contact_id] [NOT] IN SEGMENT 'code'", "In another segment, by code, name or id; also "
          "`IN SEGMENT ('a', 'b')`. No segment may be inside itself.", "IN SEGMENT 'PRO' AND country = 'US'"),
    Entry("properties.name, DATA:payload.name", "A property of an event, compared as the type of the other side; "
          "where it does not read so it is missing.", f"{_EVENTS} properties.amount > 40)"),
    Entry("INTERVAL '30' DAY", "A length of time: SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR; also "
          "`30 days` after + or -.", "created_at > NOW() - INTERVAL '3' MONTH"),
    Entry("TIMESTAMP '…', DATE '…'", "An instant: `2026-01-31` or `2026-01-31T12:00:00Z`; a text beside a date "
          "is read as one.", "signup < TIMESTAMP '2026-03-01T12:00:00Z'"),
    Entry('"a name"', "A name with other signs than letters, digits and `_`; also `` `a name` ``.",
          "\"Favourite Colour\" = 'Red'"),
    Entry("-- …, /* … */", "Comments.", "country = 'US' -- at home"),
)  # fmt: skip
