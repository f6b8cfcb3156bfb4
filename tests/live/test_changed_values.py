"""Who changes in one value moves in the segments that look at it, whatever kind of value it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from carpel.domain.contacts.model import FieldChange, IdentifierKind, Write
from carpel.domain.ingest.records import ContactsRecord
from support.inside import House, house

RULES = {
    "Text": "plan = 'pro'",
    "Number": "spent > 100",
    "Truth": "happy = true",
    "Date": "born < '2000-01-01'",
    "Tags": "array_contains(tags, 'red')",
    "Part": "home.city = 'Bern'",
    "List": "array_contains(list_ids, 'VIP')",
    "Domain": "array_contains(email_domains, 'b.example')",
    "Address": "email LIKE '%@a.example'",
    "Two": "plan = 'pro' AND spent > 100",
    "Either": "spent > 100 OR plan IS NULL",
    "Missing": "plan IS NULL",
}


def test_one_value_at_a_time(tmp_path: Path) -> None:
    with house(tmp_path / "data") as home:
        for name, kind in {"plan": "text", "spent": "number", "happy": "boolean",
                           "born": "date", "tags": "text-list", "home": "object"}.items():  # fmt: skip
            home.client.post("/fields", {"name": name, "type": kind})
        home.client.post("/lists", {"name": "VIP"})
        home.put({"external_id": "other", "fields": {"home": {"city": "Genf"}, "plan": "free"}})
        for name, sql in RULES.items():
            home.segment(name, sql)
        _change(home, {}, Missing=True, Either=True)
        _change(home, {"email": "x@a.example"}, Missing=True, Either=True, Address=True)
        _change(home, _fields(plan="pro"), Text=True, Address=True)
        _change(
            home, _fields(spent=101), Text=True, Number=True, Two=True, Either=True, Address=True
        )
        both = {"Text": True, "Number": True, "Two": True, "Either": True}
        _change(home, {"email": "x@b.example"}, **both, Domain=True)
        _change(home, {"email": "x@c.example"}, **both)
        _change(home, _fields(happy=True), **both, Truth=True)
        _change(home, _fields(born="1999-12-31"), **both, Truth=True, Date=True)
        _change(home, _fields(happy=False), **both, Date=True)
        _change(home, _fields(tags=["blue", "red"]), **both, Date=True, Tags=True)
        _change(home, _fields(home={"city": "Bern"}), **both, Date=True, Tags=True, Part=True)
        _change(home, {"lists": ["VIP"]}, **both, Date=True, Tags=True, Part=True, List=True)
        rest: dict[str, bool] = {"Date": True, "Tags": True, "Part": True, "List": True}
        _change(home, _fields(plan=None), **rest, Missing=True, Number=True, Either=True)
        _change(home, _fields(spent=3), **rest, Missing=True, Either=True)
        _change(
            home,
            _fields(home={"city": "Basel"}),
            **rest | {"Part": False},
            Missing=True,
            Either=True,
        )
        _join(home, "alternate_emails", ["y@b.example"])
        _is_in(home, **rest | {"Part": False}, Missing=True, Either=True, Domain=True)


def test_who_meets_somebody_has_their_values(tmp_path: Path) -> None:
    with house(tmp_path / "data") as home:
        home.client.post("/fields", {"name": "plan", "type": "text"})
        home.client.post("/fields", {"name": "spent", "type": "number"})
        home.put(
            {"external_id": "x", "fields": {"spent": 3}},
            {"email": "x@a.example", "fields": {"plan": "pro"}},
        )
        for name in ("Text", "Number", "Missing", "Address"):
            home.segment(name, RULES[name])
        assert _in(home, "Missing") == {"x"}
        home.put({"external_id": "x", "email": "x@a.example"})
        found = {name: _in(home, name) for name in ("Text", "Number", "Missing", "Address")}
        assert found == {"Text": {"x"}, "Number": set(), "Missing": set(), "Address": {"x"}}


def _fields(**values: Any) -> dict[str, Any]:
    return {"fields": values}


def _change(home: House, change: dict[str, Any], **inside: bool) -> None:
    home.put({"external_id": "x", **change})
    _is_in(home, **inside)


def _is_in(home: House, **inside: bool) -> None:
    found = {name: "x" in _in(home, name) for name in RULES}
    assert found == {name: inside.get(name, False) for name in RULES}


def _in(home: House, name: str) -> set[str]:
    return home.members(name.upper())


def _join(home: House, field: str, members: list[str]) -> None:
    """As the doors do that add to a list of texts."""
    workspace = home.service.workspaces.read("default")
    number = next(one.no for one in home.service.fields.list_of(workspace.no) if one.name == field)
    change = FieldChange(number, "join", members)
    write = Write(None, {IdentifierKind.EXTERNAL_ID: "x"}, {}, [], changes=[change])
    now = home.clock.now()
    ticket = home.service.ingest.submit(ContactsRecord(workspace.no, now, b"seed" * 4, [write]))
    ticket.applied.result(10)
