"""The own API from Python: requests, pages, and errors that say what the server said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Self, TypeVar

import httpx

from . import models as m, requests as r
from .wire import (
    NDJSON,
    TIMEOUT,
    Unreachable,
    decode,
    encode,
    error as error_of,
    headers_for,
    headers_of,
    lines,
    read,
)

Answer = TypeVar("Answer")
Item = TypeVar("Item")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Client:
    """Calls /api/v1 of one server, for one workspace. Use it in one thread at a time."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        workspace: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Get ready to call; nothing is sent yet.

        Args:
            base_url: where the server listens, without a path.
            key: a key of the own API, or the local token of a data directory.
            workspace: which one, for the local token; a key has its own.
            transport: how to get there, when not over the network.
        """
        self._root = base_url
        self._http = httpx.Client(
            base_url=f"{base_url}/api/v1",
            headers=headers_for(key, workspace),
            timeout=TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Read. Query parameters that are None are left out."""
        return self._call("GET", path, query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Send a body as JSON."""
        return self._call("POST", path, query, encode(body)[0] or b"null")

    def patch(self, path: str, body: Any, **query: Any) -> Any:
        """Change what the body names."""
        return self._call("PATCH", path, query, encode(body)[0])

    def delete(self, path: str, **query: Any) -> Any:
        """Delete."""
        return self._call("DELETE", path, query)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every page of a listing, by its cursor."""
        page = self.get(path, **query)
        yield page
        while page.get("next_cursor"):
            page = self.get(path, **query, cursor=page["next_cursor"])
            yield page

    def everything(self, path: str, **query: Any) -> Iterator[Any]:
        """Every item of a listing."""
        for page in self.pages(path, **query):
            yield from page["data"]

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """A body piece by piece."""
        try:
            with self._http.stream("GET", path) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise error_of(answer.status_code, answer.read())
                yield answer.iter_bytes()
        except httpx.TransportError as error:
            raise Unreachable(str(error)) from None

    # ------------------------------------------------------------------- typed

    def send(self, request: r.Request[Answer], **more: Any) -> Answer:
        """Any request of `carpel.client.requests`; `more` are further query parameters."""
        content = encode(request.body)[0] if request.lines is None else lines(request.lines)
        status, body = self._exchange(
            request.method, request.path, {**request.query, **more}, content, headers_of(request)
        )
        return read(status, body, request.answer)

    def items(self, request: r.Request[m.Page[Item]]) -> Iterator[Item]:
        """All that a listing holds, page by page."""
        cursor = None
        while True:
            page = self.send(request, **({} if cursor is None else {"cursor": cursor}))
            yield from page.data
            cursor = page.next_cursor
            if cursor is None:
                return

    # ---------------------------------------------------------------- segments

    def segments(self, **filters: Any) -> Iterator[m.Segment]:
        """All segments that pass the filters: name, tag, team, list, archived."""
        return self.items(r.segments(**filters))

    def segment(self, reference: str) -> m.Segment:
        """One segment, by id, code or name."""
        return self.send(r.segment(reference))

    def create_segment(self, **definition: Any) -> m.Segment:
        """A new segment: name, and sql or document, and what else it can have."""
        return self.send(r.create_segment(definition))

    def edit_segment(self, reference: str, **changes: Any) -> m.Segment:
        """Change what is given."""
        return self.send(r.edit_segment(reference, changes))

    def delete_segment(self, reference: str) -> None:
        """Delete a segment and its history."""
        self.send(r.delete_segment(reference))

    def preview(self, rules: str | Mapping[str, Any]) -> m.Preview:
        """What a query, as text or as a document, would give now."""
        return self.send(r.preview(rules))

    def members(self, reference: str, limit: int = 10_000) -> Iterator[m.Contact]:
        """All members; who stays meanwhile comes once."""
        request = r.members(reference, limit)
        page = self.send(request)
        yield from page.data
        while page.next_cursor is not None:
            page = self.send(request, cursor=page.next_cursor)
            yield from page.data

    def explain(self, reference: str, contact: str) -> m.Explanation:
        """Why a contact is in or out."""
        return self.send(r.explain(reference, contact))

    def series(self, reference: str, **query: Any) -> m.Series:
        """Sizes over time: start, end, interval, timezone."""
        return self.send(r.series(reference, **query))

    # -------------------------------------------------------------------- feed

    def follow(
        self, cursor: str | None = None, segments: Sequence[str] = (), wait: int = 30
    ) -> Iterator[m.Changes]:
        """Changes as they come, for ever. Keep each page's `next_cursor` with what you make of it."""
        while True:
            page = self.send(r.changes(cursor, segments, wait, limit=1_000))
            cursor = page.next_cursor
            yield page

    def changes(
        self, cursor: str | None = None, segments: Sequence[str] = ()
    ) -> Iterator[m.ChangeLine]:
        """All changes there are after a cursor; each has the one that goes on after it."""
        request = r.changes(cursor, segments, 0, limit=1)
        query = {name: value for name, value in request.query.items() if value is not None}
        try:
            with self._http.stream("GET", request.path, params=query, headers=NDJSON) as answer:
                if answer.status_code >= httpx.codes.BAD_REQUEST:
                    raise error_of(answer.status_code, answer.read())
                for line in answer.iter_lines():
                    yield read(answer.status_code, line.encode(), m.ChangeLine)
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None

    def webhooks(self) -> Iterator[m.Webhook]:
        """All webhooks, and how sending goes."""
        return self.items(r.webhooks())

    def create_webhook(self, url: str, **more: Any) -> m.Webhook:
        """Have changes sent to an address; the answer has the secret. More: segments, first_fill."""
        return self.send(r.create_webhook({"url": url, **more}))

    # -------------------------------------------------------------------- data

    def send_contacts(
        self,
        items: Sequence[Mapping[str, Any]],
        wait: r.Wait | None = None,
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Make or change contacts; durable when this returns. With a key it is safe to repeat."""
        return self.send(r.send_contacts(items, wait, key))

    def send_events(
        self,
        items: Sequence[Mapping[str, Any]],
        wait: r.Wait | None = None,
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Tell what contacts did; durable when this returns. With a key it is safe to repeat."""
        return self.send(r.send_events(items, wait, key))

    def stream_contacts(
        self,
        items: Iterable[Mapping[str, Any]],
        wait: r.Wait | None = None,
        on_error: r.OnError = "refuse",
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Any number of contacts, in bounded memory here and there."""
        return self.send(r.stream_contacts(items, wait, on_error, key))

    def stream_events(
        self,
        items: Iterable[Mapping[str, Any]],
        wait: r.Wait | None = None,
        on_error: r.OnError = "refuse",
        *,
        key: str | None = None,
    ) -> m.Accepted:
        """Any number of events, in bounded memory here and there."""
        return self.send(r.stream_events(items, wait, on_error, key))

    def contact(self, reference: str) -> m.Contact:
        """One contact, by id, external_id or e-mail address."""
        return self.send(r.contact(reference))

    def edit_contact(self, reference: str, **changes: Any) -> m.Contact:
        """Change identifiers, `fields`, or `lists`, which are all it is in from then on."""
        return self.send(r.edit_contact(reference, changes))

    def erase_contact(self, reference: str) -> None:
        """Forget a contact everywhere."""
        self.send(r.erase_contact(reference))

    def segments_of(self, reference: str) -> Iterator[m.SegmentOf]:
        """All segments that a contact is in."""
        return self.items(r.segments_of(reference))

    # --------------------------------------------------- lists, jobs and exports

    def lists(self) -> Iterator[m.List]:
        """All lists."""
        return self.items(r.lists())

    def create_list(self, name: str) -> m.List:
        """A new, empty list."""
        return self.send(r.create_list(name))

    def list_contacts(self, reference: str, limit: int = 1_000) -> Iterator[m.Contact]:
        """Who is in a list."""
        return self.items(r.list_contacts(reference, limit))

    def jobs(self, kind: str | None = None) -> Iterator[m.Job]:
        """The newest jobs."""
        return self.items(r.jobs(kind))

    def wait_for(self, job: m.Job) -> m.Job:
        """A job once it is finished, well or not."""
        while not job.is_finished:
            job = self.send(r.job(job.id, r.LONGEST_WAIT_S))
        return job

    def export(
        self, segment: str, format_: r.Format = "csv", fields: Sequence[str] | None = None
    ) -> m.Job:
        """Have a segment's members written to a file; `wait_for` it, then `read_export` it."""
        return self.send(r.create_export(segment, format_, fields))

    def read_export(self, job: m.Job) -> Iterator[bytes]:
        """The file of a finished export, piece by piece."""
        with self.download(self._root + job.result["url"]) as pieces:
            yield from pieces

    # ------------------------------------------------------------------ within

    def _call(
        self, method: str, path: str, query: Mapping[str, Any], content: bytes | None = None
    ) -> Any:
        status, body = self._exchange(method, path, query, content)
        if status >= httpx.codes.BAD_REQUEST:
            raise error_of(status, body)
        return decode(body) if body else None

    def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        content: bytes | Iterator[bytes] | None,
        more: Mapping[str, str] = _NOTHING,
    ) -> tuple[int, bytes]:
        params = {name: value for name, value in query.items() if value is not None}
        headers = {"Content-Type": "application/json"} if content is not None else {}
        headers |= more
        try:
            answer = self._http.request(
                method, path, params=params, content=content, headers=headers
            )
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        return answer.status_code, answer.content
