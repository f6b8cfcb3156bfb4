"""Identifiers: UUIDs for things, and secrets for keys."""

from __future__ import annotations

import hashlib
import secrets
import uuid

_SECRET_BYTES = 32


def new_id() -> str:
    """A fresh lower-case UUID (version 4)."""
    return str(uuid.uuid4())


def derived_id(seed: bytes, ordinal: int) -> bytes:
    """The 16 bytes of a version-4-shaped UUID that always follows from seed and ordinal.

    What is written to the log must come out the same when the log is replayed, so ids of new
    things are derived from the record's random seed instead of drawn when it is applied.
    """
    digest = bytearray(hashlib.blake2b(seed + ordinal.to_bytes(8, "big"), digest_size=16).digest())
    digest[6] = (digest[6] & 0x0F) | 0x40
    digest[8] = (digest[8] & 0x3F) | 0x80
    return bytes(digest)


def new_seed() -> bytes:
    """Sixteen random bytes, the root of a record's derived ids."""
    return secrets.token_bytes(16)


def id_bytes(text: str) -> bytes | None:
    """The 16 bytes of a UUID's text, or None when the text is no UUID."""
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        return None


def id_text(raw: bytes) -> str:
    """The lower-case text of a UUID's 16 bytes."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_secret() -> str:
    """A random, URL-safe secret: `ck_` and 43 characters, so that it never looks like an option."""
    return "ck_" + secrets.token_urlsafe(_SECRET_BYTES)


def secret_hash(secret: str) -> bytes:
    """The only form in which a secret is stored: its SHA-256.

    A secret has 256 random bits, so a slow password hash would add nothing but latency.
    """
    return hashlib.sha256(secret.encode()).digest()
