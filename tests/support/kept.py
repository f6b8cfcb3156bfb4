"""A directory with rules of every kind, stopped, and what is looked at after it is started again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from carpel.engine.live import Engine
from support.inside import House, house

NOON = "2026-06-01T12:00:00Z"
LATER = "2026-06-01T13:00:00Z"
FILE = "engine.snapshot"

BOUGHT = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'buy'"
RULES = {
    "Old": "age >= 40 AND age < 1000",
    "Named": "name LIKE 'n1%' OR regexp_like(name, '^n2')",
    "Either": "plan IN ('gold', 'silver') AND name IS NOT NULL AND LOWER(plan) <> name",
    "Recent": "signup > NOW() - INTERVAL '20' DAY",
    "Today": "signup >= START_OF('day', 'Europe/Paris')",
    "Birthday": "DAYS_TO_ANNIVERSARY(signup, 'Europe/Paris') < 20",
    "Bought": f"{BOUGHT} AND timestamp > NOW() - INTERVAL '5' DAY)",
    "Spent": f"{BOUGHT} GROUP BY contact_id HAVING SUM(properties.price) > 10.5)",
    "Kinds": f"{BOUGHT} GROUP BY contact_id HAVING COUNT(DISTINCT properties.what) >= 2)",
    "Last": f"{BOUGHT} AND timestamp > NOW() - INTERVAL '9' DAY "
            "GROUP BY contact_id HAVING LAST(properties.what) >= 'w1')",
    "Dated": f"{BOUGHT} AND (DAYS_TO_ANNIVERSARY(properties.on) < 3 OR properties.price > 7))",
    "Over": "IN SEGMENT 'OLD' AND NOT IN SEGMENT 'BOUGHT'",
}  # fmt: skip
COUNTED = {name.upper() for name in RULES}


def fill(home: House) -> None:
    for name, kind in (("age", "number"), ("name", "text"), ("plan", "text"), ("signup", "date")):
        home.client.post("/fields", {"name": name, "type": kind})
    plans = ("gold", "silver", "lead", None)
    home.put(*(
        {"external_id": f"p{n}", "fields": {"age": n, "name": f"n{n}", "plan": plans[n % 4],
                                            "signup": f"2026-05-{1 + n // 2:02}T{n % 24:02}:00:00Z"}}
        for n in range(60)
    ))  # fmt: skip
    home.happen(*(
        {"external_id": f"p{n % 40}", "event": "buy", "time": f"2026-05-{20 + n % 12:02}T07:0{n % 9}:00Z",
         "properties": {"price": n / 8, "what": f"w{n % 7}", "on": f"2020-06-{1 + n % 9:02}T00:00:00Z"}}
        for n in range(120)
    ))  # fmt: skip
    for name, sql in RULES.items():
        home.segment(name, sql)
    home.service.engine.refresh()


def stopped(data: Path, more: Callable[[House], object] = lambda _: None, at: str = NOON) -> None:
    """A directory that was filled and stopped."""
    with house(data, at, background=False) as home:
        fill(home)
        more(home)
    assert (data / FILE).exists()


def counts(home: House) -> dict[str, int]:
    found = {one["code"]: one["count"] for one in home.client.everything("/segments")}
    assert all(one["exact"] for one in found.values()), found
    return {code: one["value"] for code, one in found.items()}


def check(home: House, *, restored: bool) -> None:
    """Everything is exact, and from the snapshot, or not."""
    service = home.service
    service.engine.refresh()
    assert (service.engine.restored is not None) == restored
    for segment in service.segments.list_of(service.workspaces.read("default")):
        kept, found = service.engine.audit(segment.no)
        assert kept == found, segment.name
        assert service.engine.is_in_memory(segment.no)
    counts(home)


def worlds(engine: Engine) -> Any:
    """What lives in an engine's memory; no answer of its shows all of it."""
    return engine._worlds._worlds  # noqa: SLF001
