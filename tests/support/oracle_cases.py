"""Cases of the language as text files: a query, its canonical text, and who is in.

Blocks with blank lines between; a line that begins with `#` is a comment. A block is the query,
over one or more lines, and below it

    canon: the canonical text, when it differs from the query
    in: ann bob              or `everyone`, `no one`, `everyone but ann bob`

or, for a query that is refused, one line for each problem:

    problem: code line:column+length
    problem: code /json/pointer          for a document, which is a query that begins with [ or {

`{{VIP}}` stands for the id of the list VIP, `@{text*100}` for a hundred times the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from carpel.query.problems import Problem

_REPEATED = re.compile(r"@\{(.*?)\*(\d+)\}")
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass
class Case:
    """One block. `members` is as written; `problems` are empty when the query is good."""

    where: str
    query: str
    canonical: str = ""
    members: str | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def is_document(self) -> bool:
        return self.query[:1] in ("{", "[") and self.query[:2] != "{{"

    def document(self, list_ids: Mapping[str, str]) -> Any:
        return _decode(filled(self.query, list_ids))

    def expected(self, everyone: set[str]) -> set[str]:
        """The members as a set of names."""
        assert self.members is not None
        words = self.members.split()
        named = set(words) - {"everyone", "but", "no", "one"}
        assert named <= everyone, f"{self.where}: {named - everyone}"
        if words[0] == "everyone":
            return everyone - named
        return named


def read_cases(folder: Path) -> list[Case]:
    """All cases of all files of a folder."""
    return [case for path in sorted(folder.glob("*.txt")) for case in _read(path)]


def filled(text: str, list_ids: Mapping[str, str]) -> str:
    """The text with the ids of lists in it."""
    for name, list_id in list_ids.items():
        text = text.replace("{{" + name + "}}", list_id)
    return text


def described(problem: Problem) -> str:
    """A problem as a case writes it."""
    place = problem.place
    if place.pointer is not None:
        return f"{problem.code} {place.pointer}".strip()
    return f"{problem.code} {place.line}:{place.column}+{place.length}"


def _read(path: Path) -> Iterator[Case]:
    block: list[str] = []
    start = 0
    for number, line in enumerate([*path.read_text().split("\n"), ""], start=1):
        if line.startswith("#"):
            continue
        if line.strip():
            start = start if block else number
            block.append(line)
        elif block:
            yield _case(f"{path.stem}:{start}", block)
            block = []


def _case(where: str, block: list[str]) -> Case:
    query: list[str] = []
    case = Case(where, "")
    for line in block:
        key, _, value = line.partition(": ")
        match key:
            case "canon":
                case.canonical = value
            case "in":
                case.members = value
            case "problem":
                case.problems.append(_repeated(value))
            case _:
                query.append(line)
    case.query = _repeated("\n".join(query))
    case.canonical = case.canonical or case.query
    assert (case.members is None) == bool(case.problems), f"{where}: members or problems"
    return case


def _repeated(text: str) -> str:
    return _REPEATED.sub(lambda found: found[1] * int(found[2]), text)
