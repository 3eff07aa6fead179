"""Words that other sellers propose."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot import catalog
from entrepot.kernel import Conflict, Database, Invalid, NotFound
from tests.catalog.shop import SYSTEM, Shop, draft, events, open_shop

GTIN = "4006381333931"
BETTER = catalog.ProductContent("Brass desk lamp", "<p>Bright</p><script>x</script>", "Fjell")


@pytest.fixture
def bea(shop: Shop, database: Database) -> Shop:
    """She sells the lamp too."""
    other = open_shop(database, "Bea's Lamps")
    shop.save(draft("lamp", gtin=GTIN))
    other.save(draft("b", gtin=GTIN))
    return other


def _propose(bea: Shop, content: Any = BETTER) -> catalog.Proposal:
    product_id = bea.product("b").id
    return bea.database.write_now(lambda tx: catalog.propose_content(tx, bea.scope, product_id, content, "Clearer"))


def _do(shop: Shop, verb: Any, proposal: catalog.Proposal, scope: Any = None) -> catalog.Proposal:
    return shop.database.write_now(lambda tx: verb(tx, scope or shop.scope, proposal.id))


def test_the_owner_sees_what_differs_and_accepts(shop: Shop, bea: Shop, database: Database) -> None:
    made = _propose(bea)
    assert [(field, after) for field, _, after in made.changes] == [
        ("title", "Brass desk lamp"), ("brand", "Fjell"), ("description", "<p>Bright</p>")
    ]  # fmt: skip
    assert database.read_now(lambda s: catalog.list_proposals(s, shop.scope)) == [made]
    told = len(events(database))
    assert _do(shop, catalog.accept_proposal, made).state == "accepted"
    view = shop.product("lamp")
    assert (view.title, view.brand, view.description_html) == ("Brass desk lamp", "Fjell", "<p>Bright</p>")
    assert [name for name, _ in events(database, told)] == ["catalog.ProductsListed"]
    with pytest.raises(Conflict):
        _do(shop, catalog.decline_proposal, made)


def test_only_the_owner_and_the_operator_decide_and_only_its_maker_takes_it_back(shop: Shop, bea: Shop) -> None:
    made = _propose(bea)
    third = open_shop(shop.database, "Third")
    for verb, scope in (
        (catalog.accept_proposal, bea.scope), (catalog.decline_proposal, bea.scope),
        (catalog.accept_proposal, third.scope), (catalog.withdraw_proposal, shop.scope),
        (catalog.withdraw_proposal, third.scope),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            _do(shop, verb, made, scope)
    assert _do(shop, catalog.decline_proposal, made, SYSTEM).state == "declined"
    again = _propose(bea)
    assert _do(bea, catalog.withdraw_proposal, again).state == "withdrawn"
    assert shop.product("lamp").title == "Brass lamp"


def test_words_that_changed_meanwhile_are_not_overwritten(shop: Shop, bea: Shop) -> None:
    made = _propose(bea)
    shop.save(draft("lamp", gtin=GTIN, title="A newer title"))
    with pytest.raises(Conflict):
        _do(shop, catalog.accept_proposal, made)
    assert shop.product("lamp").title == "A newer title"


def test_nobody_proposes_for_what_they_own_or_do_not_sell(shop: Shop, bea: Shop) -> None:
    product_id = shop.product("lamp").id
    third = open_shop(shop.database, "Third")
    with pytest.raises(Conflict):
        shop.database.write_now(lambda tx: catalog.propose_content(tx, shop.scope, product_id, BETTER))
    with pytest.raises(NotFound):
        shop.database.write_now(lambda tx: catalog.propose_content(tx, third.scope, product_id, BETTER))
    with pytest.raises(Invalid):
        _propose(bea, catalog.ProductContent("Brass lamp"))
