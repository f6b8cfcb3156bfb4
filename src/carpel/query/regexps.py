r"""Which regular expressions are taken: those that mean the same to every engine, and stay small.

Literals, `.`, `[…]`, `(…)`, `(?:…)`, `|`, `^` and `$` (of the whole text), `* + ? {n} {n,} {n,m}`
and their lazy forms, `\d \D \w \W \s \S \b \B` (of ASCII), `\n \t \r` and escaped signs. No look-around
and no back-references: time spent grows with the text alone.
"""

from __future__ import annotations

import re

LONGEST = 1_000
MOST_REPEATED = 100
MOST_STATES = 5_000
_DEEPEST = 30

_CLASSES = "dDwWsS"
_PLACES = "bB"
_CONTROLS = "ntr"
_BRACES = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")


class BadRegexp(ValueError):
    """An expression that is not taken; says why."""


def check_regexp(pattern: str) -> None:
    """See that an expression is taken.

    Raises:
        BadRegexp: it is not.
    """
    if len(pattern) > LONGEST:
        raise BadRegexp(f"an expression has at most {LONGEST:,} characters")
    reader = _Reader(pattern)
    states = reader.alternatives(0)
    if reader.at < len(pattern):
        raise BadRegexp("this ) closes nothing")
    if states > MOST_STATES:
        raise BadRegexp("this expression repeats too much")


class _Reader:
    """Walks through an expression and counts how large it is when repetitions are written out."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    @property
    def _here(self) -> str:
        return self._pattern[self.at : self.at + 1]

    def alternatives(self, depth: int) -> int:
        if depth > _DEEPEST:
            raise BadRegexp(f"groups are nested more than {_DEEPEST} deep")
        states = 0
        while True:
            while self._here not in ("", "|", ")"):
                states += self._repeated(depth)
            if self._here != "|":
                return states + 1
            self.at += 1

    def _repeated(self, depth: int) -> int:
        anchor = self._pattern.startswith(("^", "$", "\\b", "\\B"), self.at)
        states = self._one(depth)
        times = self._times()
        if times is not None and anchor:
            raise BadRegexp("a place such as ^, $ or \\b cannot be repeated")
        if times is not None and self._times() is not None:
            raise BadRegexp("a repetition cannot be repeated: put it into ( )")
        return states * (times or 1)

    def _times(self) -> int | None:
        """How often what came last is written out at most; None when it is not repeated."""
        if self._here in ("*", "+", "?") and self._here:
            self.at += 1
            most = 2
        elif self._here == "{":
            found = _BRACES.match(self._pattern, self.at)
            if found is None:
                raise BadRegexp(r"a plain { is written \{")
            self.at = found.end()
            low = int(found[1])
            most = max(low, int(found[3] or low) if found[2] else low)
            if most > MOST_REPEATED or (found[3] and int(found[3]) < low):
                raise BadRegexp(f"{{n,m}} goes up to {MOST_REPEATED}, the smaller number first")
            most = max(1, most + 1)
        else:
            return None
        if self._here == "?":
            self.at += 1  # lazy: of no matter to whether it fits
        return most

    def _one(self, depth: int) -> int:
        sign = self._here
        self.at += 1
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            self._set()
        elif sign == "\\":
            self._escape(_CLASSES + _PLACES + _CONTROLS)
        elif sign in "*+?{":
            raise BadRegexp(f"there is nothing before {sign} to repeat")
        elif sign in "]}":
            raise BadRegexp(f"a plain {sign} is written \\{sign}")
        return 1

    def _group(self, depth: int) -> int:
        if self._here == "?":
            if not self._pattern.startswith("?:", self.at):
                raise BadRegexp("of groups with (? only (?: … ) is taken")
            self.at += 2
        states = self.alternatives(depth + 1)
        if self._here != ")":
            raise BadRegexp("a ( is not closed")
        self.at += 1
        return states + 1

    def _set(self) -> None:
        if self._here == "^":
            self.at += 1
        members: list[str | None] = []  # None: a class such as \d
        while self._here != "]" or not members:
            sign = self._here
            if not sign:
                raise BadRegexp("a [ is not closed")
            self.at += 1
            if sign == "\\":
                sign = self._escape(_CLASSES + _CONTROLS)
                members.append(None if sign in _CLASSES else sign)
            elif sign in "[]&~":
                raise BadRegexp(f"inside [ ], a plain {sign} is written \\{sign}")
            elif sign == "-" and members and self._here not in ("]", ""):
                self._range(members)
            else:
                members.append(sign)
        self.at += 1

    def _range(self, members: list[str | None]) -> None:
        low, high = members[-1], self._here
        self.at += 1
        if high == "\\":
            high = self._escape(_CONTROLS)
        if low is None or high in ("[", "-") or low > high or low in _CONTROLS or high in "&~":
            raise BadRegexp("this range has no order")
        members.append(None)

    def _escape(self, letters: str) -> str:
        sign = self._here
        if not sign or (sign.isalnum() and sign not in letters) or ord(sign) > 127:  # noqa: PLR2004
            raise BadRegexp(f"\\{sign} has no meaning here")
        self.at += 1
        return sign
