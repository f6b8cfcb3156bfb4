"""What was looked up for a large body before it was logged is not used when it holds no longer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.inside import House, house
from support.waiting import until

PEOPLE = 400
PLAN = ["free", "team", "firm"]


def contacts(turn: int) -> list[dict[str, Any]]:
    """All of them, each with values of this turn."""
    return [
        {
            "external_id": f"c{n}", "email": f"{(n + turn) % PEOPLE}@example.com",
            "fields": {"plan": PLAN[(n + turn) % 3], "spent": n * turn + 0.25, "turn": turn},
        } for n in range(PEOPLE)
    ]  # fmt: skip


def events(turn: int) -> list[dict[str, Any]]:
    return [
        {"external_id": f"c{n + turn}", "event": "visit", "properties": {"page": f"p{n}"}}
        for n in range(PEOPLE)
    ]


@contextmanager
def ready(data: Path, helpers: int) -> Iterator[House]:
    """A product whose helpers have begun."""
    with house(data, helpers=helpers) as it:
        it.client.post("/contacts", contacts(0), wait="applied")  # makes the fields, too
        until(lambda: it.service.helpers.there == helpers)
        yield it


def stored(it: House) -> dict[str, Any]:
    """E-mail address and fields of all contacts, none of whom is there twice."""
    it.client.post("/contacts", {"external_id": "c0"}, wait="applied")
    workspace = it.service.workspaces.read("default")
    people = it.service.contacts
    found = people.read_many(workspace, people.numbers(workspace, after=0, most=10_000))
    shown = {
        one.identifiers["external_id"]: (one.identifiers.get("email"), one.fields) for one in found
    }
    assert len(shown) == len(found)
    return shown


def test_what_is_looked_up_too_early_is_not_used(tmp_path: Path) -> None:
    """All are looked up before the first is applied, and so large that each is a batch of its own."""
    new = [f"n{n}" for n in range(PEOPLE)]
    note = "x" * 6_000
    with ready(tmp_path / "data", 1) as it:
        with it.service.ingest.paused():
            for name in ("first", "second", "third"):
                fields = {"note": note, "plan" if name == "first" else name: name}
                it.client.post("/contacts", [{"external_id": one, "fields": fields} for one in new])
                it.client.post(
                    "/contacts", [{**one, "fields": fields} for one in contacts(len(name))]
                )
            it.client.post("/events", events(7))
        found = stored(it)
        assert len(found) == 2 * PEOPLE + 7
        for who in [*new, *(f"c{n}" for n in range(PEOPLE))]:
            fields = found[who][1]
            assert (fields["plan"], fields["second"], fields["third"]) == (
                "first",
                "second",
                "third",
            )
        assert [found[f"c{n}"][0] for n in (0, 99)] == ["5@example.com", "104@example.com"]


def test_many_who_send_at_once_make_nobody_twice(tmp_path: Path) -> None:
    new = [{"external_id": f"n{n}", "fields": {"turn": 0, "plan": "free"}} for n in range(PEOPLE)]
    with ready(tmp_path / "data", 1) as it:
        with ThreadPoolExecutor(4) as sending:
            for _ in sending.map(lambda _: it.client.post("/contacts", new), range(8)):
                pass
        assert len(stored(it)) == 2 * PEOPLE
