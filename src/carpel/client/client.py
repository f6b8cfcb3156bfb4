"""The own API from Python: requests, pages, and errors that say what the server said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import httpx
import msgspec

from carpel.kit.numbers import from_text

_decode = msgspec.json.Decoder(float_hook=from_text).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Unreachable(Exception):
    """The server does not answer."""


class ApiError(Exception):
    """The server refused. `problem` is the RFC 9457 object it answered with."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail", f"the server answered {status}"))
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The problem's stable code."""
        return str(self.problem.get("code", ""))


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
        headers = {"Authorization": f"Bearer {key}"}
        if workspace is not None:
            headers["X-Carpel-Workspace"] = workspace
        self._http = httpx.Client(
            base_url=f"{base_url}/api/v1",
            headers=headers,
            timeout=httpx.Timeout(None, connect=10),
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
        return self._call("POST", path, query, _encode(body))

    def patch(self, path: str, body: Any, **query: Any) -> Any:
        """Change what the body names."""
        return self._call("PATCH", path, query, _encode(body))

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
                    raise _error(answer.status_code, answer.read())
                yield answer.iter_bytes()
        except httpx.TransportError as error:
            raise Unreachable(str(error)) from None

    def _call(
        self, method: str, path: str, query: Mapping[str, Any], content: bytes | None = None
    ) -> Any:
        params = {name: value for name, value in query.items() if value is not None}
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._http.request(
                method, path, params=params, content=content, headers=headers
            )
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise _error(answer.status_code, answer.content)
        return _decode(answer.content) if answer.content else None


def _error(status: int, body: bytes) -> ApiError:
    try:
        problem = _decode(body)
    except msgspec.DecodeError:
        problem = None
    return ApiError(status, problem if isinstance(problem, dict) else {})
