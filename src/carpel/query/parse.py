"""Tokens to the syntax tree. The grammar holds conditions and SELECTs and nothing else, so a
statement that changes anything cannot even be written down.
"""

from __future__ import annotations

from typing import cast

from . import nodes
from .expressions import ExpressionParser
from .problems import Complaints, Place, Problem, Refused
from .tokens import tokenize

_COMPARISONS = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_OTHER_STATEMENTS = (
    "ALTER", "ATTACH", "CALL", "COPY", "CREATE", "DELETE", "DROP", "EXEC", "EXECUTE", "GRANT",
    "INSERT", "MERGE", "PRAGMA", "REPLACE", "SET", "TRUNCATE", "UPDATE", "WITH",
)  # fmt: skip
_AFTER_TABLE = ("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "ON", "WHERE", "GROUP", "HAVING",
                "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "FOLLOWED")  # fmt: skip
_NOT_HERE = {
    "ORDER": "a segment is a set of contacts and has no order",
    "LIMIT": "a segment holds everyone who fits",
    "UNION": "join the conditions with OR instead",
    "INTERSECT": "join the conditions with AND instead",
    "EXCEPT": "use NOT IN (SELECT …) instead",
}


def parse(text: str, complaints: Complaints) -> nodes.Query:
    """The syntax tree of a SELECT or of a bare condition.

    A condition that does not fit the grammar is added to the complaints and stands as TRUE.

    Raises:
        Refused: with what ends the reading, where, and everything wrong before it.
    """
    try:
        return Parser(tokenize(text), complaints).query()
    except Refused as refused:
        raise Refused([*complaints.found, *refused.problems]) from None


class Parser(ExpressionParser):
    """Recursive descent, from the loosest binding to the tightest."""

    def query(self) -> nodes.Query:
        """All of the text."""
        if self.here.kind == "end":
            raise self.refused("empty", "the query is empty", hint="write a condition or a SELECT")
        if self.here.is_word(*_OTHER_STATEMENTS) and not self.follows_value():
            raise self.refused(
                "not_a_query",
                f"{self.here.text.upper()} is not allowed: a segment is a SELECT or a condition",
                hint="for example: email LIKE '%@example.com'",
            )
        found: nodes.Query
        found = self.select() if self.here.is_word("SELECT") else self.condition()
        self.accept_symbol(";")
        self.expect_end()
        return found

    # ---------------------------------------------------------------- SELECT

    def select(self) -> nodes.Select:
        start = self.expect_word("SELECT").place
        if self.here.is_word("DISTINCT"):
            self.advance()  # a segment is a set anyway
        outputs = [self._output()]
        while self.accept_symbol(","):
            outputs.append(self._output())
        self.expect_word("FROM")
        source = self._source()
        joins = []
        while self.here.is_word("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS"):
            joins.append(self._join())
        where = self.condition() if self.accept_word("WHERE") else None
        followed = []
        while where is not None and self.here.is_word("FOLLOWED"):
            followed.append(self._followed())
        group = self._group() if self.accept_word("GROUP") else ()
        having = self.condition() if self.accept_word("HAVING") else None
        self._refuse_rest()
        place = start.until(self.before.place)
        return nodes.Select(
            tuple(outputs), source, tuple(joins), where, tuple(followed), group, having, place
        )

    def _output(self) -> nodes.Output:
        if self.here.is_symbol("*"):
            return nodes.Output(nodes.Star(self.advance().place), None)
        value = self.expression()
        if self.accept_word("AS"):
            return nodes.Output(value, self.expect_name("an alias").text)
        if self.here.kind in ("word", "quoted") and not self.here.is_word("FROM"):
            return nodes.Output(value, self.advance().text)
        return nodes.Output(value, None)

    def _source(self) -> nodes.Source:
        table = self.expect_name("a table, contact_data or event_data")
        alias = table.text
        if self.accept_word("AS"):
            alias = self.expect_name("an alias").text
        elif self.here.kind in ("word", "quoted") and not self.here.is_word(*_AFTER_TABLE):
            alias = self.advance().text
        return nodes.Source(table.text, alias, table.place)

    def _join(self) -> nodes.Join:
        start = self.here.place
        if self.here.is_word("LEFT", "RIGHT", "FULL", "CROSS"):
            raise self.refused(
                "not_supported",
                f"{self.here.text.upper()} JOIN is not supported, only JOIN (INNER JOIN)",
                hint="for contacts without an event: contact_id NOT IN (SELECT contact_id FROM event_data …)",
            )
        self.accept_word("INNER")
        self.expect_word("JOIN")
        source = self._source()
        self.expect_word("ON")
        on = self.condition()
        return nodes.Join(source, on, start.until(self.before.place))

    def _followed(self) -> nodes.Followed:
        start = self.advance().place
        self.expect_word("BY")
        by = self.condition()
        within = None
        if self.accept_word("WITHIN"):
            span = self.expression()
            if not isinstance(span, nodes.Interval):
                hint = "for example: WITHIN INTERVAL '7' DAY"
                message = "WITHIN takes a length of time"
                raise Refused([Problem("syntax", message, span.place, hint)])
            within = span
        return nodes.Followed(by, within, start.until(self.before.place))

    def _group(self) -> tuple[nodes.Expression, ...]:
        self.expect_word("BY")
        group = [self.expression()]
        while self.accept_symbol(","):
            group.append(self.expression())
        return tuple(group)

    def _refuse_rest(self) -> None:
        word = self.here.text.upper()
        if self.here.kind == "word" and word in _NOT_HERE:
            raise self.refused("not_supported", f"{word} is not supported", hint=_NOT_HERE[word])

    # ------------------------------------------------------------ conditions

    def condition(self) -> nodes.Condition:
        with self.deeper():
            return self._chain("or")

    def _chain(self, word: str) -> nodes.Condition:
        parts = [self._part(word)]
        while self.accept_word(word.upper()):
            parts.append(self._part(word))
        if len(parts) == 1:
            return parts[0]
        place = parts[0].place.until(parts[-1].place)
        return nodes.Logic("or" if word == "or" else "and", tuple(parts), place)

    def _part(self, word: str) -> nodes.Condition:
        return self._chain("and") if word == "or" else self._negation()

    def _negation(self) -> nodes.Condition:
        if not self.here.is_word("NOT"):
            return self._primary()
        start = self.advance().place
        with self.deeper():
            part = self._negation()
        return nodes.Not(part, start.until(part.place))

    def _primary(self) -> nodes.Condition:
        if self.here.is_word("IN") and self.peek().is_word("SEGMENT"):
            start = self.advance().place
            return self.in_segment(None, start, negated=False)
        if self.here.is_symbol("(") and self.opens_condition():
            self.advance()
            inside = self.condition()
            self.expect_symbol(")")
            return inside
        here = self.here.place
        mark = self.mark()
        try:
            self.start_test()
            return self._test(self.expression())
        except Refused as refused:
            self.recover(refused, mark)
        return nodes.Bare(nodes.Value(True, here), here)

    def _test(self, value: nodes.Expression) -> nodes.Condition:
        if self.here.kind == "symbol" and self.here.text in _COMPARISONS:
            operator = cast("nodes.ComparisonOperator", _COMPARISONS[self.advance().text])
            right = self.expression()
            return nodes.Comparison(operator, value, right, value.place.until(right.place))
        if self.accept_word("IS"):
            return self._is(value)
        negated = self.here.is_word("NOT")
        if negated:
            self.advance()
        if self.accept_word("BETWEEN"):
            return self._between(value, negated=negated)
        if self.here.is_word("LIKE", "ILIKE"):
            return self.like(value, negated=negated)
        if self.accept_word("IN"):
            return self._in(value, negated=negated)
        if negated:
            raise self.refused(
                "syntax", f"expected IN, LIKE or BETWEEN after NOT, found {self.found}"
            )
        return nodes.Bare(value, value.place)

    def _is(self, value: nodes.Expression) -> nodes.Condition:
        negated = self.accept_word("NOT")
        if self.here.is_word("NULL"):
            end = self.advance().place
            return nodes.IsNull(value, negated, value.place.until(end))
        if self.here.is_word("TRUE", "FALSE"):
            word = self.advance()
            place = value.place.until(word.place)
            return nodes.IsTruth(value, word.is_word("TRUE"), negated, place)
        if self.accept_word("DISTINCT"):
            self.expect_word("FROM")
            right = self.expression()
            place = value.place.until(right.place)
            operator: nodes.ComparisonOperator = (
                "is not distinct from" if negated else "is distinct from"
            )
            return nodes.Comparison(operator, value, right, place)
        raise self.refused(
            "syntax",
            f"expected NULL, TRUE, FALSE or DISTINCT FROM after IS, found {self.found}",
            hint="compare values with =",
        )

    def _between(self, value: nodes.Expression, *, negated: bool) -> nodes.Condition:
        low = self.expression()
        self.expect_word("AND")
        high = self.expression()
        return nodes.Between(value, low, high, negated, value.place.until(high.place))

    def like(self, value: nodes.Expression, *, negated: bool) -> nodes.Condition:
        ignore_case = self.advance().is_word("ILIKE")
        pattern = self.expression()
        place = value.place.until(pattern.place)
        return nodes.Like(value, pattern, ignore_case, negated, place)

    def in_segment(
        self, value: nodes.Expression | None, start: Place, *, negated: bool
    ) -> nodes.Condition:
        """`SEGMENT 'code'`, after IN."""
        self.expect_word("SEGMENT")
        if self.accept_symbol("("):
            items = [self.expression()]
            while self.accept_symbol(","):
                items.append(self.expression())
            self.expect_symbol(")")
        else:
            items = [self.expression()]
        place = start.until(self.before.place)
        return nodes.InSegment(value, tuple(items), negated, place)

    def _in(self, value: nodes.Expression, *, negated: bool) -> nodes.Condition:
        if self.here.is_word("SEGMENT"):
            return self.in_segment(value, value.place, negated=negated)
        self.expect_symbol("(", hint="IN takes a list: IN ('a', 'b')")
        if self.here.is_word("SELECT"):
            with self.deeper():
                select = self.select()
            end = self.expect_symbol(")").place
            return nodes.InSelect(value, select, negated, value.place.until(end))
        items = [self.expression()]
        while self.accept_symbol(","):
            items.append(self.expression())
        end = self.expect_symbol(")").place
        return nodes.In(value, tuple(items), negated, value.place.until(end))
