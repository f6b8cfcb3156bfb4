"""The own API from Python: requests, pages, and errors that say what the server said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import httpx

from . import models as m, requests as r
from .wire import TIMEOUT, Unreachable, decode, encode, error as error_of, headers_for, read

Answer = TypeVar("Answer")


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
        content, _ = encode(request.body)
        status, body = self._exchange(
            request.method, request.path, {**request.query, **more}, content
        )
        return read(status, body, request.answer)

    def _items(self, request: r.Request[Any]) -> Iterator[Any]:
        """All that a listing holds, page by page."""
        cursor = None
        while True:
            page: m.Page[Any] = self.send(request, cursor=cursor)
            yield from page.data
            cursor = page.next_cursor
            if cursor is None:
                return

    def segments(self, **filters: Any) -> Iterator[m.Segment]:
        """All segments that pass the filters: name, tag, team, list, archived."""
        return self._items(r.segments(**filters))

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

    def preview(self, sql: str) -> m.Preview:
        """What a query would give now."""
        return self.send(r.preview(sql))

    def members(self, reference: str, limit: int = 10_000) -> Iterator[m.Contact]:
        """All members of one moment."""
        return self._items(r.members(reference, limit))

    def explain(self, reference: str, contact: str) -> m.Explanation:
        """Why a contact is in or out."""
        return self.send(r.explain(reference, contact))

    def series(self, reference: str, **query: Any) -> m.Series:
        """Sizes over time: start, end, interval, timezone."""
        return self.send(r.series(reference, **query))

    def follow(
        self, cursor: str | None = None, segments: Sequence[str] = (), wait: int = 30
    ) -> Iterator[m.Changes]:
        """Changes as they come, for ever. Keep each page's `next_cursor` with what you make of it."""
        while True:
            page = self.send(r.changes(cursor, segments, wait, limit=1_000))
            cursor = page.next_cursor
            yield page

    def send_contacts(
        self, items: Sequence[Mapping[str, Any]], wait: r.Wait | None = None
    ) -> m.Accepted:
        """Make or change contacts; durable when this returns."""
        return self.send(r.send_contacts(items, wait))

    def send_events(
        self, items: Sequence[Mapping[str, Any]], wait: r.Wait | None = None
    ) -> m.Accepted:
        """Tell what contacts did; durable when this returns."""
        return self.send(r.send_events(items, wait))

    def contact(self, reference: str) -> m.Contact:
        """One contact, by id, external_id or e-mail address."""
        return self.send(r.contact(reference))

    def erase_contact(self, reference: str) -> None:
        """Forget a contact everywhere."""
        self.send(r.erase_contact(reference))

    # ------------------------------------------------------------------ within

    def _call(
        self, method: str, path: str, query: Mapping[str, Any], content: bytes | None = None
    ) -> Any:
        status, body = self._exchange(method, path, query, content)
        if status >= httpx.codes.BAD_REQUEST:
            raise error_of(status, body)
        return decode(body) if body else None

    def _exchange(
        self, method: str, path: str, query: Mapping[str, Any], content: bytes | None
    ) -> tuple[int, bytes]:
        params = {name: value for name, value in query.items() if value is not None}
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._http.request(
                method, path, params=params, content=content, headers=headers
            )
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        return answer.status_code, answer.content
