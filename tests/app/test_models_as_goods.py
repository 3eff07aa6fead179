"""Models as goods: the catalogue says what is true of a model now, whichever event came first."""

from __future__ import annotations

import pytest
from tests.cast import Cast, invite

from entrepot import catalog, cloud, group, orders
from entrepot.identity import Scope
from entrepot.kernel import DAY, Conflict, Database, ManualClock
from entrepot.kernel.testing import settle

SYSTEM = Scope.system()


class House:
    """A database whose events are followed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.cast: Cast = invite(database)

    def add(self, *, nano: int = 10_000_000, listed: bool = True, name: str = "words") -> cloud.Model:
        draft = cloud.ModelDraft(name, "embedding", "static", cloud.Licence("MIT"), card="One.\n\nTwo.", listed=listed)
        known = cloud.Capabilities(context=512, dimensions=4)

        def act(tx: object) -> cloud.Model:
            model = cloud.add_model(tx, SYSTEM, draft, known)  # type: ignore[arg-type]
            cloud.add_price_book(tx, name, {"embedding_tokens": nano, "rerank_tokens": 5})  # type: ignore[arg-type]
            return cloud.publish_model(tx, SYSTEM, model.id)  # type: ignore[arg-type]

        model = self.database.write_now(act)
        self.rest()
        return model

    def rest(self) -> None:
        settle(self.database, group.reactions("USD"), (group.show_task("USD"),))

    def ref(self, product_id: str) -> str | None:
        return self.database.read_now(lambda s: catalog.get_product(s, product_id)).ref

    def cards(self) -> list[catalog.Card]:
        ids = [each.id for each in self.database.read_now(lambda s: catalog.iterate_documents(s, "", 100))]
        return self.database.read_now(lambda s: catalog.list_cards(s, ids))


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_what_is_published_is_listed_with_its_meters_the_compared_one_first(house: House) -> None:
    model = house.add()
    (card,) = house.cards()
    assert (card.title, card.kind, card.price_minor, card.currency) == ("words", "model", 1, "USD")
    assert [each.meter for each in card.meters] == ["embedding_tokens", "rerank_tokens"]
    view = house.database.read_now(lambda s: catalog.get_product(s, card.id))
    assert (view.ref, view.external_id) == (model.id, "words")
    assert view.description_html == "<p>One.</p><p>Two.</p>"
    assert view.category[-1].slug == "models"


def test_what_is_free_costs_nothing_and_what_is_unlisted_is_not_there(house: House) -> None:
    house.add(nano=0)
    house.add(listed=False, name="quiet")
    assert [(card.title, card.price_minor) for card in house.cards()] == [("words", 0)]


def test_prices_to_come_are_shown_when_they_begin(house: House) -> None:
    house.add()
    begins = house.database.clock.now() + DAY
    house.database.write_now(
        lambda tx: cloud.add_price_book(tx, "words", {"embedding_tokens": 990_000_000}, effective_at=begins)
    )
    house.rest()
    assert house.cards()[0].price_minor == 1
    clock = house.database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(DAY)
    house.rest()
    assert house.cards()[0].price_minor == 99


def test_a_new_version_takes_the_same_place_and_an_older_one_comes_back(house: House) -> None:
    first = house.add()
    place = house.cards()[0].id
    second = house.add()
    assert [(card.id, house.ref(card.id)) for card in house.cards()] == [(place, second.id)]
    house.database.write_now(lambda tx: cloud.withdraw_model(tx, SYSTEM, second.id))
    house.rest()
    assert [(card.id, house.ref(card.id)) for card in house.cards()] == [(place, first.id)]
    house.database.write_now(lambda tx: cloud.withdraw_model(tx, SYSTEM, first.id))
    house.rest()
    assert house.cards() == []
    house.add()
    assert [card.id for card in house.cards()] == [place]


def test_no_cart_takes_it_and_no_feed_has_it(house: House) -> None:
    house.add()
    (card,) = house.cards()
    with pytest.raises(Conflict, match="by the meter"):
        house.database.write_now(lambda tx: orders.set_line(tx, house.cast.alice, card.offer_id, 1))
    site = catalog.Site("http://shop.example")
    parts = catalog.export_feed(house.database.read_now, SYSTEM, catalog.HOUSE, "jsonl", site)
    assert b"words" not in b"".join(parts)


def test_every_proof_of_the_catalogue_holds_with_models_in_it(house: House) -> None:
    house.add()
    house.add(nano=0, name="free")
    proofs = [*catalog.PROOFS, *cloud.PROOFS]
    assert [each for proof in proofs for each in house.database.read_now(proof.check).breaches] == []
