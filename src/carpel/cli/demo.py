"""`carpel demo`."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from carpel.client import Client
from carpel.demo import EVERYONE, FIELDS, LISTS, SEGMENTS, TAG, Recipe, contacts, events
from carpel.kit.clock import DAY
from carpel.kit.instants import format_instant, parse_instant
from carpel.kit.words import counted
from carpel.settings import Settings, load

from .output import bar, say
from .serve import run_server

_BATCH = 5_000
_KEY_NAME = "demo"
_NOTE = re.compile(r"Demo data(?P<filling> in the making)?: (?P<contacts>[\d,]+) contacts?, "
                   r"seed (?P<seed>-?\d+), as of (?P<day>\d{4}-\d\d-\d\d)\.")  # fmt: skip


@click.command()
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR",
              help="The data directory, made when it is missing.  [default: ./carpel-data]")  # fmt: skip
@click.option("--host", metavar="ADDRESS", help="The address to serve on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535),
              help="The port to serve on; 0 takes a free one.  [default: 8080]")  # fmt: skip
@click.option("--contacts", "people", type=click.IntRange(1, 10_000_000), default=20_000,
              show_default=True, help="How many contacts to make.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True,
              help="Another number makes other people.")  # fmt: skip
@click.option("--no-serve", is_flag=True, help="Fill the directory and make a key, no more.")
def demo(*, people: int, seed: int, no_serve: bool, **flags: Any) -> None:
    """Serve a workspace of generated contacts, lists, events and segments.

    A new directory is filled first; one that was filled before is served as it is, with a new key.
    """
    from carpel.app.service import Service  # noqa: PLC0415  (takes a while to load)

    settings, _ = load(flags)
    service = Service.open(settings)
    try:
        with _inside(service, settings) as client:
            _ensure_filled(client, settings, service.clock.now(), people, seed)
            access = _make_access(client)
        if no_serve:
            _invite_later(settings, access)
            return
        run_server(service, settings, lambda url: click.echo(_welcome(url, settings, access)))
    finally:
        service.close()


@contextmanager
def _inside(service: Any, settings: Settings) -> Iterator[Client]:
    """A client of the service in this very process."""
    from carpel.app.front import Front  # noqa: PLC0415  (takes a while to load)
    from carpel.client import InsideTransport  # noqa: PLC0415
    from carpel.kit.ids import new_secret  # noqa: PLC0415

    token = new_secret()
    transport = InsideTransport(Front(service, settings, token))
    with Client("http://carpel", token, workspace="default", transport=transport) as client:
        yield client


# --------------------------------------------------------------------- what is there


@dataclass(frozen=True)
class _Stamp:
    """What a directory is filled with; the note of the segment Everyone says it."""

    anchor: int
    contacts: int
    seed: int
    filling: bool

    @property
    def note(self) -> str:
        """The note that `_read_stamp` reads again."""
        state = " in the making" if self.filling else ""
        day = format_instant(self.anchor)[:10]
        people = counted(self.contacts, "contact")
        return f"Demo data{state}: {people}, seed {self.seed}, as of {day}."


def _ensure_filled(client: Client, settings: Settings, now: int, people: int, seed: int) -> None:
    """Fill a new directory, or go on where an earlier process was stopped.

    Raises:
        click.ClickException: the directory holds somebody's data.
    """
    segments = list(client.everything("/segments", limit=1000, archived="all"))
    if any(TAG in one["tags"] for one in segments):
        stamp = _read_stamp(segments)
        if stamp is None:
            say(f"{settings.data} holds the demo already")
            return
        whole = counted(stamp.contacts, "contact")
        say(f"{settings.data} was not filled to its end; going on with its {whole}")
    elif segments or _holds_data(client):
        raise click.ClickException(
            f"{settings.data} holds data that is not the demo's, and stays as it is; "
            "name a new directory: carpel demo --data DIR"
        )
    else:
        say(f"filling {settings.data}")
        stamp = _Stamp(now - now % DAY, people, seed, filling=True)
        client.post("/segments", {**EVERYONE.body, "note": stamp.note})
    _fill(client, stamp, now)


def _read_stamp(segments: Iterable[dict[str, Any]]) -> _Stamp | None:
    """The stamp of a directory that is still to be filled; None when nothing says so."""
    notes = [one["note"] for one in segments if one["code"] == EVERYONE.code]
    match = _NOTE.fullmatch(notes[0]) if notes else None
    day = parse_instant(match["day"]) if match is not None else None
    if match is None or match["filling"] is None or day is None:
        return None
    return _Stamp(day, int(match["contacts"].replace(",", "")), int(match["seed"]), filling=True)


def _holds_data(client: Client) -> bool:
    """Whether anyone has put anything into the directory."""
    made = any(one["role"] == "custom" for one in client.everything("/fields"))
    lists = next(client.everything("/lists"), None)
    workspaces = list(client.everything("/workspaces"))
    people = client.post("/segments/preview", {"sql": EVERYONE.sql})["count"]["value"]
    return made or lists is not None or len(workspaces) > 1 or people > 0


# -------------------------------------------------------------------------- filling


def _fill(client: Client, stamp: _Stamp, now: int) -> None:
    """Send everything; what an earlier process sent is known again by its identifiers."""
    start = time.monotonic()
    recipe = Recipe(stamp.contacts, stamp.seed, stamp.anchor, now)
    _make_fields(client)
    _make_lists(client)
    people = _send(client, "/contacts", ([one] for one in contacts(recipe)), recipe.contacts)
    say(f"{counted(people, 'contact')} stored; now their events")
    happened = _send(client, "/events", events(recipe), recipe.contacts)
    say(f"{counted(happened, 'event')} stored; now the segments")
    _make_segments(client)
    client.patch(f"/segments/{EVERYONE.code}", {"note": replace(stamp, filling=False).note})
    say(f"{counted(len(SEGMENTS), 'segment')} made; all in {time.monotonic() - start:.1f} s")


def _make_fields(client: Client) -> None:
    known = {one["name"] for one in client.everything("/fields")}
    for name, field_type in FIELDS.items():
        if name not in known:
            client.post("/fields", {"name": name, "type": field_type})


def _make_lists(client: Client) -> None:
    known = {one["name"] for one in client.everything("/lists")}
    for name in LISTS:
        if name not in known:
            client.post("/lists", {"name": name})


def _send(client: Client, path: str, groups: Iterable[list[dict[str, Any]]], total: int) -> int:
    """Send the items of so many groups, one for each contact; returns how many items there are."""
    sent = 0
    with bar() as progress:
        for done, batch in _batches(groups):
            client.post(path, batch, wait="stored")
            sent += len(batch)
            progress(path.removeprefix("/"), done, total)
    return sent


def _batches(
    groups: Iterable[list[dict[str, Any]]],
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """How many groups have begun, and their next items."""
    waiting: list[dict[str, Any]] = []
    done = 0
    for group in groups:
        done += 1
        waiting += group
        while len(waiting) >= _BATCH:
            yield done, waiting[:_BATCH]
            waiting = waiting[_BATCH:]
    if waiting:
        yield done, waiting


def _make_segments(client: Client) -> None:
    known = {one["code"] for one in client.everything("/segments", limit=1000, archived="all")}
    with bar() as progress:
        for place, wanted in enumerate(SEGMENTS):
            progress("segments", place, len(SEGMENTS))
            if wanted.code not in known:
                client.post("/segments", wanted.body)


# --------------------------------------------------------------------- inviting in


@dataclass(frozen=True)
class _Access:
    """How a caller gets in."""

    key: str
    project_key: str


def _make_access(client: Client) -> _Access:
    """A new key; those of earlier runs open nothing any more."""
    for one in client.everything("/keys"):
        if one["name"] == _KEY_NAME and one["revoked_at"] is None:
            client.delete(f"/keys/{one['id']}")
    made = client.post("/keys", {"name": _KEY_NAME, "permissions": ["*"]})
    workspaces = {one["name"]: one for one in client.everything("/workspaces")}
    return _Access(made["key"], workspaces["default"]["project_key"])


def _welcome(url: str, settings: Settings, access: _Access) -> str:
    return f"Carpel serves {url} (data in {settings.data})\n\n{_invitation(url, access)}"


def _invite_later(settings: Settings, access: _Access) -> None:
    """Where it will be served, and how."""
    host, port = settings.host, settings.port or Settings.port
    click.echo(_invitation(f"http://{f'[{host}]' if ':' in host else host}:{port}", access))
    data = shlex.quote(str(settings.data))
    say(f"to serve it: carpel serve --data {data} --host {host} --port {port}")


def _invitation(url: str, access: _Access) -> str:
    """The keys, and a line to paste for each door."""
    curl = f"curl -H 'Authorization: Bearer {access.key}'"
    batch = f"{curl} -H 'X-Batch-Project: {access.project_key}'"
    sql = "lifetime_value > 250 AND orders_count >= 3"
    lines = (
        f"Key for every door:  {access.key}",
        f"Batch project key:   {access.project_key}",
        "",
        "# Braze",
        f"{curl} '{url}/segments/list'",
        "# Batch",
        f"{batch} '{url}/2.11/segments/list?limit=100'",
        "# SendGrid, with counts",
        f"{curl} '{url}/v3/marketing/segments'",
        "# Carpel's own API, with exact counts",
        f"{curl} '{url}/api/v1/segments?limit=100'",
        "# Who would be in a segment, before there is one",
        f"{curl} '{url}/api/v1/segments/preview' -d '{{\"sql\": \"{sql}\"}}'",
    )
    return "\n".join(lines)
