"""Write docs/language.md, the language reference, from what the code knows."""

from __future__ import annotations

from pathlib import Path

from carpel.query.example_names import ExampleNames
from carpel.query.reference import reference

PAGE = Path(__file__).parent.parent / "docs" / "language.md"

if __name__ == "__main__":
    PAGE.write_text(reference(ExampleNames()))
    print(f"wrote {PAGE.name}")
