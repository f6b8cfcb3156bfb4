"""Data and segments for the engine's benchmarks: made by a fixed seed, the same on every machine."""

from __future__ import annotations

import random
import resource
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from carpel.engine import plan as p
from carpel.engine.reads import leaves
from carpel.kit.clock import DAY
from carpel.storage.columns import Columns, ContactRows, EventRows, Kind, WorkspaceBatch
from carpel.storage.columns.tables import path_text

NOW = 1_780_000_000_000_000  # 2026-05-28T20:26:40Z
LISTS = 40
TYPES = (
    "open",
    "click",
    "view",
    "search",
    "cart",
    "purchase",
    "login",
    "refer",
    "review",
    "refund",
)
# How often each type happens, of 100.
SHARES = (30, 12, 28, 8, 6, 8, 4, 1, 2, 1)

TEXTS = {
    "f1": 30,
    "f2": 500,
    "f3": 4,
    "f4": 3,
    "f5": 12,
    "f6": 8,
    "f7": 5,
    "f8": 50,
}  # fmt: skip  (field → how many different values)
NUMBERS = {"f9": 73, "f10": 500_000, "f11": 60, "f12": 10_000, "f13": 400, "f14": 100_000}
DATES = {"f15": 5 * 365, "f16": 365, "f17": 90}  # field → days back
BOOLEANS = ("f18", "f19")
EMAIL = "email"

_AMOUNT, _CATEGORY = path_text(("amount",)), path_text(("category",))


def number_sql(name: str, seed: str) -> str:
    """Half of the number fields have two decimals."""
    whole = f"(hash(i, {seed}) % {NUMBERS[name]})"
    return (
        f"CAST({whole} / 100 AS DECIMAL(38, 12))"
        if NUMBERS[name] > 1000
        else f"CAST({whole} AS DECIMAL(38, 12))"
    )


def fill(
    columns: Columns,
    contacts: int,
    events: int,
    now: int = NOW,
    names: Mapping[str, str] | None = None,
) -> None:
    """Workspace 1 with so many contacts and events, written by DuckDB itself.

    Args:
        columns: where to.
        contacts: how many.
        events: how many, of the year before `now`.
        now: microseconds since 1970.
        names: the columns of fields in tables that are there already; None makes the tables.
    """
    if names is None:
        columns.apply(1, [_first_rows()])
        names = {name: name for name in (*TEXTS, *NUMBERS, *DATES, *BOOLEANS)}
    writer = columns._writer  # noqa: SLF001  (ten million rows one by one would take an hour)
    writer.execute("DELETE FROM w1.contacts; DELETE FROM w1.events")
    writer.execute(f"INSERT INTO w1.contacts BY NAME {_contacts_sql(contacts, now, names)}")
    columns_of = dict(writer.execute("SELECT path, 'p' || column_no FROM property").fetchall())
    amount, category = columns_of[_AMOUNT], columns_of[_CATEGORY]
    cases, total = [], 0
    for name, share in zip(TYPES, SHARES, strict=True):
        total += share
        cases.append(f"WHEN hash(i, 7) % 100 < {total} THEN '{name}'")
    writer.execute(
        f"INSERT INTO w1.events BY NAME SELECT i AS no, CAST(hash(i, 8) % {contacts} + 1 AS BIGINT) AS contact, "
        f"CASE {' '.join(cases)} END AS type, "
        f"make_timestamp(CAST({now} - (hash(i, 9) % (365 * {DAY})) AS BIGINT)) AS happened_at, "
        f"CAST((hash(i, 10) % 20000) / 100 AS DECIMAL(38, 12)) AS {amount}, "
        f"'c' || (hash(i, 11) % 20) AS {category} FROM range(1, {events} + 1) t(i)"
    )
    writer.execute("CHECKPOINT")


def _contacts_sql(contacts: int, now: int, names: Mapping[str, str]) -> str:
    """Ids follow from numbers, and have the shape of any other."""
    fields = {
        name: f"'v' || (hash(i, {n}) % {size})" for n, (name, size) in enumerate(TEXTS.items())
    }
    fields |= {name: number_sql(name, str(50 + n)) for n, name in enumerate(NUMBERS)}
    for n, (name, days) in enumerate(DATES.items()):
        back = f"(hash(i, {70 + n}) % ({days} * {DAY}))"
        fields[name] = f"make_timestamp(CAST({now} - {back} AS BIGINT))"
    fields |= {name: f"hash(i, {80 + n}) % 3 = 0" for n, name in enumerate(BOOLEANS)}
    chosen = ", ".join(f"{made} AS {names[name]}" for name, made in fields.items())
    domain = "'d' || (hash(i, 99) % 200) || '.example'"
    return (
        "SELECT i AS no, CAST(format('00000000-0000-4000-8000-{:012x}', i) AS UUID) AS id, "
        f"'u' || i AS external_id, 'u' || i || '@' || {domain} AS email, "
        f"[{domain}] AS email_domains, list_distinct([CAST(hash(i, 90) % {LISTS} + 1 AS INTEGER), "
        f"CAST(hash(i, 91) % {LISTS} + 1 AS INTEGER)]) AS lists, "
        f"make_timestamp({now} - 1) AS created_at, make_timestamp({now} - 1) AS updated_at, "
        f"{chosen} FROM range(1, {contacts} + 1) t(i)"
    )


def _first_rows() -> WorkspaceBatch:
    """One contact and one event that have everything, so that all columns are there."""
    batch = WorkspaceBatch(1, contacts=contact_rows([0], random.Random(0)))  # noqa: S311
    batch.events = EventRows(
        {
            "no": ("integer", [0]), "contact": ("integer", [0]), "type": ("text", ["open"]),
            "source": ("text", [None]), "happened_at": ("date", [NOW]), "event_id": ("text", [None]),
        },
        {(_AMOUNT, "number"): {0: "1"}, (_CATEGORY, "text"): {0: "c"}},
    )  # fmt: skip
    return batch


def contact_rows(numbers: list[int], chance: random.Random) -> ContactRows:
    """New values for some contacts."""
    count = len(numbers)
    columns: dict[str, tuple[Kind, list[Any]]] = {"no": ("integer", numbers)}
    columns["id"] = ("id", [f"{number:032x}" for number in numbers])
    columns["email"] = ("text", [f"u{n}@d{chance.randrange(200)}.example" for n in numbers])
    columns["lists"] = (
        "number-list", [chance.sample(range(1, LISTS + 1), 2) for _ in numbers],
    )  # fmt: skip
    for name in ("created_at", "updated_at"):
        columns[name] = ("date", [NOW] * count)
    for name, size in TEXTS.items():
        columns[name] = ("text", [f"v{chance.randrange(size)}" for _ in numbers])
    for name, size in NUMBERS.items():
        unit = Decimal("0.01") if size > 1000 else Decimal(1)
        columns[name] = (
            "number", [str((chance.randrange(size) * unit).normalize().__format__("f")) for _ in numbers],
        )  # fmt: skip
    for name, days in DATES.items():
        columns[name] = ("date", [NOW - chance.randrange(days * DAY) for _ in numbers])
    for name in BOOLEANS:
        columns[name] = ("boolean", [chance.random() < 1 / 3 for _ in numbers])
    return ContactRows(columns)


def event_rows(count: int, contacts: int, first: int, now: int, chance: random.Random) -> EventRows:
    """New events of the last minute."""
    places = range(count)
    return EventRows(
        {
            "no": ("integer", [first + place for place in places]),
            "contact": ("integer", [chance.randrange(contacts) + 1 for _ in places]),
            "type": ("text", chance.choices(TYPES, SHARES, k=count)),
            "source": ("text", [None] * count),
            "happened_at": ("date", [now - chance.randrange(60_000_000) for _ in places]),
            "event_id": ("text", [None] * count),
        },
        {
            (_AMOUNT, "number"): {place: str(chance.randrange(200)) for place in places},
            (_CATEGORY, "text"): {place: f"c{chance.randrange(20)}" for place in places},
        },
    )


def segments(count: int, seed: int = 11) -> list[p.Plan]:
    """Rules as teams write them: 60% fields, 15% lists, 25% events, many conditions shared."""
    chance = random.Random(seed)  # noqa: S311
    made: list[p.Plan] = []
    for _ in range(count):
        kind = chance.random()
        if kind < 0.6:
            parts = [_field(chance) for _ in range(chance.choice((1, 2, 2, 3)))]
        elif kind < 0.75:
            parts = [p.ListTest(chance.randint(1, LISTS), chance.random() < 0.2), _field(chance)]
        else:
            parts = [_event(chance), *([_field(chance)] if chance.random() < 0.5 else [])]
        whole: p.Plan = p.All(tuple(parts))
        if len(parts) == 3:
            whole = p.All((parts[0], p.AnyOf((parts[1], parts[2]))))
        made.append(whole if len(parts) > 1 else parts[0])
    return made


def _field(chance: random.Random) -> p.ContactLeaf:
    kind = chance.random()
    if kind < 0.4:
        name = chance.choice(list(TEXTS))
        seen = p.Operand(p.Column(name, "text"))
        values = [f"v{chance.randrange(min(TEXTS[name], 25))}" for _ in range(3)]
        tests: list[p.Test] = [
            p.Compare("=", values[0]), p.Compare("!=", values[0]), p.OneOf(tuple(values)),
        ]  # fmt: skip
        test = chance.choice(tests)
        return p.ValueTest(seen, test)
    if kind < 0.75:
        name = chance.choice(list(NUMBERS))
        size = NUMBERS[name]
        unit = Decimal("0.01") if size > 1000 else Decimal(1)
        constant = Decimal(size * chance.randrange(1, 20) // 20) * unit
        operator: p.Operator = chance.choice(["<", "<=", ">", ">="])
        return p.ValueTest(p.Operand(p.Column(name, "number")), p.Compare(operator, constant))
    if kind < 0.9:
        name = chance.choice(list(DATES))
        back = p.Moving(microseconds=-chance.choice((1, 3, 7, 14, 30, 60, 90)) * DAY)
        operator = chance.choice([">=", "<"])
        return p.ValueTest(p.Operand(p.Column(name, "date")), p.Compare(operator, back))
    seen = p.Operand(p.Column(chance.choice(BOOLEANS), "boolean"))
    return p.ValueTest(seen, p.Compare("=", chance.random() < 0.5))


def _event(chance: random.Random) -> p.EventTest:
    name = chance.choices(TYPES, SHARES)[0]
    parts: list[p.RowLeaf] = [
        p.ValueTest(p.Operand(p.EventColumn("type", "text")), p.Compare("=", name)),
        p.ValueTest(
            p.Operand(p.EventColumn("happened_at", "date")),
            p.Compare(">=", p.Moving(microseconds=-chance.choice((7, 14, 30, 60, 90, 180)) * DAY)),
        ),
    ]
    if chance.random() < 0.15:
        category = p.Property(("category",), "text")
        parts.append(p.ValueTest(p.Operand(category), p.Compare("=", f"c{chance.randrange(5)}")))
    having: p.Tree[p.AggregateTest] | None = None
    kind = chance.random()
    if kind < 0.45:
        least = Decimal(chance.choice((2, 3, 5)))
        having = p.AggregateTest("count", None, p.Compare(">=", least))
    elif kind < 0.55:
        amount = p.Property(("amount",), "number")
        total = Decimal(chance.choice((50, 100, 250, 500)))
        having = p.AggregateTest("sum", amount, p.Compare(">", total))
    return p.EventTest(p.All(tuple(parts)), having, chance.random() < 0.15)


def warmed(folder: Path) -> Path:
    """The same, once the system has it in memory: what peers read beforehand does not count either."""
    with (folder / "columns.duckdb").open("rb") as file:
        while file.read(1 << 24):
            pass
    return folder


def opened(folder: Path, memory_mb: int = 3000) -> Columns:
    """The column store of a benchmark."""
    return Columns(folder / "columns.duckdb", memory_mb=memory_mb, threads=2)


def made(folder: Path, contacts: int) -> Path:
    """A folder in `folder` with the columns of so many contacts, made when it is not there yet.

    Who changes the columns copies them first (`copied`).
    """
    place = folder / f"{contacts}-contacts"
    if not place.exists():
        draft = Path(tempfile.mkdtemp(dir=folder))
        try:
            columns = opened(draft)
            fill(columns, contacts, 5 * contacts)
            columns.close()
            draft.rename(place)  # only what is whole has the name
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return place


def copied(place: Path, folder: Path) -> Columns:
    """The columns of `made`, in a folder where they may be changed."""
    shutil.copyfile(place / "columns.duckdb", folder / "columns.duckdb")
    return opened(folder)


def exported(place: Path) -> None:
    """Contacts and events as Parquet in the folder of `made`; their numbers have two decimals."""
    names = ", ".join(["no", "lists", *TEXTS, *DATES, *BOOLEANS])
    numbers = ", ".join(f"CAST({name} AS DECIMAL(18, 2)) AS {name}" for name in NUMBERS)
    parts = {
        "contacts": f"SELECT {names}, {numbers} FROM w1.contacts ORDER BY no",
        "events": "SELECT CAST(contact AS INTEGER) AS contact, type, happened_at, "
        "CAST(p1 AS DECIMAL(18, 2)) AS amount, p2 AS category FROM w1.events",
    }
    for name, text in parts.items():
        file, draft = place / f"{name}.parquet", place / f"{name}.draft"
        if not file.exists():
            with duckdb.connect(str(place / "columns.duckdb"), read_only=True) as connection:
                connection.execute("SET memory_limit = '3000MB'")
                connection.execute(f"COPY ({text}) TO '{draft}' (FORMAT parquet)")
            draft.rename(file)


def peak_mb() -> int:
    """The most memory that this process had; the kernel's older figure also knows its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20  # macOS counts in bytes


def distinct_leaves(plans: Iterable[p.Plan]) -> int:
    """How many different conditions there are in all."""
    return len({leaf for plan in plans for leaf in leaves(plan)})


class NothingWaits:
    """For an engine that is told of everything at once."""

    def untold_since(self) -> None:
        """Never."""

    def unstored_since(self) -> None:
        """Never."""

    def catch_up(self) -> bool:
        """At once."""
        return True
