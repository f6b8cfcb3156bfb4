"""A population as data: sent to the product through its own API, and given to the oracle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import Client, InsideTransport
from carpel.kit.clock import Clock
from carpel.settings import Settings
from support.oracle import World
from support.oracle_calendar import read_instant
from support.oracle_reading import Kind
from support.oracle_values import IDENTIFIERS, Contact, Event

Json = dict[str, Any]

TOKEN = "a token for tests"
BUILT_IN: dict[str, Kind] = {
    "contact_id": "text",
    "external_id": "text",
    "email": "text",
    "phone_number_id": "text",
    "anonymous_id": "text",
    "first_name": "text",
    "last_name": "text",
    "postal_code": "text",
    "state_province_region": "text",
    "city": "text",
    "country": "text",
    "alternate_emails": "text-list",
    "email_domains": "text-list",
    "list_ids": "text-list",
    "created_at": "date",
    "updated_at": "date",
}


@dataclass(frozen=True)
class Population:
    """What is in the file; `list_ids` are the ids the product gave, by name."""

    now: int
    lists: list[str]
    fields: dict[str, Kind]
    contacts: list[Json]
    events: list[Json]

    @property
    def names(self) -> list[str]:
        return [contact["external_id"] for contact in self.contacts]

    def world(self, list_ids: Mapping[str, str]) -> World:
        """The oracle's view: contacts are known by their external_id."""
        contacts = [_contact(one, posted, list_ids) for posted, one in self.contacts_as_posted()]
        return World(tuple(contacts), tuple(map(_event, self.events)), BUILT_IN | self.fields)

    def contacts_as_posted(self) -> list[tuple[int, Json]]:
        """Each contact with the instant of its posting: its own, or that of the one before."""
        found: list[tuple[int, Json]] = []
        for contact in self.contacts:
            posted = instant(contact["posted"]) if "posted" in contact else found[-1][0]
            kept = {key: value for key, value in contact.items() if key not in ("note", "posted")}
            found.append((posted, kept))
        return found


def read_population(path: Path) -> Population:
    """The population in a JSON file."""
    decoder = msgspec.json.Decoder(float_hook=Decimal)
    found = decoder.decode(path.read_bytes())
    return Population(**(found | {"now": instant(found["now"])}))


def instant(text: str) -> int:
    """Microseconds of a date that is known to be one."""
    found = read_instant(text)
    assert found is not None, text
    return found


class FreeClock(Clock):
    """A clock that stands where it is put, also earlier: each example has a time of its own."""

    def __init__(self) -> None:
        self.at = 0

    @override
    def now(self) -> int:
        return self.at

    @override
    def wait(self, condition: threading.Condition, until: int | None) -> None:
        condition.wait()  # until the product is closed: time passes for no one in the background


@contextmanager
def running(folder: Path, clock: Clock) -> Iterator[tuple[Service, InsideTransport]]:
    """The product put together on a folder, and the way to call its API."""
    settings = Settings(data=folder / "data", threads=1)
    service = Service.open(settings, clock, background=False)
    transport = InsideTransport(Front(service, settings, TOKEN))
    try:
        yield service, transport
    finally:
        transport.close()
        service.close()


def caller(transport: InsideTransport, workspace: str) -> Client:
    """A client for one workspace; it shares the transport, which is closed with the product."""
    return Client("http://carpel", TOKEN, workspace=workspace, transport=transport)


def send(
    population: Population, client: Client, step_to: Callable[[int], object]
) -> dict[str, str]:
    """Everything into the product, stepping its clock to `now`; returns the lists' ids by name."""
    ids = {name: client.post("/lists", {"name": name})["id"] for name in population.lists}
    for name, kind in population.fields.items():
        client.post("/fields", {"name": name, "type": kind})
    for posted, together in groupby(population.contacts_as_posted(), key=lambda one: one[0]):
        step_to(posted)
        client.post("/contacts", [contact for _, contact in together], wait="applied")
    step_to(population.now)
    if population.events:
        client.post("/events", population.events, wait="applied")
    return ids


def _contact(given: Json, posted: int, list_ids: Mapping[str, str]) -> Contact:
    fields = dict(given["fields"])
    created = fields.pop("created_at", None)
    identifiers = {name: given[name] for name in IDENTIFIERS if given.get(name) is not None}
    if "email" in identifiers:
        identifiers["email"] = identifiers["email"].lower()
    return Contact(
        id=given["external_id"],
        identifiers=identifiers,
        fields=fields,
        lists=[list_ids[name] for name in given.get("lists", [])],
        created_at=posted if created is None else instant(created),
        updated_at=posted,
    )


def _event(given: Json) -> Event:
    return Event(
        contact=given["external_id"],
        event=given["event"],
        time=instant(given["time"]),
        source=given.get("source"),
        event_id=given.get("event_id"),
        properties=given.get("properties", {}),
    )
