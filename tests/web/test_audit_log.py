"""The audit log: a sentence in the reader's language for every act that is audited, with filters that walk an index."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import entrepot
from entrepot import identity
from entrepot.catalog.moderation import KINDS, Decision
from entrepot.orders import PromotionState
from entrepot.web.texts import load_texts
from tests.orders.market import Market
from tests.web.visitors import PAGE, Visitor

SOURCE = Path(entrepot.__file__).parent
OPEN_ACTS = {
    'f"catalog.{KINDS[subject_id[:3]]}_{decision}"': [
        f"catalog.{kind}_{decision}" for kind in KINDS.values() for decision in typing.get_args(Decision)
    ],
    'f"orders.promotion_{state}"': [f"orders.promotion_{state}" for state in typing.get_args(PromotionState)],
}
"""Acts whose names are put together, by how that is written, with what they can be."""


def audited_acts() -> Iterator[tuple[str, str]]:
    """Every act that the code audits, with where."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "audit(" not in text:
            continue
        tree = ast.parse(text)
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            for call in calls_of(function, "audit"):
                for act in acts_in(tree, function, call.args[2]):
                    yield act, f"{path.relative_to(SOURCE)}:{call.lineno}"


def calls_of(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) >= 3:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield node


def acts_in(tree: ast.Module, function: ast.FunctionDef | ast.AsyncFunctionDef, given: ast.expr) -> Iterator[str]:
    """What an argument can be: a text, a variable that holds texts, what callers give, or a text with places."""
    if isinstance(given, ast.Name):
        parameters = [each.arg for each in function.args.args]
        if given.id in parameters:
            for call in calls_of(tree, function.name):
                yield from acts_in(tree, function, call.args[parameters.index(given.id)])
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == given.id:
                yield from (each.value for each in ast.walk(node.value) if is_text(each))  # type: ignore[attr-defined]
        return
    written = ast.unparse(given).replace("'", '"')
    yield from [given.value] if is_text(given) else OPEN_ACTS.get(written, [f"not understood: {written}"])  # type: ignore[attr-defined]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("language", identity.LANGUAGES)
def test_every_act_that_is_audited_has_a_sentence_and_no_sentence_is_of_none(language: str) -> None:
    acts = dict(audited_acts())
    keys = [key for key in load_texts(language) if key.startswith("audit.") and key.count(".") > 1]
    sentences = {key.removeprefix("audit.") for key in keys}
    assert len(acts) > 80
    assert {act: where for act, where in acts.items() if act not in sentences} == {}
    assert sentences - set(acts) == set()


def test_a_person_reads_who_did_what_to_what(dana: Visitor, market: Market) -> None:
    merchant = market.cast.bruno.organisation
    page = dana.get("/operator/audit?what=catalog.approve_merchant", headers=PAGE).text
    assert "Approved the shop " in page
    assert f'<a href="/operator/merchants?id={merchant}">' in page
    assert "12.5 %" in page
    assert "catalog.approve_merchant" in page, "the code stays for whoever looks for it"
    chinese = dana.get("/operator/audit?what=catalog.approve_merchant&lang=zh", headers=PAGE).text
    dana.get("/operator?lang=en", headers=PAGE)
    assert "批准店铺" in chinese


def test_the_log_is_read_by_who_what_about_and_since(dana: Visitor, market: Market) -> None:
    mine = dana.get("/operator/audit?who=dana@example.com", headers=PAGE).text
    assert "Dana" in mine
    assert market.cast.bruno.actor not in mine
    about = dana.get(f"/operator/audit?about={market.bea.organisation}", headers=PAGE).text
    assert str(market.cast.bruno.organisation) not in about
    assert "Nothing was recorded that fits" in dana.get("/operator/audit?since=2030-01-01", headers=PAGE).text
    assert "Nobody has this e-mail address" in dana.get("/operator/audit?who=x@y.example", headers=PAGE).text
    assert "Write a time such as" in dana.get("/operator/audit?since=soon", headers=PAGE).text
    api = dana.get("/api/operator/audit", params={"act": "catalog.approve_merchant", "since": "2020-01-01"}).json()
    assert {each["act"] for each in api["items"]} == {"catalog.approve_merchant"}
    assert len(api["items"]) == 2


def test_a_page_of_the_log_goes_on_where_the_one_before_ended(dana: Visitor, market: Market) -> None:
    for n in range(52):
        market.do(identity.create_key, market.cast.dana, f"key {n}")
    first = dana.get("/operator/audit?what=identity.create_key", headers=PAGE).text
    older = re.findall(r'href="(/operator/audit\?[^"]*before=[^"]*)"', first)
    assert len(older) == 1
    assert "what=identity.create_key" in older[0]
    second = dana.get(older[0].replace("&amp;", "&"), headers=PAGE).text
    named = [set(re.findall(r"key [0-9]+", page)) for page in (first, second)]
    assert len(named[0] | named[1]) == 52
    assert not named[0] & named[1]


def test_whoever_is_no_operator_reads_none_of_it(bruno: Visitor) -> None:
    assert bruno.get("/operator/audit", headers=PAGE).status_code == 403
