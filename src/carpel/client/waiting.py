"""The own API from asynchronous Python."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar

import httpx

from . import models as m, requests as r
from .wire import (
    NDJSON,
    TIMEOUT,
    Unreachable,
    encode,
    error as error_of,
    headers_for,
    headers_of,
    lines_coming,
    read,
)

Answer = TypeVar("Answer")
Item = TypeVar("Item")


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
        self._root = base_url
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
        body, headers = encode(request.body)
        content = body if request.lines is None else lines_coming(request.lines)
        try:
            answer = await self._http.request(
                request.method, request.path, params=query, content=content,
                headers={**headers, **headers_of(request)},
            )  # fmt: skip
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        return read(answer.status_code, answer.content, request.answer)

    async def items(self, request: r.Request[m.Page[Item]]) -> AsyncIterator[Item]:
        """All that a listing holds, page by page."""
        cursor = None
        while True:
            page = await self.send(request, **({} if cursor is None else {"cursor": cursor}))
            for one in page.data:
                yield one
            cursor = page.next_cursor
            if cursor is None:
                return

    # ---------------------------------------------------------------- segments

    async def segments(self, **filters: Any) -> AsyncIterator[m.Segment]:
        """All segments that pass the filters: name, tag, team, list, archived."""
        async for one in self.items(r.segments(**filters)):
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

    async def preview(self, rules: str | Mapping[str, Any]) -> m.Preview:
        """What a query, as text or as a document, would give now."""
        return await self.send(r.preview(rules))

    async def members(self, reference: str, limit: int = 10_000) -> AsyncIterator[m.Contact]:
        """All members; who stays meanwhile comes once."""
        request = r.members(reference, limit)
        page = await self.send(request)
        for one in page.data:
            yield one
        while page.next_cursor is not None:
            page = await self.send(request, cursor=page.next_cursor)
            for one in page.data:
                yield one

    async def explain(self, reference: str, contact: str) -> m.Explanation:
        """Why a contact is in or out."""
        return await self.send(r.explain(reference, contact))

    async def series(self, reference: str, **query: Any) -> m.Series:
        """Sizes over time: start, end, interval, timezone."""
        return await self.send(r.series(reference, **query))

    # -------------------------------------------------------------------- feed

    async def follow(
        self, cursor: str | None = None, segments: Sequence[str] = (), wait: int = 30
    ) -> AsyncIterator[m.Changes]:
        """Changes as they come, for ever. Keep each page's `next_cursor` with what you make of it."""
        while True:
            page = await self.send(r.changes(cursor, segments, wait, limit=1_000))
            cursor = page.next_cursor
            yield page

    async def changes(
        self, cursor: str | None = None, segments: Sequence[str] = ()
    ) -> AsyncIterator[m.ChangeLine]:
        """All changes there are after a cursor; each has the one that goes on after it."""
        request = r.changes(cursor, segments, 0, limit=1)
        query = {name: value for name, value in request.query.items() if value is not None}
        try:
            async with self._http.stream(
                "GET", request.path, params=query, headers=NDJSON
            ) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise error_of(answer.status_code, await answer.aread())
                async for line in answer.aiter_lines():
                    yield read(answer.status_code, line.encode(), m.ChangeLine)
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None

    async def webhooks(self) -> AsyncIterator[m.Webhook]:
        """All webhooks, and how sending goes."""
        async for one in self.items(r.webhooks()):
            yield one

    async def create_webhook(self, url: str, **more: Any) -> m.Webhook:
        """Have changes sent to an address; the answer has the secret. More: segments, first_fill."""
        return await self.send(r.create_webhook({"url": url, **more}))

    # -------------------------------------------------------------------- data

    async def send_contacts(
        self,
        items: Sequence[Mapping[str, Any]],
        wait: r.Wait | None = None,
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Make or change contacts; durable when this returns. With a key it is safe to repeat."""
        return await self.send(r.send_contacts(items, wait, key))

    async def send_events(
        self,
        items: Sequence[Mapping[str, Any]],
        wait: r.Wait | None = None,
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Tell what contacts did; durable when this returns. With a key it is safe to repeat."""
        return await self.send(r.send_events(items, wait, key))

    async def stream_contacts(
        self,
        items: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        wait: r.Wait | None = None,
        on_error: r.OnError = "refuse",
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Any number of contacts, in bounded memory here and there."""
        return await self.send(r.stream_contacts(items, wait, on_error, key))

    async def stream_events(
        self,
        items: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        wait: r.Wait | None = None,
        on_error: r.OnError = "refuse",
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Any number of events, in bounded memory here and there."""
        return await self.send(r.stream_events(items, wait, on_error, key))

    async def contact(self, reference: str) -> m.Contact:
        """One contact, by id, external_id or e-mail address."""
        return await self.send(r.contact(reference))

    async def edit_contact(self, reference: str, **changes: Any) -> m.Contact:
        """Change identifiers, `fields`, or `lists`, which are all it is in from then on."""
        return await self.send(r.edit_contact(reference, changes))

    async def erase_contact(self, reference: str) -> None:
        """Forget a contact everywhere."""
        await self.send(r.erase_contact(reference))

    async def segments_of(self, reference: str) -> AsyncIterator[m.SegmentOf]:
        """All segments that a contact is in."""
        async for one in self.items(r.segments_of(reference)):
            yield one

    # --------------------------------------------------- lists, jobs and exports

    async def lists(self) -> AsyncIterator[m.List]:
        """All lists."""
        async for one in self.items(r.lists()):
            yield one

    async def create_list(self, name: str) -> m.List:
        """A new, empty list."""
        return await self.send(r.create_list(name))

    async def list_contacts(self, reference: str, limit: int = 1_000) -> AsyncIterator[m.Contact]:
        """Who is in a list."""
        async for one in self.items(r.list_contacts(reference, limit)):
            yield one

    async def jobs(self, kind: str | None = None) -> AsyncIterator[m.Job]:
        """The newest jobs."""
        async for one in self.items(r.jobs(kind)):
            yield one

    async def wait_for(self, job: m.Job) -> m.Job:
        """A job once it is finished, well or not."""
        while not job.is_finished:
            job = await self.send(r.job(job.id, r.LONGEST_WAIT_S))
        return job

    async def export(
        self, segment: str, format_: r.Format = "csv", fields: Sequence[str] | None = None
    ) -> m.Job:
        """Have a segment's members written to a file; `wait_for` it, then `read_export` it."""
        return await self.send(r.create_export(segment, format_, fields))

    async def read_export(self, job: m.Job) -> AsyncIterator[bytes]:
        """The file of a finished export, piece by piece."""
        try:
            async with self._http.stream("GET", self._root + job.result["url"]) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise error_of(answer.status_code, await answer.aread())
                async for piece in answer.aiter_bytes():
                    yield piece
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None
