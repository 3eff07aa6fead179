"""What a room refuses is told in the visitor's language, on pages of failures and beside the fields of a form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import entrepot
from entrepot.web.texts import told
from tests.web.sentences import find_sentences
from tests.web.visitors import PAGE, Visitor

SOURCE = Path(entrepot.__file__).parent
FILES = sorted((SOURCE / "web/texts/refusals/zh").glob("*.json"))
CHINESE: dict[str, str] = {key: words for file in FILES for key, words in json.loads(file.read_bytes()).items()}
FORMS = ("identity/", "orders/", "catalog/", "deliver/", "pay/", "web/pages/", "web/claim_forms.py", "group/market.py")
"""Where the sentences stand that a person at a form of the shop or of its consoles meets."""
NOT_AT_FORMS = (
    "catalog/packs/", "catalog/taxonomy.py", "catalog/imports/", "deliver/routes/", "deliver/carriers/",
    "identity/mail/", "pay/processors/", "pay/reconciliation/formats/",
)  # fmt: skip
"""What is told to programs, on the command line, in a report of a feed's rows, or to whoever sets the market up."""
UNTOLD_MAX, UNTOLD_ELSEWHERE_MAX = 40, 415
"""So many sentences have no Chinese yet, at forms and elsewhere. Both may only fall."""


def code_of_rooms() -> str:
    """All code, with texts that go over several lines in one piece."""
    content = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", content)


def untold() -> dict[str, str]:
    """Sentences that a Chinese page shows in English, by where they are said."""
    said = find_sentences()
    return {each: at for each, at in said.items() if told("zh", filled := re.sub(r"{\w+}", "7", each)) == filled}


def test_sentences_without_chinese_only_become_fewer() -> None:
    found = untold()
    at_forms = {each for each, at in found.items() if at.startswith(FORMS) and not at.startswith(NOT_AT_FORMS)}
    elsewhere = set(found) - at_forms
    assert len(at_forms) <= UNTOLD_MAX, sorted(at_forms)
    assert len(elsewhere) <= UNTOLD_ELSEWHERE_MAX, sorted(elsewhere)
    assert len(at_forms) > UNTOLD_MAX - 10, "some were told: lower UNTOLD_MAX"
    assert len(elsewhere) > UNTOLD_ELSEWHERE_MAX - 20, "some were told: lower UNTOLD_ELSEWHERE_MAX"


def test_no_translation_is_of_a_sentence_that_nobody_says_any_more() -> None:
    said = code_of_rooms()
    parts = {each: re.split(r"{\w+}", each) for each in CHINESE}
    assert [each for each, pieces in parts.items() if not all(piece in said for piece in pieces)] == []


def test_a_sentence_is_told_once() -> None:
    keys = [key for file in FILES for key in json.loads(file.read_bytes())]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_a_translation_opens_the_places_of_its_sentence() -> None:
    for english, chinese in CHINESE.items():
        assert set(re.findall(r"{(\w+)}", chinese)) <= set(re.findall(r"{(\w+)}", english)), english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Sign in to do this", "请先登录"),
        ("Only 3 of Brass lamp left, you want 5", "Brass lamp 仅剩 3 件，您要 5 件"),
        ("Only 3 of Brass lamp left", "Brass lamp 仅剩 3 件"),
        ("There is no such order", "没有找到，或不属于您"),
        ("There is no such code: check how it is written", "没有这个优惠码，请检查拼写"),
        ("Cup cannot be bought at the moment. Change your cart, then go on", "Cup 暂时无法购买。请调整购物车后继续"),
        ("SPRING is for a first order", "SPRING 仅限首单"),
        ("Line 7: Choose one of your zones", "第 7 行：请选择已有的区域"),
        ("There is no such field", "没有这个字段"),
        ("Some words. It came in without one", "Some words。商品已导入，但没有该编号"),
        ("Nobody ever said this", "Nobody ever said this"),
    ],
)
def test_a_sentence_is_told_whole(english: str, chinese: str) -> None:
    assert told("zh", english) == chinese
    assert told("en", english) == english


def test_pages_tell_it_at_the_field_and_on_a_page_of_failure(nobody: Visitor) -> None:
    assert "没有找到" in nobody.get("/p/nothing?lang=zh", headers=PAGE).text
    refused = nobody.form("/sign-up", email="a@b", password="short", name="x")
    assert refused.status_code == 400
    assert "密码需为" in refused.text or "请填写有效的邮箱" in refused.text
    assert "Write an e-mail" not in refused.text
