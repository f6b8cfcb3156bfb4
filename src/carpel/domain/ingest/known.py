"""Records that came before under the same idempotency key: they are not applied again."""

from __future__ import annotations

import msgspec

from carpel.kit.clock import DAY
from carpel.storage.people import People

from .records import ContactsRecord, EventsRecord, Once, Record
from .results import ApplyResult

KEPT_FOR = DAY

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ApplyResult).decode


def once_of(record: Record) -> Once | None:
    """What makes a record count once."""
    return record.once if isinstance(record, ContactsRecord | EventsRecord) else None


class Known:
    """What a batch knows of records with keys; times are those of records, so a replay agrees."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._new: dict[bytes, tuple[bytes, int, ApplyResult]] = {}

    def find(self, record: Record) -> ApplyResult | None:
        """What came of the same record when it came before."""
        once = once_of(record)
        if once is None:
            return None
        found = self._new.get(once.key)
        if found is None and (stored := self._people.taken(once.key)) is not None:
            found = stored[0], stored[1], _decode(stored[2])
        if found is None or found[0] != once.request or found[1] < record.at - KEPT_FOR:
            return None
        return found[2]

    def remember(self, record: Record, result: ApplyResult) -> None:
        """A record has been applied."""
        once = once_of(record)
        if once is not None:
            self._new[once.key] = (once.request, record.at, result)

    def flush(self) -> None:
        """Write what is new, in the batch's transaction."""
        if self._new:
            newest = max(at for _, at, _ in self._new.values())
            self._people.put_taken(
                ((key, *one[:2], _encode(one[2])) for key, one in self._new.items()),
                newest - KEPT_FOR,
            )
