"""The sentences with which rooms refuse, found in their code: what is raised, what stands at a field of a form."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import entrepot
from entrepot.kernel import Refused

SOURCE = Path(entrepot.__file__).parent
FIELDS = ("fields", "faults", "errors")
"""What dictionaries are called that say of each field what is wrong with it."""


class Part(NamedTuple):
    """A function of a file, or what stands outside of them, with all that is in it."""

    node: ast.AST
    inside: list[ast.AST]


@functools.cache
def find_sentences() -> dict[str, str]:
    """Every sentence, with its places as they are named in the code, and where it is said first."""
    found: dict[str, str] = {}
    kinds = kinds_of_refusal()
    speaks = re.compile(r"\b(?:" + "|".join(sorted(kinds)) + r")\(|\b(?:" + "|".join(FIELDS) + r")\[")
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if speaks.search(text):
            for sentence, line in _sentences_in(ast.parse(text), kinds):
                found.setdefault(sentence, f"{path.relative_to(SOURCE)}:{line}")
    return found


def kinds_of_refusal() -> frozenset[str]:
    """The names of Refused and of every class below it."""
    found, ahead = {Refused.__name__}, [Refused]
    while ahead:
        below = ahead.pop().__subclasses__()
        found |= {each.__name__ for each in below}
        ahead += below
    return frozenset(found)


def _sentences_in(tree: ast.Module, kinds: frozenset[str]) -> Iterator[tuple[str, int]]:
    parts = list(_parts(tree))
    helpers = {part.node.name for part in parts if _passes_on(part, kinds)}  # type: ignore[attr-defined]
    for part in parts:
        for node in part.inside:
            for given in _said_by(node, kinds, helpers):
                for sentence in _texts(given, (part, Part(tree, tree.body)), frozenset()):  # type: ignore[arg-type]
                    yield sentence, node.lineno  # type: ignore[attr-defined]


def _parts(node: ast.AST) -> Iterator[Part]:
    """The outermost functions, methods among them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Part(child, list(ast.walk(child)))
        elif isinstance(child, ast.ClassDef):
            yield from _parts(child)


def _said_by(node: ast.AST, kinds: frozenset[str], helpers: set[str]) -> Iterator[ast.expr]:
    """The expressions that are told: to a refusal, in a dictionary of fields, to a function that refuses."""
    if isinstance(node, ast.Call):
        name = _called(node)
        if name in kinds and node.args:
            yield node.args[0]
        elif name in helpers:
            yield from node.args
        yield from (value for each in node.keywords if each.arg == "fields" for value in _values(each.value))
    elif isinstance(node, ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") in FIELDS:
            yield node.value
        elif getattr(target, "id", "") in FIELDS:
            yield from _values(node.value)


def _values(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Dict):
        return node.values
    return [node.value] if isinstance(node, ast.DictComp) else []


def _passes_on(part: Part, kinds: frozenset[str]) -> bool:
    """Whether a function refuses with a sentence that it was given."""
    arguments = part.node.args  # type: ignore[attr-defined]
    parameters = {each.arg for each in (*arguments.args, *arguments.kwonlyargs)}
    first = [
        each.args[0] for each in part.inside if isinstance(each, ast.Call) and _called(each) in kinds and each.args
    ]
    return any(getattr(each, "id", "") in parameters for each in first)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _texts(given: ast.expr, places: tuple[Part, ...], seen: frozenset[str]) -> Iterator[str]:
    """The sentences that an expression can be."""
    match given:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield _open(given)
        case ast.IfExp():
            yield from _texts(given.body, places, seen)
            yield from _texts(given.orelse, places, seen)
        case ast.BoolOp():
            for each in given.values:
                yield from _texts(each, places, seen)
        case ast.BinOp(op=ast.Add()):
            left = list(_texts(given.left, places, seen)) or ["{left}"]
            right = list(_texts(given.right, places, seen)) or ["{right}"]
            yield from (a + b for a in left for b in right)
        case ast.Name() if given.id not in seen:
            for node in (node for part in places for node in part.inside):
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == given.id:
                    yield from _texts(node.value, places, seen | {given.id})


def _open(text: ast.JoinedStr) -> str:
    """A text with places: each place by the last name in its expression."""
    parts = []
    for each in text.values:
        if isinstance(each, ast.FormattedValue):
            names = re.findall(r"[A-Za-z_]\w*", ast.unparse(each.value))
            parts.append("{" + (names[-1].lower() if names else "value") + "}")
        elif isinstance(each, ast.Constant):
            parts.append(str(each.value))
    return "".join(parts)
