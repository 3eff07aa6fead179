"""What a room refuses is told in the visitor's language, on pages of failures and beside the fields of a form."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import entrepot
from entrepot.web.texts import told
from tests.web.visitors import PAGE, Visitor

SOURCE = Path(entrepot.__file__).parent
ROOMS = ("identity", "orders", "catalog", "cloud", "deliver", "pay", "kernel", "web")
CHINESE: dict[str, str] = msgspec.json.decode((SOURCE / "web/texts/refusals/zh.json").read_bytes())


def code_of(room: str) -> str:
    """A room's code, with texts that go over several lines in one piece."""
    content = "\n".join(file.read_text(encoding="utf-8") for file in sorted((SOURCE / room).rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", content)


def test_no_translation_is_of_a_sentence_that_nobody_says_any_more() -> None:
    said = "\n".join(code_of(room) for room in ROOMS)
    parts = {each: re.split(r"{\w+}", each) for each in CHINESE}
    assert [each for each, pieces in parts.items() if not all(piece in said for piece in pieces)] == []


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
