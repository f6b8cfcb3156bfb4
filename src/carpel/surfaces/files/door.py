"""GET, HEAD and PUT of `/files/{token}/{name}`; the link itself is the permission."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from carpel.domain.files import BadLink, ExpiredLink, File, Files, TooLargeFile
from carpel.surfaces.wire.answers import answer, json_bytes


class FilesDoor:
    """Serves what links are good for, and takes what they have room for.

    Unknown and made-up links answer 404, expired ones 403, as object stores answer theirs.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    async def answer(self, request: Request) -> Response:
        """The answer to a request."""
        token = request.url.path.split("/")[2]
        try:
            if request.method in ("GET", "HEAD"):
                return self._send(self._files.by_link(token, "get"))
            if request.method == "PUT":
                return await self._take(request, self._files.by_link(token, "put"))
        except ExpiredLink as refusal:
            return _refuse(request, 403, refusal.message)
        except BadLink as refusal:
            return _refuse(request, 404, refusal.message)
        except TooLargeFile as refusal:
            return _refuse(request, 413, refusal.message)
        return _refuse(request, 405, "a link is fetched with GET or sent to with PUT")

    def _send(self, file: File) -> Response:
        """The content, or the part that a Range asks for."""
        return FileResponse(
            self._files.path_of(file),
            media_type=file.media_type,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
                "Cache-Control": "private, no-store",
            },
        )

    async def _take(self, request: Request, file: File) -> Response:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > (file.most or 0):
            raise TooLargeFile("too_large", f"an upload has at most {file.most:,} bytes")
        with self._files.receiving(file) as take:
            async for piece in request.stream():
                await asyncio.to_thread(take, piece)
        return answer(request, b"", 200)


def _refuse(request: Request, status: int, message: str) -> Response:
    return answer(request, json_bytes({"error": message}), status)
