"""The part of the parser that reads values: names, constants, calls, arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from carpel.kit.numbers import from_text

from . import nodes
from .problems import Complaints, Problem, Refused
from .tokens import Token
from .walk import MOST_OPERATORS

DEEPEST = 64
MOST_PROBLEMS = 20
_MENDED = ("syntax", "not_supported", "no_map")
_AFTER_CONDITION = ("AND", "OR", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "FOLLOWED")

UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
_UNIT_WORDS = (*UNITS, *(f"{unit}S" for unit in UNITS))
_CONDITION_WORDS = {"NOT", "AND", "OR", "IS", "IN", "LIKE", "ILIKE", "BETWEEN"}
_RESERVED = _CONDITION_WORDS | {
    "SELECT", "FROM", "WHERE", "JOIN", "INNER", "ON", "GROUP", "HAVING", "BY", "AS", "ORDER",
    "LIMIT", "UNION",
}  # fmt: skip


class ExpressionParser:
    """Looks at tokens one by one; the condition grammar builds on it."""

    bare_intervals = True  # whether `NOW() - 30 days` is an interval too

    def __init__(self, tokens: list[Token], complaints: Complaints) -> None:
        self._tokens = tokens
        self._complaints = complaints
        self._at = 0
        self._depth = 0
        self._operators = 0

    # ---------------------------------------------------------------- looking

    @property
    def here(self) -> Token:
        return self._tokens[self._at]

    @property
    def before(self) -> Token:
        return self._tokens[self._at - 1]

    @property
    def found(self) -> str:
        """The token here, in words for a message."""
        return "the end" if self.here.kind == "end" else repr(self.here.text)

    def peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def follows_value(self) -> bool:
        """Whether the word here is used as a name, as in `update = 1`."""
        after = self.peek()
        return after.kind == "symbol" or after.is_word(*_CONDITION_WORDS)

    def opens_condition(self) -> bool:
        """Whether the parenthesis here holds a condition, not a value as in `(a + b) > 1`."""
        depth = 0
        for place in range(self._at, len(self._tokens)):
            token = self._tokens[place]
            depth += token.is_symbol("(") - token.is_symbol(")")
            if depth == 0:
                after = self._tokens[min(place + 1, len(self._tokens) - 1)]
                return not _goes_on_as_value(after)
            if depth == 1 and (
                token.is_word(*_CONDITION_WORDS)
                or token.is_symbol("=", "==", "!=", "<>", "<", "<=", ">", ">=")
            ):
                return True
        return True

    def advance(self) -> Token:
        token = self.here
        if token.kind != "end":
            self._at += 1
        return token

    def accept_word(self, word: str) -> bool:
        if self.here.is_word(word):
            self.advance()
            return True
        return False

    def accept_symbol(self, symbol: str) -> bool:
        if self.here.is_symbol(symbol):
            self.advance()
            return True
        return False

    def expect_word(self, word: str) -> Token:
        if not self.here.is_word(word):
            raise self.refused("syntax", f"expected {word}, found {self.found}")
        return self.advance()

    def expect_symbol(self, symbol: str, hint: str | None = None) -> Token:
        if not self.here.is_symbol(symbol):
            raise self.refused("syntax", f"expected {symbol!r}, found {self.found}", hint=hint)
        return self.advance()

    def expect_name(self, what: str) -> Token:
        if self.here.kind not in ("word", "quoted"):
            raise self.refused("syntax", f"expected {what}, found {self.found}")
        return self.advance()

    def expect_end(self) -> None:
        if self.here.kind != "end":
            hint = None
            if self.here.is_symbol("(") and self.before.kind == "word":
                hint = f"{self.before.text} takes no parentheses here"
            elif self.here.kind in ("word", "quoted", "number", "string"):
                hint = "conditions are joined with AND or OR"
            raise self.refused("syntax", f"did not expect {self.found} here", hint=hint)

    def refused(self, code: str, message: str, hint: str | None = None) -> Refused:
        return Refused([Problem(code, message, self.here.place, hint)])

    def mark(self) -> tuple[int, int]:
        """Where reading is, for `recover`."""
        return self._at, self._depth

    def recover(self, refused: Refused, mark: tuple[int, int]) -> None:
        """Note what does not fit the grammar, and go on at the next AND or OR.

        So one answer tells of every condition that is wrong.

        Raises:
            Refused: the same, when a limit was met, which ends the reading, or too much is wrong.
        """
        limits = any(problem.code not in _MENDED for problem in refused.problems)
        if limits or len(self._complaints.found) >= MOST_PROBLEMS:
            raise refused
        for problem in refused.problems:
            self._complaints.add(problem.code, problem.message, problem.place, problem.hint)
        start, self._depth = mark
        self._skip_condition(start)

    def _skip_condition(self, start: int) -> None:
        """To the AND, OR, closing parenthesis or clause that follows what began at `start`."""
        deep = sum(_deeper(token) for token in self._tokens[start : self._at])
        while self.here.kind != "end":
            if deep <= 0 and (self.here.is_word(*_AFTER_CONDITION) or self.here.is_symbol(")")):
                return
            deep += _deeper(self.here)
            self.advance()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level down; too many are refused before Python's own stack is spent."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.refused("too_deep", f"conditions are nested more than {DEEPEST} deep")
        yield
        self._depth -= 1

    # ---------------------------------------------------------------- values

    def expression(self) -> nodes.Expression:
        with self.deeper():
            return self.sum()

    def sum(self) -> nodes.Expression:
        left = self._product()
        while self.here.is_symbol("+", "-", "||"):
            operator = self.advance().text
            right = self._product()
            left = self.joined_by(operator, left, right)
        return left

    def _product(self) -> nodes.Expression:
        left = self.signed()
        while self.here.is_symbol("*", "/", "%"):
            operator = self.advance().text
            left = self.joined_by(operator, left, self.signed())
        return left

    def signed(self) -> nodes.Expression:
        """A value, after any signs."""
        if not self.here.is_symbol("-", "+"):
            return self._value()
        sign = self.advance()
        with self.deeper():
            value = self.signed()
        if sign.text == "+":
            return value
        place = sign.place.until(value.place)
        if isinstance(value, nodes.Value) and isinstance(value.value, Decimal):
            return nodes.Value(value.value.copy_negate(), place)  # `-` would round it
        return self.joined_by("-", nodes.Value(Decimal(0), sign.place), value)

    def joined_by(
        self, operator: str, left: nodes.Expression, right: nodes.Expression
    ) -> nodes.Expression:
        """One calculation more; a long row of them is as deep a tree as parentheses make."""
        place = left.place.until(right.place)
        self._operators += 1
        if self._operators > MOST_OPERATORS:
            message = f"more than {MOST_OPERATORS} calculations"
            raise Refused([Problem("too_complex", message, place)])
        if operator == "||":
            return nodes.Call("concat", (left, right), place)
        return nodes.Math(operator, left, right, place)  # type: ignore[arg-type]

    def start_test(self) -> None:
        """Calculations are counted from here."""
        self._operators = 0

    def _value(self) -> nodes.Expression:
        token = self.here
        if token.kind == "number" and self.bare_intervals and self.peek().is_word(*_UNIT_WORDS):
            amount, unit = self.advance(), self.advance()
            place = token.place.until(unit.place)
            return nodes.Interval(from_text(amount.text), unit.text.upper(), place)
        if token.kind == "number":
            return nodes.Value(from_text(self.advance().text), token.place)
        if token.kind == "string":
            return nodes.Value(self.advance().text, token.place)
        if token.is_symbol("("):
            self.advance()
            inside = self.expression()
            self.expect_symbol(")")
            return inside
        if token.is_symbol("["):
            return self._array()
        if token.kind == "quoted":
            return self.name()
        if token.kind == "word":
            return self._word()
        raise self.refused("syntax", f"expected a value, found {self.found}")

    def _word(self) -> nodes.Expression:
        token = self.here
        word = token.text.upper()
        if word in ("TRUE", "FALSE", "NULL"):
            self.advance()
            return nodes.Value({"TRUE": True, "FALSE": False, "NULL": None}[word], token.place)
        if word == "INTERVAL":
            return self._interval()
        if word in ("TIMESTAMP", "DATE") and self.peek().kind == "string":
            self.advance()
            text = self.advance()
            return nodes.Timestamp(text.text, token.place.until(text.place))
        if self.peek().is_symbol("("):
            return self.call()
        if word in _RESERVED and not self.peek().is_symbol("."):
            raise self.refused("syntax", f"expected a value, found {token.text}")
        return self.name()

    def _array(self) -> nodes.Array:
        start = self.advance().place
        items = [self.expression()]
        while self.accept_symbol(","):
            items.append(self.expression())
        end = self.expect_symbol("]").place
        return nodes.Array(tuple(items), start.until(end))

    def _interval(self) -> nodes.Interval:
        start = self.advance().place
        negative = self.accept_symbol("-")
        token = self.here
        words = token.text.split() if token.kind in ("string", "number") else []
        try:
            amount = Decimal(words[0])
        except (ArithmeticError, IndexError):
            amount = Decimal("NaN")
        if not amount.is_finite():
            raise self.refused(
                "syntax",
                f"expected a number after INTERVAL, found {self.found}",
                hint="for example: INTERVAL '30' DAY",
            )
        self.advance()
        unit = words[1] if len(words) > 1 else self.expect_name("a unit such as DAY").text
        end = self.before.place
        amount = amount.copy_negate() if negative else amount
        return nodes.Interval(amount, unit.upper(), start.until(end))

    def call(self) -> nodes.Call:
        name = self.advance()
        self.expect_symbol("(")
        distinct = self.accept_word("DISTINCT")
        arguments: list[nodes.Expression] = []
        if self.here.is_symbol("*"):
            arguments.append(nodes.Star(self.advance().place))
        elif not self.here.is_symbol(")"):
            arguments.append(self.expression())
            while self.accept_symbol(","):
                arguments.append(self.expression())
        end = self.expect_symbol(")").place
        return nodes.Call(name.text, tuple(arguments), name.place.until(end), distinct)

    def name(self) -> nodes.Name:
        first = self.advance()
        parts = [first.text]
        while self.here.is_symbol(".", ":"):
            self.advance()
            parts.append(self.expect_name("a name").text)
        place = first.place.until(self.before.place)
        return nodes.Name(tuple(parts), place, quoted=first.kind == "quoted")


def _deeper(token: Token) -> int:
    return token.is_symbol("(") - token.is_symbol(")")


def _goes_on_as_value(token: Token) -> bool:
    """Whether what follows a closing parenthesis makes a value of what it closed."""
    return token.is_word(*(_CONDITION_WORDS - {"AND", "OR"})) or token.is_symbol(
        "=", "==", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"
    )
