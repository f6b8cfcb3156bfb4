"""What can be wrong with a query, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where in the query: a stretch of its text, or a JSON pointer into its document.

    `line` and `column` count from 1, `offset` and `length` in characters.
    """

    offset: int = 0
    length: int = 0
    line: int = 1
    column: int = 1
    pointer: str | None = None

    def until(self, end: Place) -> Place:
        """From the start of this place to the end of another."""
        if self.pointer is not None:
            return self
        length = max(self.length, end.offset + end.length - self.offset)
        return Place(self.offset, length, self.line, self.column)


NOWHERE = Place()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a stable code, a sentence, the place, and what may help."""

    code: str
    message: str
    place: Place
    hint: str | None = None


def told(problems: Sequence[Problem]) -> str:
    """All of them in one line, for doors whose errors are a single text."""
    return "; ".join(
        f"line {one.place.line}, column {one.place.column}: {one.message}"
        + (f" ({one.hint})" if one.hint else "")
        for one in problems
    )


class Refused(Exception):
    """A query that cannot be taken, with every problem found in it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Complaints:
    """Collects problems, so that one answer names them all."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, code: str, message: str, place: Place, hint: str | None = None) -> None:
        problem = Problem(code, message, place, hint)
        if problem not in self.found:
            self.found.append(problem)

    def raise_if_any(self) -> None:
        if self.found:
            raise Refused(sorted(self.found, key=lambda problem: problem.place.offset))
