"""Embedded ClickHouse: one pass of `countIf` over a table that has event features beside contacts."""

from __future__ import annotations

import json
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import engine_data as data
from chdb import session
from typing_extensions import override

from carpel.engine import plan as p

from .asked import Dialect, Happened, all_happened
from .outcome import Outcome

_BITS = 64
_SPILL = 6 << 30  # bytes of a group-by, from which on it goes to disk
_LIMITS = (
    "SETTINGS max_query_size = 100000000, max_ast_elements = 10000000, "
    "max_expanded_ast_elements = 10000000"
)


class _ClickHouse(Dialect):
    def __init__(self, wanted: list[Happened]) -> None:
        self._places = {one: place for place, one in enumerate(wanted)}

    @override
    def number(self, number: Decimal) -> str:
        return _number(number)

    @override
    def moment(self, at: int) -> str:
        return _moment(at)

    @override
    def is_in_list(self, number: int) -> str:
        return f"has(lists, {number})"

    @override
    def has(self, wanted: Happened) -> str:
        word, bit = divmod(self._places[wanted], _BITS)
        return f"bitTest(e{word}, {bit})"


def run(folder: Path, plans: list[p.Plan]) -> Outcome:
    """Tables on disk in the order that serves each step best; flags of events by type, then joined."""
    outcome = Outcome()
    place = tempfile.mkdtemp(dir=folder)
    clickhouse = session.Session(place)
    try:
        with outcome.timing("load", loading=True):
            _load(clickhouse, folder)
        wanted = all_happened(plans)
        with outcome.timing("features"):
            _build_features(clickhouse, wanted)
        dialect = _ClickHouse(wanted)
        with outcome.timing("counts"):
            asked = ", ".join(f"countIf({dialect.predicate(plan)})" for plan in plans)
            outcome.counts = [int(one) for one in _row(clickhouse, f"SELECT {asked} FROM wide")]
    finally:
        clickhouse.close()
        shutil.rmtree(place, ignore_errors=True)
    return outcome


def _row(clickhouse: Any, text: str) -> list[Any]:
    found: list[Any] = json.loads(str(clickhouse.query(f"{text} {_LIMITS}", "JSONCompactEachRow")))
    return found


def _load(clickhouse: Any, folder: Path) -> None:
    """Nothing is missing in this data, and columns that cannot be NULL are quicker."""
    texts = [_text(name) for name in data.TEXTS]
    others = [_plain(name) for name in (*data.NUMBERS, *data.DATES, *data.BOOLEANS)]
    clickhouse.query(
        "CREATE TABLE contacts ENGINE = MergeTree ORDER BY no AS SELECT "
        f"{', '.join([_plain('no'), 'lists', *texts, *others])} "
        f"FROM file('{folder}/contacts.parquet', Parquet)"
    )
    chosen = [*map(_text, ("type", "category")), *map(_plain, ("contact", "happened_at", "amount"))]
    clickhouse.query(
        "CREATE TABLE events ENGINE = MergeTree ORDER BY (type, contact) AS SELECT "
        f"{', '.join(chosen)} FROM file('{folder}/events.parquet', Parquet)"
    )


def _text(name: str) -> str:
    return f"CAST(assumeNotNull({name}) AS LowCardinality(String)) AS {name}"


def _plain(name: str) -> str:
    return f"assumeNotNull({name}) AS {name}"


def _build_features(clickhouse: Any, wanted: list[Happened]) -> None:
    """A bit for each event condition, worked out type by type, beside the contacts.

    Bits in whole numbers, and not a column each, because joining 142 columns took ten times as long.
    """
    words = range(-(-len(wanted) // _BITS))
    parts = []
    for kind in dict.fromkeys(one.type for one in wanted):
        mine = {place: one for place, one in enumerate(wanted) if one.type == kind}
        oldest = _moment(min(one.since for one in mine.values()))
        parts.append(
            f"SELECT contact, {', '.join(_word(number, mine) for number in words)} FROM events "
            f"WHERE type = '{kind}' AND happened_at >= {oldest} GROUP BY contact"
        )
    together = ", ".join(f"groupBitOr(w{number}) AS e{number}" for number in words)
    clickhouse.query(
        "CREATE TABLE wide ENGINE = MergeTree ORDER BY no AS SELECT * FROM contacts LEFT JOIN ("
        f"SELECT contact, {together} FROM ({' UNION ALL '.join(parts)}) GROUP BY contact) AS found "
        f"ON no = contact {_LIMITS}, max_bytes_before_external_group_by = {_SPILL}"
    )


def _word(number: int, mine: dict[int, Happened]) -> str:
    bits = [
        f"bitShiftLeft(toUInt64({_asks(one)}), {place % _BITS})"
        for place, one in mine.items()
        if place // _BITS == number
    ]
    return f"{' + '.join(bits) or 'toUInt64(0)'} AS w{number}"


def _asks(one: Happened) -> str:
    fits = f"happened_at >= {_moment(one.since)}"
    if one.category is not None:
        fits += f" AND category = '{one.category}'"
    match one.asks:
        case "any":
            return f"countIf({fits}) > 0"
        case "count":
            return f"countIf({fits}) >= {one.least}"
        case "sum":
            return f"sumIf(amount, {fits}) > {_number(one.least)}"


def _number(number: Decimal) -> str:
    return f"toDecimal64('{number:f}', 2)"


def _moment(at: int) -> str:
    return f"fromUnixTimestamp64Micro({at}, 'UTC')"
