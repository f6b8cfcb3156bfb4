"""SGQL to the syntax tree that all languages share."""

from __future__ import annotations

from dataclasses import replace

from typing_extensions import override

from carpel.query import nodes
from carpel.query.parse import Parser
from carpel.query.problems import Complaints, Place, Problem, Refused
from carpel.query.tokens import check_length

from .tokens import SgqlTokenizer, grammar_name

# From the loosest binding to the tightest: as documented, `2 - 3 + 4` is 2 - (3 + 4).
_LEVELS = ("-", "+", "/", "*", "%")


def parse_sgql(text: str, complaints: Complaints) -> nodes.Condition:
    """The syntax tree of a condition.

    What does not fit the grammar is told in the vendor's words; the hint is ours.

    Raises:
        Refused: with what ends the reading, where, and everything wrong before it.
    """
    check_length(text)
    try:
        tokens = SgqlTokenizer(text).run()
    except Refused as refused:
        raise _as_syntax(refused, text) from None
    try:
        return _SgqlParser(tokens, complaints).whole()
    except Refused as refused:
        raise Refused([*complaints.found, *refused.problems]) from None


class _SgqlParser(Parser):
    bare_intervals = False

    def whole(self) -> nodes.Condition:
        if self.here.kind == "end":
            raise self.refused("empty", "the query is empty")
        if self.here.is_word("SELECT") and not self.follows_value():
            raise self.refused(
                "syntax", "this is a condition only", "leave out SELECT … FROM … WHERE"
            )
        found = self.condition()
        self.expect_end()
        return found

    @override
    def refused(self, code: str, message: str, hint: str | None = None) -> Refused:
        if code not in ("syntax", "empty", "not_supported"):
            return super().refused(code, message, hint)
        told = f"syntax error: unexpected {grammar_name(self.here)}"
        ours = message if hint is None else f"{message}: {hint}"
        return super().refused("syntax", told, ours)

    # ------------------------------------------------------------------- values

    @override
    def sum(self) -> nodes.Expression:
        return self._level(0)

    def _level(self, level: int) -> nodes.Expression:
        if level == len(_LEVELS):
            return self.signed()
        left = self._level(level + 1)
        while self.accept_symbol(_LEVELS[level]):
            left = self.joined_by(_LEVELS[level], left, self._level(level + 1))
        return left

    @override
    def call(self) -> nodes.Call:
        found = super().call()
        if found.function.lower() == "contains":
            return replace(found, function="array_contains")
        return found

    @override
    def name(self) -> nodes.Name:
        """A column, or what a map holds under a key: `event_data['key']`."""
        found = super().name()
        if not self.accept_symbol("["):
            return _event_data(found)
        key = self.here
        if key.kind != "string":
            raise self.refused("syntax", f"expected a key, found {self.found}", "event_data['key']")
        self.advance()
        end = self.expect_symbol("]").place
        place = found.place.until(end)
        if found.parts[-1].lower() != "event_data" or not key.text:
            # The vendor answers 500 with this text (contracts/sendgrid.md §4.4).
            hint = f"{'.'.join(found.parts)} has no keys; event_data['key'] has"
            raise Refused([Problem("no_map", "internal server error", place, hint)])
        return nodes.Name(("properties", key.text), place)

    @override
    def in_segment(
        self, value: nodes.Expression | None, start: Place, *, negated: bool
    ) -> nodes.Condition:
        raise self.refused("syntax", "expected (", "CONTAINS(segment_ids, 'id')")

    @override
    def select(self) -> nodes.Select:
        hint = "name what an event has: event_type = 'click' AND event_timestamp > …"
        raise self.refused("syntax", "there is no SELECT in SGQL", hint)

    @override
    def like(self, value: nodes.Expression, *, negated: bool) -> nodes.Condition:
        found = super().like(value, negated=negated)
        if isinstance(found, nodes.Like) and isinstance(found.pattern, nodes.Value):
            text = found.pattern.value
            if isinstance(text, str):
                return replace(found, pattern=replace(found.pattern, value=like_pattern(text)))
        return found


def like_pattern(text: str) -> str:
    """SGQL's pattern as SQL's: `%%` is a plain percent sign, and `_` nothing special."""
    parts = text.replace("\\", "\\\\").replace("_", "\\_").split("%%")
    return "\\%".join(parts)


def _event_data(name: nodes.Name) -> nodes.Name:
    """`event_data` alone is where CONTAINS looks for a key."""
    if [part.lower() for part in name.parts] == ["event_data"]:
        return replace(name, parts=("properties",))
    return name


def _as_syntax(refused: Refused, text: str) -> Refused:
    """What is wrong with the characters, told as the vendor tells what is wrong with the grammar."""
    hint = None
    if text.lstrip()[:1] in ("{", "["):
        hint = "this is JSON; a query is a condition, such as email LIKE '%@example.com'"
    problems = [
        Problem(
            "syntax",
            f"syntax error: unexpected '{text[one.place.offset : one.place.offset + 1]}'",
            one.place,
            hint or ": ".join(part for part in (one.message, one.hint) if part),
        )
        for one in refused.problems
    ]
    return Refused(problems)
