"""What can follow at a place of an unfinished query: read from the words before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .catalogue import EVENT_COLUMNS
from .dialects import Dialect
from .problems import Refused
from .sgql.tokens import SgqlTokenizer
from .tokens import LONGEST_QUERY, Token, Tokenizer

Wanted: TypeAlias = Literal[
    "condition", "value", "constant", "operator", "negated", "junction", "table", "output", "list", "segment",
    "null", "unit", "zone", "select", "column", "word",
]  # fmt: skip

_COMPARING = ("=", "==", "!=", "<>", "<", "<=", ">", ">=")
_CALCULATING = ("+", "-", "*", "/", "%", "||")
_STARTS = ("AND", "OR", "WHERE", "HAVING", "NOT", "ON")
_NEXT_WORD = {"GROUP": "BY contact_id", "FOLLOWED": "BY", "INNER": "JOIN", "WITHIN": "INTERVAL"}


@dataclass(frozen=True)
class Seen:
    """A value before an operator, by its name; `kind` says whose it is."""

    kind: Literal["field", "event", "property"]
    path: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What may stand at a place.

    `start` is where the unfinished word begins and `partial` what there is of it; `on` whose columns
    are in reach; `of` the value that what is wanted belongs to; `words` are to be taken as they are.
    """

    start: int
    partial: str
    wants: frozenset[Wanted]
    on: Literal["contact", "event"] = "contact"
    of: Seen | None = None
    path: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())


def expected(text: str, cursor: int, dialect: Dialect = "carpel") -> Expected:
    """What may stand at a place of a text, in characters from its start."""
    cursor = max(0, min(cursor, len(text), LONGEST_QUERY))
    tokenizer = SgqlTokenizer if dialect == "sgql" else Tokenizer
    before = text[:cursor]
    try:
        tokens = tokenizer(before).run()[:-1]
    except Refused as refused:
        place = refused.problems[0].place
        if refused.problems[0].code != "unclosed_string":
            return Expected(cursor, "", frozenset())
        try:
            tokens = tokenizer(text[: place.offset]).run()[:-1]
        except Refused:
            return Expected(cursor, "", frozenset())
        return _at(tokens, place.offset, before[place.offset + 1 :])
    if tokens and _touches(tokens[-1], cursor):
        last = tokens.pop()
        return _at(tokens, last.place.offset, last.text)
    return _at(tokens, cursor, "")


def _touches(token: Token, cursor: int) -> bool:
    """Whether a word ends right at the cursor, and may go on."""
    ends = token.place.offset + token.place.length
    return token.kind == "word" and ends == cursor


def _at(tokens: list[Token], start: int, partial: str) -> Expected:
    opened = _open(tokens)
    on: Literal["contact", "event"] = "contact"
    for place in opened:
        if _word(tokens, place + 1) == "SELECT":
            on = "event"
    found = _after(tokens, opened, on)
    return Expected(start, partial, frozenset(found.wants), on, found.of, found.path, found.words)


@dataclass(frozen=True)
class _Found:
    wants: tuple[Wanted, ...]
    of: Seen | None = None
    path: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def _after(tokens: list[Token], opened: list[int], on: str) -> _Found:  # on: whose columns
    if not tokens:
        return _Found(("condition", "select"))
    last = tokens[-1]
    word = last.text.upper() if last.kind == "word" else ""
    if last.is_symbol("."):
        return _Found(("column",), path=_path(tokens[:-1]))
    if last.is_symbol(*_COMPARING) or word in ("LIKE", "ILIKE", "BETWEEN"):
        return _Found(("constant", "value"), of=_seen(_without_not(tokens[:-1]), on))
    if last.is_symbol(*_CALCULATING):
        return _Found(("value",))
    if last.is_symbol("(") or last.is_symbol(",", "["):
        return _inside(tokens, opened, on)
    if word == "NOT" and _is_value(tokens[-2] if len(tokens) > 1 else None):
        return _Found(("negated",))
    if word in _STARTS or (word == "BY" and _word(tokens, -2) == "FOLLOWED"):
        return _Found(("condition",))
    if word in ("FROM", "JOIN"):
        return _Found(("table",))
    if word == "SELECT":
        return _Found(("output",))
    if word == "IN":
        return _Found((), words=("(", "SEGMENT"))
    if word == "SEGMENT":
        return _Found(("segment",))
    if word == "IS":
        return _Found(("null",))
    if word in _NEXT_WORD:
        return _Found((), words=(_NEXT_WORD[word],))
    if last.kind in ("string", "number") and _word(tokens, -2) == "INTERVAL":
        return _Found(("unit",))
    return _after_value(tokens, on)


def _after_value(tokens: list[Token], on: str) -> _Found:
    """An operator, or AND and OR where the condition is whole."""
    depth = 0
    for token in reversed(tokens):
        depth += token.is_symbol(")") - token.is_symbol("(")
        if depth < 0 or (depth == 0 and token.is_word("AND", "OR", "WHERE", "HAVING", "BY")):
            break
        if depth == 0 and (
            token.is_symbol(*_COMPARING)
            or token.is_word("IN", "LIKE", "ILIKE", "BETWEEN", "IS", "FROM", "SEGMENT")
            or token.text.lower() in ("array_contains", "contains", "regexp_like")
        ):
            return _Found(("junction",))
    return _Found(("operator",), of=_seen(tokens, on))


def _inside(tokens: list[Token], opened: list[int], on: str) -> _Found:
    """After `(` or a comma: in a list of constants, a call, or at the start of a condition."""
    place = opened[-1] if opened else -1
    called = tokens[place - 1] if place > 0 else None
    name = called.text.lower() if called is not None and called.kind == "word" else ""
    first = tokens[place + 1 : place + 4]
    if name == "in":
        of = _seen(_without_not(tokens[: place - 1]), on)
        return _Found(("constant",) if tokens[-1].is_symbol(",") else ("constant", "select"), of=of)
    if name == "segment":
        return _Found(("segment",))
    if name in ("array_contains", "contains") and not tokens[-1].is_symbol("("):
        members = {"list_ids": "list", "segment_ids": "segment"}
        names = [token.text.lower() for token in first]
        wanted = next((members[one] for one in names if one in members), "constant")
        return _Found((wanted,), of=_seen(tokens[place + 1 : _comma(tokens, place)], on))  # type: ignore[arg-type]
    if name in ("start_of", "days_to_anniversary") and tokens[-1].is_symbol(","):
        return _Found(("zone",))
    if name == "start_of":
        return _Found((), words=("'day'", "'week'", "'month'", "'quarter'", "'year'"))
    if (
        called is not None
        and called.kind == "word"
        and name not in ("and", "or", "not", "where", "having", "by")
    ):
        return _Found(("value",))
    return _Found(("output",)) if _selecting(tokens) else _Found(("condition",))


def _selecting(tokens: list[Token]) -> bool:
    """Whether this is the list between SELECT and FROM."""
    for token in reversed(tokens):
        if token.is_word("SELECT"):
            return True
        if token.is_word("FROM", "WHERE") or token.is_symbol("("):
            return False
    return False


def _comma(tokens: list[Token], place: int) -> int:
    return next((at for at in range(place, len(tokens)) if tokens[at].is_symbol(",")), len(tokens))


def _open(tokens: list[Token]) -> list[int]:
    """Where the parentheses stand that are not closed."""
    opened: list[int] = []
    for place, token in enumerate(tokens):
        if token.is_symbol("("):
            opened.append(place)
        elif token.is_symbol(")") and opened:
            opened.pop()
    return opened


def _without_not(tokens: list[Token]) -> list[Token]:
    return tokens[:-1] if tokens and tokens[-1].is_word("NOT") else tokens


def _word(tokens: list[Token], place: int) -> str:
    if not -len(tokens) <= place < len(tokens):
        return ""
    return tokens[place].text.upper() if tokens[place].kind == "word" else ""


def _is_value(token: Token | None) -> bool:
    if token is None:
        return False
    named = token.kind in ("word", "quoted") and not token.is_word(*_STARTS)
    return named or token.is_symbol(")")


def _path(tokens: list[Token]) -> tuple[str, ...]:
    """The names with dots between at the end."""
    parts: list[str] = []
    place = len(tokens) - 1
    while place >= 0 and tokens[place].kind in ("word", "quoted"):
        parts.insert(0, tokens[place].text)
        if place == 0 or not tokens[place - 1].is_symbol(".", ":"):
            break
        place -= 2
    return tuple(parts)


def _seen(tokens: list[Token], on: str) -> Seen | None:
    path = _path(tokens)
    lowered = [part.lower() for part in path]
    if "properties" in lowered[:2] and path[-1].lower() != "properties":
        return Seen("property", path[lowered.index("properties") + 1 :])
    if lowered[-1:] and lowered[-1] in EVENT_COLUMNS and (on == "event" or len(path) > 1):
        return Seen("event", (EVENT_COLUMNS[lowered[-1]],))
    return Seen("field", path[-1:]) if path else None
