"""Reviews: the right comes with a completed order; what a feed brought is labelled and never counted as verified."""

import pytest

from entrepot import catalog
from entrepot.identity import Scope
from entrepot.kernel import Invalid, NotAllowed, NotSignedIn
from tests.catalog.shop import Shop, draft, events, rows_in

ALICE = Scope("usr_alice")


def test_only_who_bought_it_reviews_it_once_and_may_change_it(shop: Shop) -> None:
    product_id = shop.save(draft("lamp")).products["lamp"]
    text = catalog.ReviewText(4, "Alice", "Warm", "A\x00 good lamp")

    def write(scope: Scope, text: catalog.ReviewText = text) -> catalog.Review:
        return shop.database.write_now(lambda tx: catalog.write_review(tx, scope, product_id, text))

    with pytest.raises(NotAllowed):
        write(ALICE)
    for _ in range(2):
        shop.database.write_now(lambda tx: catalog.grant_review(tx, "usr_alice", product_id, "sor_1"))
        shop.database.write_now(lambda tx: catalog.grant_review(tx, "ses_guest", product_id, "sor_2"))
    assert shop.database.read_now(lambda s: catalog.may_review(s, ALICE, product_id))
    told = len(events(shop.database))
    review = write(ALICE)
    assert (review.origin, review.rating, review.body) == ("verified", 4, "A good lamp")
    assert events(shop.database, told) == [("catalog.OffersChanged", {"product_ids": [product_id]})]
    write(ALICE, catalog.ReviewText(2, "Alice", "", "Broke"))
    rating = shop.product("lamp").rating
    assert (rating.average, rating.count, rating.verified) == (2.0, 1, 1)
    with pytest.raises(NotSignedIn):
        write(Scope("ses_guest"))
    for bad in (catalog.ReviewText(0, "A"), catalog.ReviewText(6, "A"), catalog.ReviewText(3, " ")):
        with pytest.raises(Invalid):
            write(ALICE, bad)


def test_imported_reviews_are_labelled_and_come_once(shop: Shop) -> None:
    reviews = (catalog.ReviewDraft("Ann", 5, "Great"), catalog.ReviewDraft("Ben", 2, "Broke", written_at="2025-06-01"))
    shop.save(draft("lamp", reviews=reviews))
    shop.save(draft("lamp", title="Finer lamp", reviews=reviews))
    view = shop.product("lamp")
    assert {(review.author, review.origin) for review in view.reviews} == {("Ann", "imported"), ("Ben", "imported")}
    assert (view.rating.average, view.rating.count, view.rating.verified) == (3.5, 2, 0)
    assert rows_in(shop.database, "catalog_reviews") == 2


def test_verified_reviews_come_first(shop: Shop) -> None:
    product_id = shop.save(draft("lamp", reviews=(catalog.ReviewDraft("Ann", 5, "Great"),))).products["lamp"]
    shop.database.write_now(lambda tx: catalog.grant_review(tx, "usr_alice", product_id, "sor_1"))
    shop.database.write_now(lambda tx: catalog.write_review(tx, ALICE, product_id, catalog.ReviewText(1, "Alice")))
    assert [review.author for review in shop.product("lamp").reviews] == ["Alice", "Ann"]
    assert shop.product("lamp").rating.verified == 1
