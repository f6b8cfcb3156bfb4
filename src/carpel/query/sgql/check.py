"""SGQL's words for types that do not fit (contracts/sendgrid.md §4.4; the texts are recorded)."""

from __future__ import annotations

from typing_extensions import override

from carpel.query import meaning as m
from carpel.query.check import Checker
from carpel.query.problems import Place

# NUMBER, STRING, DATETIME and ARRAY<STRING> are recorded, the others inferred.
TYPE_NAMES: dict[m.Type, str] = {
    "text": "STRING",
    "number": "NUMBER",
    "date": "DATETIME",
    "boolean": "BOOLEAN",
    "text-list": "ARRAY<STRING>",
    "duration": "INTERVAL",
    "any": "STRING",
}


class SgqlChecker(Checker):
    """The same judgements; the message is the vendor's, ours is the hint."""

    @override
    def mismatch(
        self, operator: str, kinds: tuple[m.Type, m.Type], place: Place, said: str, hint: str | None
    ) -> None:
        left, right = (TYPE_NAMES[kind] for kind in kinds)
        message = f"operator {operator} is incompatible with {left}, {right}"
        super().mismatch(operator, kinds, place, message, f"{said}; {hint}" if hint else said)

    @override
    def no_list(self, kind: m.Type, place: Place, said: str) -> None:
        message = "CONTAINS expects an array or map type as the first argument"
        super().no_list(kind, place, message)
