"""Who calls: the key they show, and the address they come from."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request


def bearer(request: Request) -> str | None:
    """The key in `Authorization: Bearer …`; None when there is no such header."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def basic_password(request: Request) -> str | None:
    """The password in `Authorization: Basic …`: for senders that know no other way."""
    scheme, _, code = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(code.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text.partition(":")[2] or None


def address(request: Request) -> str | None:
    """The caller's address; None when the call comes from within the process."""
    return request.client.host if request.client else None


def flag(request: Request, name: str) -> bool:
    """A yes-or-no query parameter as clients write it: true, True, 1."""
    return request.query_params.get(name, "").lower() in ("true", "1", "yes", "on")


def many(request: Request, name: str) -> list[str]:
    """A list in the query, as clients send it: repeated, bracketed, or with commas between."""
    values = [
        value
        for key, value in request.query_params.multi_items()
        if key in (name, f"{name}[]") or (key.startswith(f"{name}[") and key.endswith("]"))
    ]
    return [part.strip() for value in values for part in value.split(",") if part.strip()]
