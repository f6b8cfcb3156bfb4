"""The own API from asynchronous Python."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Self, TypeVar

import httpx

from . import models as m, requests as r
from .wire import TIMEOUT, Unreachable, encode, headers_for, read

Answer = TypeVar("Answer")


class AsyncClient:
    """Calls /api/v1 of one server, for one workspace. Any number of tasks may share it."""

    def __init__(
        self, base_url: str, key: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Get ready to call; nothing is sent yet.

        Args:
            base_url: where the server listens, without a path.
            key: a key of the own API.
            transport: how to get there, when not over the network.
        """
        self._http = httpx.AsyncClient(
            base_url=f"{base_url}/api/v1",
            headers=headers_for(key),
            timeout=TIMEOUT,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, request: r.Request[Answer], **more: Any) -> Answer:
        """Any request of `carpel.client.requests`; `more` are further query parameters."""
        query = {k: v for k, v in {**request.query, **more}.items() if v is not None}
        content, headers = encode(request.body)
        try:
            answer = await self._http.request(
                request.method, request.path, params=query, content=content, headers=headers
            )
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        return read(answer.status_code, answer.content, request.answer)

    async def _items(self, request: r.Request[Any]) -> AsyncIterator[Any]:
        """All that a listing holds, page by page."""
        cursor = None
        while True:
            page: m.Page[Any] = await self.send(request, cursor=cursor)
            for one in page.data:
                yield one
            cursor = page.next_cursor
            if cursor is None:
                return

    # ---------------------------------------------------------------- segments

    async def segments(self, **filters: Any) -> AsyncIterator[m.Segment]:
        """All segments that pass the filters: name, tag, team, list, archived."""
        async for one in self._items(r.segments(**filters)):
            yield one

    async def segment(self, reference: str) -> m.Segment:
        """One segment, by id, code or name."""
        return await self.send(r.segment(reference))

    async def create_segment(self, **definition: Any) -> m.Segment:
        """A new segment: name, and sql or document, and what else it can have."""
        return await self.send(r.create_segment(definition))

    async def edit_segment(self, reference: str, **changes: Any) -> m.Segment:
        """Change what is given."""
        return await self.send(r.edit_segment(reference, changes))

    async def delete_segment(self, reference: str) -> None:
        """Delete a segment and its history."""
        await self.send(r.delete_segment(reference))

    async def preview(self, sql: str) -> m.Preview:
        """What a query would give now."""
        return await self.send(r.preview(sql))

    async def members(self, reference: str, limit: int = 10_000) -> AsyncIterator[m.Contact]:
        """All members of one moment."""
        async for one in self._items(r.members(reference, limit)):
            yield one

    async def explain(self, reference: str, contact: str) -> m.Explanation:
        """Why a contact is in or out."""
        return await self.send(r.explain(reference, contact))

    async def series(self, reference: str, **query: Any) -> m.Series:
        """Sizes over time: start, end, interval, timezone."""
        return await self.send(r.series(reference, **query))

    async def follow(
        self, cursor: str | None = None, segments: Sequence[str] = (), wait: int = 30
    ) -> AsyncIterator[m.Changes]:
        """Changes as they come, for ever. Keep each page's `next_cursor` with what you make of it."""
        while True:
            page = await self.send(r.changes(cursor, segments, wait, limit=1_000))
            cursor = page.next_cursor
            yield page

    # -------------------------------------------------------------------- data

    async def send_contacts(
        self, items: Sequence[Mapping[str, Any]], wait: r.Wait | None = None
    ) -> m.Accepted:
        """Make or change contacts; durable when this returns."""
        return await self.send(r.send_contacts(items, wait))

    async def send_events(
        self, items: Sequence[Mapping[str, Any]], wait: r.Wait | None = None
    ) -> m.Accepted:
        """Tell what contacts did; durable when this returns."""
        return await self.send(r.send_events(items, wait))

    async def contact(self, reference: str) -> m.Contact:
        """One contact, by id, external_id or e-mail address."""
        return await self.send(r.contact(reference))

    async def erase_contact(self, reference: str) -> None:
        """Forget a contact everywhere."""
        await self.send(r.erase_contact(reference))
