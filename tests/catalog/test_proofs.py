"""Each proof finds the breach it is there for, made in the rows behind the program's back."""

from pathlib import Path

import pytest

from entrepot import catalog, ledger
from entrepot.kernel import Blobs, Finding, Proof, Tx, prepare_text
from tests.catalog.feeds import line, run, write_lines
from tests.catalog.shop import Shop, draft, open_shop

GTIN = "4006381333931"


def finding(shop: Shop, name: str) -> Finding:
    proof = next(proof for proof in catalog.PROOFS if proof.name == f"catalog.{name}")
    return shop.database.read_now(proof.check)


@pytest.fixture
def market(shop: Shop) -> Shop:
    """Two sellers of one lamp, a vase of which some are held."""
    other = open_shop(shop.database, "Other")
    shop.save(draft("lamp", gtin=GTIN), draft("vase", reviews=(catalog.ReviewDraft("Ann", 5),)))
    other.save(draft("x", gtin=GTIN, price_minor=4500))
    requests = [catalog.StockRequest("oln_1", shop.offer("vase").id, 3)]
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.hold_stock(tx, requests, None)))
    return shop


def test_a_sound_catalogue_has_no_breach(market: Shop) -> None:
    assert {proof.name: list(market.database.read_now(proof.check).breaches) for proof in catalog.PROOFS} == {
        proof.name: [] for proof in catalog.PROOFS
    }
    assert {name: finding(market, name).rows for name in ("stock", "held", "offers", "products", "gtins")} == {
        "stock": 3,
        "held": 1,
        "offers": 3,
        "products": 2,
        "gtins": 1,
    }


BREACHES = [
    ("stock", "UPDATE ledger_accounts SET balance = 2 WHERE kind = 'on_hand' AND pending_debits = 3"),
    ("held", "UPDATE catalog_stock_holds SET quantity = 2"),
    ("held", "UPDATE ledger_holds SET amount = 4"),
    ("offers", "UPDATE catalog_offers SET product_id = 'prd_none' WHERE price_minor = 4500"),
    ("offers", "DELETE FROM catalog_variants WHERE gtin IS NOT NULL"),
    ("offers", "UPDATE catalog_listings SET merchant_id = 'org_none' WHERE external_id = 'x'"),
    ("products", "DELETE FROM catalog_variants WHERE gtin IS NULL"),
    ("products", "UPDATE catalog_products SET owner_id = 'org_none'"),
    ("gtins", "UPDATE catalog_variants SET gtin = NULL"),
    ("ratings", "UPDATE catalog_products SET rating_total = rating_total + 1"),
    ("ratings", "DELETE FROM catalog_reviews"),
    ("imports", "UPDATE catalog_imports SET unchanged = 1"),
]


class Undone(Exception):
    """Takes back what a command did."""


def test_each_breach_is_found(market: Shop, blobs: Blobs, tmp_path: Path) -> None:
    run(market, blobs, write_lines(tmp_path / "feed.jsonl", [line("a"), "broken"]), "jsonl")
    proofs = {proof.name: proof for proof in catalog.PROOFS}
    for name, sql in BREACHES:
        proof = proofs[f"catalog.{name}"]

        def breach(tx: Tx, sql: str = sql, proof: Proof = proof) -> None:
            assert not proof.check(tx).breaches
            assert tx.run(prepare_text(sql))
            assert proof.check(tx).breaches, sql
            raise Undone

        with pytest.raises(Undone):
            market.database.write_now(breach)


def test_a_wrong_featured_offer_is_found(market: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from entrepot.catalog import offers

    monkeypatch.setattr(offers, "in_order", lambda given: sorted(given, key=lambda offer: -offer.price_minor))
    assert finding(market, "featured").breaches


def test_no_rows_is_said(shop: Shop) -> None:
    assert finding(shop, "offers") == Finding(0, [])
