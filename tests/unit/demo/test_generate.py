"""The demo's data: the same each time, believable, and nobody's."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carpel.app.service import Service
from carpel.demo import FIELDS, LISTS, SEGMENTS, TAG, Recipe, contacts, events
from carpel.domain.fields import from_json
from carpel.domain.fields.model import RESERVED
from carpel.domain.segments import Definition
from carpel.kit.clock import DAY, HOUR
from carpel.kit.instants import parse_instant
from carpel.settings import Settings

ANCHOR = 1_787_356_800_000_000  # 2026-08-22
RECIPE = Recipe(contacts=400, seed=1, anchor=ANCHOR, until=ANCHOR + 15 * HOUR)
_ADDRESS = re.compile(r"[a-z]+\.[a-z]+\d+@example\.(com|net|org)")


def everything(recipe: Recipe) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    return list(contacts(recipe)), list(events(recipe))


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return list(contacts(RECIPE))


@pytest.fixture(scope="module")
def diaries() -> list[list[dict[str, Any]]]:
    return list(events(RECIPE))


def instant(text: str) -> int:
    found = parse_instant(text)
    assert found is not None
    return found


def test_the_same_recipe_gives_the_same_data() -> None:
    assert everything(RECIPE) == everything(RECIPE)


def test_another_seed_gives_other_data() -> None:
    other = Recipe(RECIPE.contacts, 2, RECIPE.anchor, RECIPE.until)
    assert not any(
        one == another for one, another in zip(contacts(RECIPE), contacts(other), strict=True)
    )
    assert not any(
        one == another for one, another in zip(events(RECIPE), events(other), strict=True) if one
    )


def test_fewer_contacts_are_the_first_of_more() -> None:
    fewer = Recipe(30, RECIPE.seed, RECIPE.anchor, RECIPE.until)
    people, diaries = everything(RECIPE)
    assert everything(fewer) == (people[:30], diaries[:30])


def test_a_later_moment_only_adds_events() -> None:
    early = Recipe(RECIPE.contacts, RECIPE.seed, ANCHOR, ANCHOR + HOUR)
    before, after = everything(early), everything(RECIPE)
    assert before[0] == after[0]
    for some, more in zip(before[1], after[1], strict=True):
        assert some == [one for one in more if instant(one["time"]) < early.until]


def test_each_contact_can_be_told_from_all_others(people: list[dict[str, Any]]) -> None:
    for kind in ("external_id", "email"):
        found = [one[kind] for one in people if kind in one]
        assert len(found) == len(set(found))
        assert 0.8 * len(people) < len(found) < len(people)


def test_no_address_lies_outside_the_example_domains(
    people: list[dict[str, Any]], diaries: list[list[dict[str, Any]]]
) -> None:
    named = [*people, *itertools.chain.from_iterable(diaries)]
    addresses = [one["email"] for one in named if "email" in one]
    assert addresses
    assert [one for one in addresses if not _ADDRESS.fullmatch(one)] == []


def test_every_value_has_the_type_of_its_field(people: list[dict[str, Any]]) -> None:
    types: dict[str, Any] = {field.name: field.type for field in RESERVED} | FIELDS
    seen = Counter[str]()
    for one in people:
        for name, value in one["fields"].items():
            from_json(types[name], value)
            seen[name] += 1
    assert set(FIELDS) <= set(seen)
    assert min(seen[name] for name in FIELDS) > 0
    assert any(seen[name] < len(people) for name in FIELDS)


def test_lists_are_the_announced_ones_and_each_has_someone(people: list[dict[str, Any]]) -> None:
    assert {name for one in people for name in one["lists"]} == set(LISTS)


def test_each_event_has_an_id_of_its_own(diaries: list[list[dict[str, Any]]]) -> None:
    ids = [one["event_id"] for one in itertools.chain.from_iterable(diaries)]
    assert len(ids) == len(set(ids))


def test_events_lie_in_the_window_and_not_in_the_future(
    diaries: list[list[dict[str, Any]]],
) -> None:
    times = [instant(one["time"]) for one in itertools.chain.from_iterable(diaries)]
    assert ANCHOR - 400 * DAY <= min(times) < ANCHOR - 390 * DAY
    assert RECIPE.until - HOUR < max(times) < RECIPE.until


def test_nobody_does_anything_before_signing_up(
    people: list[dict[str, Any]], diaries: list[list[dict[str, Any]]]
) -> None:
    for one, diary in zip(people, diaries, strict=True):
        since = instant(one["fields"]["signup_date"])
        assert all(instant(event["time"]) >= since for event in diary)


def mail_of(diary: list[dict[str, Any]]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Each campaign with the times and types of its events, as they were written."""
    mail: dict[str, list[tuple[int, str]]] = {}
    for one in diary:
        if one["source"] == "mail":
            steps = mail.setdefault(one["properties"]["campaign"], [])
            steps.append((instant(one["time"]), one["event"]))
    yield from mail.items()


def test_mail_is_opened_after_it_was_sent_and_clicked_after_that(
    diaries: list[list[dict[str, Any]]],
) -> None:
    order = ("email_sent", "open", "click")
    opened = 0
    for diary in diaries:
        for _, steps in mail_of(diary):
            for (before, first), (after, second) in itertools.pairwise(steps):
                if second == "email_sent":
                    continue  # the next of several mails with this name
                assert order.index(second) == order.index(first) + 1
                assert after > before
                opened += 1
    assert opened > 0


def test_only_mail_has_mails_events(diaries: list[list[dict[str, Any]]]) -> None:
    for one in itertools.chain.from_iterable(diaries):
        assert (one["event"] in ("email_sent", "open", "click")) == (one["source"] == "mail")


def test_what_a_contact_spent_holds_what_they_bought(
    people: list[dict[str, Any]], diaries: list[list[dict[str, Any]]]
) -> None:
    for one, diary in zip(people, diaries, strict=True):
        paid = [
            event["properties"]["value"]
            for event in diary
            if event["event"] == "purchase" and instant(event["time"]) < ANCHOR
        ]
        assert all(isinstance(value, Decimal) for value in paid)
        assert one["fields"].get("lifetime_value", Decimal(0)) >= sum(paid)
        assert one["fields"].get("orders_count", 0) >= len(paid)


def test_many_are_silent_and_a_few_are_very_lively(diaries: list[list[dict[str, Any]]]) -> None:
    sizes = sorted((len(diary) for diary in diaries), reverse=True)
    assert sizes.count(0) > 0.05 * len(sizes)
    assert sum(sizes[: len(sizes) // 10]) > sum(sizes) // 3


def test_every_segment_compiles_against_the_fields_and_lists_of_the_data(tmp_path: Path) -> None:
    service = Service.open(Settings(data=tmp_path / "data"), background=False)
    try:
        workspace = service.workspaces.read("default")
        for name, field_type in FIELDS.items():
            service.fields.create(workspace, name, field_type)
        for name in LISTS:
            service.lists.create(workspace, name)
        for wanted in SEGMENTS:
            service.segments.compile(workspace, Definition(sql=wanted.sql))
    finally:
        service.close()


def test_segments_are_marked_and_can_be_told_apart() -> None:
    assert all(wanted.body["tags"][0] == TAG for wanted in SEGMENTS)
    for part in ("code", "name", "sql"):
        found = [getattr(wanted, part) for wanted in SEGMENTS]
        assert len(found) == len(set(found))
    assert {wanted.list for wanted in SEGMENTS} - {None} <= set(LISTS)
