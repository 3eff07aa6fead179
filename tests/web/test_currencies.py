"""Currencies are chosen from those in use, by name, and no other one is taken."""

from __future__ import annotations

import pytest

from entrepot.catalog import CURRENCIES
from entrepot.group import Market
from entrepot.group.market import check_market
from entrepot.kernel import Invalid
from entrepot.web.currencies import list_currencies
from tests.web.visitors import PAGE, Visitor


def test_every_currency_in_use_is_offered_once_with_its_name() -> None:
    english, chinese = list_currencies("en"), list_currencies("zh")
    assert [code for code, _ in english] == sorted(CURRENCIES) == [code for code, _ in chinese]
    assert dict(english)["EUR"] == "EUR – Euro"
    assert dict(chinese)["CNY"] == "CNY – 人民币"


def test_a_market_counts_in_a_currency_that_is_in_use() -> None:
    check_market(Market("Quay", "EUR"))
    for code in ("ABC", "usd", "", "XAU"):
        with pytest.raises(Invalid) as refused:
            check_market(Market("Quay", code))
        assert set(refused.value.fields) == {"currency"}


@pytest.mark.parametrize("path", ["/operator/gift-cards", "/operator/exchange"])
def test_the_operators_forms_offer_them(dana: Visitor, path: str) -> None:
    assert '<option value="JPY"' in dana.get(path, headers=PAGE).text


def test_whoever_opens_a_shop_chooses_one(alice: Visitor) -> None:
    page = alice.get("/sell", headers=PAGE).text
    assert '<option value="USD" selected>USD – US Dollar</option>' in page
