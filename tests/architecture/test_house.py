"""The house rules that no linter checks."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "src" / "carpel"
TESTS = ROOT / "tests"
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
DUMPING_GROUNDS = {
    "utils", "util", "helpers", "common", "misc", "base", "manager", "types_", "shared",
}  # fmt: skip

FILES = sorted(HOUSE.rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_longer_than_a_sitting() -> None:
    everything = [*FILES, *TESTS.rglob("*.py")]
    long = {name(p): n for p in everything if (n := p.read_text().count("\n")) > LONGEST_FILE}
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for p in FILES:
        for node in ast.walk(ast.parse(p.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{name(p)}:{node.lineno} {node.name}"] = length
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    assert not [name(p) for p in FILES if not ast.get_docstring(ast.parse(p.read_text()))]


def test_no_module_is_a_dumping_ground() -> None:
    assert not [name(p) for p in FILES if p.stem in DUMPING_GROUNDS]


def test_no_module_hides_a_standard_library_module() -> None:
    top = {p.stem for p in HOUSE.glob("*.py")} | {p.name for p in HOUSE.iterdir() if p.is_dir()}
    assert not top & set(sys.stdlib_module_names)


def test_vendor_words_stay_behind_their_door() -> None:
    """One noun for one thing: the vendors' words for it live in their doors."""
    words = ("custom_id", "display_name", "contacts_count", "text_description", "app_group")
    rooms = [p for p in FILES if "surfaces" not in p.parts]
    found = {name(p): word for p in rooms for word in words if word in p.read_text()}
    assert not found


def test_no_machine_path_is_in_the_repository() -> None:
    suspects = [*FILES, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *TESTS.rglob("*.py")]
    places = ("/wo" + "rk/", "/ro" + "ot/", "/tm" + "p/")
    found = {name(p): place for p in suspects for place in places if place in p.read_text()}
    assert not found
