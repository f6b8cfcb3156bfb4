"""SGQL's tokens: both kinds of quotes make strings, in which a backslash escapes."""

from __future__ import annotations

import re

from typing_extensions import override

from carpel.query.tokens import Token, Tokenizer

_ESCAPED = re.compile(r"\\([\\'\"])")
_NAMES = {
    "word": "IDENTIFIER",
    "quoted": "IDENTIFIER",
    "number": "NUMBER",
    "string": "STRING",
    "end": "$end",
}
KEYWORDS = (
    "AND", "BETWEEN", "DAY", "FALSE", "HOUR", "IN", "INTERVAL", "IS", "LIKE", "MINUTE", "MONTH", "NOT",
    "NULL", "OR", "SECOND", "TIMESTAMP", "TRUE", "YEAR",
)  # fmt: skip


class SgqlTokenizer(Tokenizer):
    """Both `'…'` and `"…"` are strings; only back-ticks make names."""

    @override
    def quoted(self, quote: str) -> Token:
        if quote == "`":
            return super().quoted(quote)
        end = self.at + 1
        while self.text[end : end + 1] != quote:
            if end >= len(self.text):
                raise self.unclosed(quote)
            end += 2 if self.text[end] == "\\" else 1
        return self.take("string", _ESCAPED.sub(r"\1", self.text[self.at + 1 : end]), end + 1)


def grammar_name(token: Token) -> str:
    """What the vendor's grammar calls a token (IDENTIFIER is recorded, the others are inferred)."""
    if token.kind == "word" and token.text.upper() in KEYWORDS:
        return token.text.upper()
    return _NAMES.get(token.kind, f"'{token.text}'")
