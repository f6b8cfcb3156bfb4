r"""Regular expressions: each text is shown to the column store's engine once, and remembered.

Python's own expressions differ from it at the edges (line ends, letters without case, `\B`), and
an answer has to be the recompute's.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from carpel.storage.regexps import fitting

_MOST_REMEMBERED = 262_144


class Expression:
    """One expression and the texts it has been held against."""

    def __init__(self, pattern: str, ignore_case: bool) -> None:  # noqa: FBT001
        self._pattern = pattern
        self._ignore_case = ignore_case
        self._known: dict[str, bool] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Look at many texts with one question."""
        known = self._known
        new = list({text for text in texts if text not in known})
        if not new:
            return
        found = fitting(self._pattern, new, ignore_case=self._ignore_case)
        if len(known) + len(new) > _MOST_REMEMBERED:
            self._known = known = {}  # another thread may still look into the old one
        known.update(zip(new, found, strict=True))

    def fits(self, text: str) -> bool:
        """Whether it fits somewhere in the text."""
        found = self._known.get(text)
        if found is None:
            (found,) = fitting(self._pattern, [text], ignore_case=self._ignore_case)
        return found


@lru_cache(1024)
def expression(pattern: str, ignore_case: bool) -> Expression:  # noqa: FBT001
    """The one of this pattern that all leaves share."""
    return Expression(pattern, ignore_case)
