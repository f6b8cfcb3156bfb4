"""A process that reads and checks large bodies beside the server, and looks up what they will ask; and
that makes columns of many rows and events.

Fields and lists are read anew when the catalogue has changed, so each body is checked against what was
there when it was handed over. It writes nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from carpel.domain.contacts import Contacts, packed as contacts
from carpel.domain.events import packed as events
from carpel.domain.fields import Fields
from carpel.domain.ingest.ahead import Scout
from carpel.domain.lists import Lists
from carpel.kit.clock import SystemClock
from carpel.kit.garbage import look_seldom
from carpel.kit.processes import answer_all
from carpel.storage.catalogue import Catalogue
from carpel.storage.people import PeopleView
from carpel.surfaces.native import beside

_CACHE_MB = 64  # of pages: the upper ones of the indexes of ten million contacts

_request = msgspec.msgpack.Decoder(beside.Job | contacts.Packed | events.Packed).decode


class _Reader:
    """Answers requests from two of the server's files."""

    def __init__(self, catalogue: Path, people: Path) -> None:
        self._catalogue = Catalogue(catalogue)
        self._people = PeopleView(people, _CACHE_MB)
        self._scout = Scout(self._people)
        self._version = -1
        self._contacts: Contacts | None = None
        self._fields: Fields

    def answer(self, request: bytes) -> bytes:
        asked = _request(request)
        if isinstance(asked, events.Packed):
            return events.answer(asked)
        known = self._current()
        if isinstance(asked, contacts.Packed):
            return contacts.answer(asked, self._fields)
        return beside.answer(asked, known, self._scout)

    def _current(self) -> Contacts:
        with self._catalogue.read() as connection:
            version = connection.execute("PRAGMA data_version").fetchone()[0]
        if self._contacts is None or version != self._version:
            clock = SystemClock()  # for what is made; nothing is
            self._fields, lists = Fields(self._catalogue, clock), Lists(self._catalogue, clock)
            self._contacts = Contacts(self._people, self._fields, lists)
            self._version = version
        return self._contacts


def main() -> None:
    """Answer until the server ends."""
    look_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server sees to the end
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    catalogue, people = map(Path, sys.argv[1:3])
    with suppress(BrokenPipeError):  # the server is gone
        answer_all(_Reader(catalogue, people).answer)
    # Without closing the files: the last to do so would write to them.
    os._exit(0)


if __name__ == "__main__":
    main()
