"""Ids as Batch writes them: a word, an underscore, 32 characters (contracts/batch.md §2.2).

The 32 characters of Crockford's base32 hold the 16 bytes of the id that the domain gave, and 4
bytes by which a mistyped one is known.
"""

from __future__ import annotations

import hashlib

from carpel.kit.ids import id_bytes, id_text

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS = 32
_CHECK_BYTES = 4


def object_id(word: str, given: str) -> str:
    """The id for a UUID's text."""
    raw = id_bytes(given) or b""
    number = int.from_bytes(raw + _check(word, raw), "big")
    digits = [_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_DIGITS))]
    return f"{word}_{''.join(digits)}"


def domain_id(word: str, text: str) -> str | None:
    """The UUID's text behind an id of this kind; None when it is none."""
    digits = text.removeprefix(f"{word}_")
    if len(digits) != _DIGITS or digits == text or not set(digits) <= set(_ALPHABET):
        return None
    number = 0
    for digit in digits:
        number = number << 5 | _ALPHABET.index(digit)
    both = number.to_bytes(_DIGITS * 5 // 8, "big")
    raw = both[:-_CHECK_BYTES]
    return id_text(raw) if both[-_CHECK_BYTES:] == _check(word, raw) else None


def _check(word: str, raw: bytes) -> bytes:
    return hashlib.blake2b(word.encode() + raw, digest_size=_CHECK_BYTES).digest()
