"""Modules say what they are for, and stay short enough to read."""

import ast
import unicodedata
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, modules, project_files, short, text_of

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "service", "services", "manager", "managers", "common", "misc"}
# Typographic signs that look like plain ones, and cannot be typed to search for them.
CURLY = set("\u2018\u00a0\u2011")
"""Look-alikes. Quotation marks in sentences for people (\u201c \u201d) and apostrophes are their own signs."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring: a long promise is no long function."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    return lines - len((ast.get_docstring(function, clean=False) or "").splitlines())


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in modules()}


@pytest.fixture(scope="module")
def functions(trees: dict[Path, ast.Module]) -> list[tuple[Path, Function]]:
    return [
        (path, node)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_every_module_says_what_it_is_for(trees: dict[Path, ast.Module]) -> None:
    assert [short(path) for path, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_no_function_is_too_long_to_read_at_once(functions: list[tuple[Path, Function]]) -> None:
    long = [f"{short(path)}:{each.lineno} {each.name} {length(each)}" for path, each in functions
            if length(each) > FUNCTION_LINES_MAX]  # fmt: skip
    assert long == []


def test_nine_functions_in_ten_are_short(functions: list[tuple[Path, Function]]) -> None:
    lengths = sorted(length(each) for _, each in functions)
    assert lengths[int(len(lengths) * 0.9)] <= 30


def test_no_file_is_too_long() -> None:
    sizes = {short(path): len(path.read_text().splitlines()) for path in modules()}
    assert {path: size for path, size in sizes.items() if size > FILE_LINES_MAX} == {}


def test_no_module_has_a_name_that_accepts_anything() -> None:
    assert [short(path) for path in modules() if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES] == []


def test_code_is_plain_text() -> None:
    """No invisible, private or look-alike characters, which a reader cannot see and a search cannot find."""
    odd = []
    for path in project_files():
        if path.suffix not in {".py", ".toml", ".md", ".html", ".css", ".js", ".sh"}:
            continue
        for number, line in enumerate((text_of(path) or "").splitlines(), 1):
            names = {f"U+{ord(sign):04X}" for sign in line if is_odd(sign)}
            odd += [f"{short(path)}:{number} {name}" for name in sorted(names)]
    assert odd == []


def is_odd(sign: str) -> bool:
    """Whether a character is a control, invisible, private, or a look-alike of a plain one."""
    return sign in CURLY or (sign != "\t" and unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cn"})


def test_the_rooms_of_the_tree_are_those_of_the_order() -> None:
    """Each `tables.py` stands in a room that the contract about tables names."""
    contract = (ROOT / "pyproject.toml").read_text()
    open_tables = [
        short(path)
        for path in modules()
        if path.stem == "tables" and f"-> entrepot.{path.parent.name}.tables" not in contract
    ]
    assert open_tables == []
