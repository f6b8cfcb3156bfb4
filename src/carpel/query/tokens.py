"""Text to tokens: words, numbers, strings, operators, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .problems import Place, Problem, Refused

LONGEST_QUERY = 100_000

TokenKind = Literal["word", "quoted", "number", "string", "symbol", "end"]

_SKIP = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?")
_SYMBOL = re.compile(r"<>|!=|<=|>=|==|\|\||[-+*/%(),.=<>:;\[\]]")
_CLOSERS = {"'": "string", '"': "quoted", "`": "quoted"}


@dataclass(frozen=True)
class Token:
    """A piece of the text. `text` is the value: quotes are gone, doubled quotes undone."""

    kind: TokenKind
    text: str
    place: Place

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.upper() in words

    def is_symbol(self, *symbols: str) -> bool:
        return self.kind == "symbol" and self.text in symbols


def tokenize(text: str) -> list[Token]:
    """All tokens, an `end` token last.

    Raises:
        Refused: an unclosed quote or comment, a character that means nothing, or a text over
            the limit of 100,000 characters.
    """
    check_length(text)
    return Tokenizer(text).run()


def check_length(text: str) -> None:
    """Refuse a text over the limit.

    Raises:
        Refused: it is too long.
    """
    if len(text) > LONGEST_QUERY:
        place = Place(0, 0)
        message = f"the query has {len(text):,} characters; at most {LONGEST_QUERY:,} are taken"
        raise Refused([Problem("too_long", message, place)])


class Tokenizer:
    """Walks through a text; other languages change how quotes are read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._line = 1
        self._line_start = 0

    def run(self) -> list[Token]:
        tokens = []
        while self._skip():
            tokens.append(self._next())
        tokens.append(Token("end", "", self._place(self.at)))
        return tokens

    def _skip(self) -> bool:
        if match := _SKIP.match(self.text, self.at):
            self._move(match.end())
        if self.text.startswith("/*", self.at):
            raise self._refused(
                "unclosed_comment", "this comment is not closed", 2, "end it with */"
            )
        return self.at < len(self.text)

    def _next(self) -> Token:
        first = self.text[self.at]
        if first in _CLOSERS:
            return self.quoted(first)
        for kind, shape in (("word", _WORD), ("number", _NUMBER), ("symbol", _SYMBOL)):
            if match := shape.match(self.text, self.at):
                return self.take(kind, match.group(), match.end())  # type: ignore[arg-type]
        hint = "a query is text, such as email LIKE '%@example.com'" if first == "{" else None
        raise self._refused("unexpected_character", f"{first!r} has no meaning here", 1, hint)

    def quoted(self, quote: str) -> Token:
        """A string or a quoted name, which begins here."""
        end = self.at + 1
        while True:
            end = self.text.find(quote, end)
            if end < 0:
                raise self.unclosed(quote)
            if not self.text.startswith(quote * 2, end):
                break
            end += 2
        value = self.text[self.at + 1 : end].replace(quote * 2, quote)
        kind: TokenKind = "string" if quote == "'" else "quoted"
        return self.take(kind, value, end + 1)

    def unclosed(self, quote: str) -> Refused:
        """The quote here has no partner."""
        what = "string" if quote == "'" else "quoted name"
        hint = f"end it with {quote}"
        return self._refused("unclosed_string", f"this {what} is not closed", 1, hint)

    def take(self, kind: TokenKind, value: str, end: int) -> Token:
        """The token from here to `end`, which is then where the walk goes on."""
        token = Token(kind, value, self._place(end))
        self._move(end)
        return token

    def _place(self, end: int) -> Place:
        return Place(self.at, end - self.at, self._line, self.at - self._line_start + 1)

    def _move(self, end: int) -> None:
        passed = self.text[self.at : end]
        if "\n" in passed:
            self._line += passed.count("\n")
            self._line_start = self.at + passed.rindex("\n") + 1
        self.at = end

    def _refused(self, code: str, message: str, length: int, hint: str | None = None) -> Refused:
        place = Place(self.at, length, self._line, self.at - self._line_start + 1)
        return Refused([Problem(code, message, place, hint)])
