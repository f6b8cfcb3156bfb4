"""Contacts searched: by a query, by e-mail address, by identifiers (contracts/sendgrid.md §3.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from carpel.domain.contacts import IDENTIFIERS
from carpel.domain.segments import BadQuery, Definition
from carpel.domain.segments.search import Found, search

from . import errors, given, shapes
from .context import Call, Reply

MOST_SHOWN = 50
MOST_ASKED = 100
LONGEST_EMAIL = 100
PATIENCE_S = 20.0


async def by_query(call: Call) -> Reply:
    """`POST /contacts/search` `{query}`: SGQL v1; the first 50; 408 after 20 seconds."""
    query = given.text(await call.body(), "query")
    looking = asyncio.ensure_future(
        call.off_loop(
            search,
            call.rooms.segments,
            call.rooms.engine,
            call.workspace,
            Definition(sql=query, dialect="sgql"),
            MOST_SHOWN,
        )
    )
    await asyncio.wait({looking}, timeout=PATIENCE_S)
    if not looking.done():
        raise errors.timed_out()
    try:
        found: Found = looking.result()
    except BadQuery as bad:
        raise errors.of_query(bad, "query", hints=False) from None
    return Reply(
        {
            "contact_count": found.total,
            "result": await call.off_loop(shapes.read_contacts, call, found.numbers, "full"),
            "_metadata": {"self": f"{call.base}/contacts/search"},
        }
    )


async def by_emails(call: Call) -> Reply:
    """`POST /contacts/search/emails` `{emails}`: alternate addresses count too."""
    asked = [
        one.strip()
        for one in given.texts(await call.body(), "emails", most=MOST_ASKED, needed=True)
        if one.strip()
    ]
    if not asked:
        raise errors.bad_parameter("emails", "emails must not be empty")
    for one in asked:
        if len(one) > LONGEST_EMAIL or "@" not in one.strip("@"):
            raise errors.bad_parameter("emails", f"email '{one[:100]}' is not valid")
    owners = await call.off_loop(_owners, call, "email", [one.lower() for one in asked])
    missing = [one.lower() for one in asked if one.lower() not in owners]
    if missing:
        owners = {**owners, **await call.off_loop(_alternates, call, missing)}
    return await _mapped(call, {one: owners.get(one.lower()) for one in asked})


async def by_identifiers(call: Call) -> Reply:
    """`POST /contacts/search/identifiers/{type}` `{identifiers}`."""
    kind = call.values["type"].lower()
    if kind not in IDENTIFIERS:
        raise errors.bad_parameter("identifier_type", f"{kind[:40]} is no type of identifier")
    body = await call.body()
    asked = [one for one in given.texts(body, "identifiers", most=MOST_ASKED, needed=True) if one]
    if not asked:
        raise errors.bad_parameter("identifiers", "identifiers must not be empty")
    kept = {one: one.strip().lower() if kind == "email" else one for one in asked}
    owners = await call.off_loop(_owners, call, kind, list(kept.values()))
    return await _mapped(call, {one: owners.get(value) for one, value in kept.items()})


async def _mapped(call: Call, asked: Mapping[str, int | None]) -> Reply:
    """Each text asked for with its contact, or that there is none; 404 when there is no contact."""
    numbers = list(dict.fromkeys(no for no in asked.values() if no is not None))
    shown = await call.off_loop(_by_number, call, numbers)
    result: dict[str, Any] = {
        text: {"contact": shown[number]} if number in shown else {"error": "contact not found"}
        for text, number in asked.items()
    }
    if not any("contact" in one for one in result.values()):
        raise errors.missing("contact", "result")
    return Reply({"result": result})


def _by_number(call: Call, numbers: list[int]) -> dict[int | None, dict[str, Any]]:
    found = ((no, shapes.read_contacts(call, [no], "full")) for no in numbers)
    return {no: shown[0] for no, shown in found if shown}


def _owners(call: Call, kind: str, values: list[str]) -> dict[str, int]:
    """The oldest contact with each of these identifiers."""
    found = call.rooms.contacts.owners(call.workspace, IDENTIFIERS[kind], values)
    return {value: numbers[0] for value, numbers in found.items() if numbers}


def _alternates(call: Call, addresses: list[str]) -> dict[str, int]:
    """The oldest contact with each of these among its other addresses."""
    document = {"op": "contains", "left": {"field": "alternate_emails"}, "values": addresses}
    found = search(
        call.rooms.segments,
        call.rooms.engine,
        call.workspace,
        Definition(document=document),
        10_000,
    )
    owners: dict[str, int] = {}
    for no, contact in call.rooms.contacts.read_numbered(call.workspace, found.numbers):
        for address in contact.fields.get("alternate_emails", ()):
            if address in addresses:
                owners.setdefault(address, no)
    return owners
