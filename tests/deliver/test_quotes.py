"""What delivery costs follows from the sheets alone, stands for a while, and belongs to who asked."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import deliver
from entrepot.deliver.rates import price_by
from entrepot.deliver.sheets import check_sheet
from entrepot.kernel import MINUTE, Conflict, Database, Invalid, ManualClock, NotAllowed, NotFound
from tests.deliver import parcels as p


def test_a_flat_sheet_costs_the_same_for_every_weight(database: Database) -> None:
    sheet = p.save(database, p.FLAT)
    for weight_g in (None, 0, 800, 90_000):
        [option] = p.quote(database, p.ask(weight_g))
        assert (option.amount_minor, option.sheet_id, option.name) == (4_90, sheet.id, "Post")


@pytest.mark.parametrize(
    ("weight_g", "amount_minor"), [(0, 3_90), (1_000, 3_90), (1_001, 6_90), (5_000, 6_90), (30_000, 15_00)]
)
def test_a_weight_sheet_charges_the_first_step_that_holds(database: Database, weight_g: int, amount_minor: int) -> None:
    p.save(database, p.WEIGHT)
    [option] = p.quote(database, p.ask(weight_g))
    assert option.amount_minor == amount_minor


@pytest.mark.parametrize(("subtotal_minor", "amount_minor"), [(49_99, 4_90), (50_00, 0), (50_01, 0)])
def test_delivery_is_free_from_a_subtotal_on(database: Database, subtotal_minor: int, amount_minor: int) -> None:
    p.save(database, p.FLAT)
    [option] = p.quote(database, p.ask(subtotal_minor=subtotal_minor))
    assert option.amount_minor == amount_minor


def test_every_sheet_that_applies_is_an_option_and_the_cheapest_comes_first(database: Database) -> None:
    p.save(database, p.FLAT)
    p.save(database, p.WEIGHT)
    assert [option.name for option in p.quote(database, p.ask())] == ["By weight", "Post"]
    assert [option.name for option in p.quote(database, p.ask(2_000))] == ["Post", "By weight"]
    assert [option.name for option in p.quote(database, p.ask(None))] == ["Post"]
    assert [option.name for option in p.quote(database, p.ask(country="JP"))] == ["By weight"]


def test_a_merchant_without_sheets_uses_the_platforms(database: Database) -> None:
    platform = p.save(database, p.WEIGHT, p.DANA)
    own = p.save(database, p.FLAT, p.CARLA)
    assert platform.organisation == deliver.PLATFORM
    bruno, carla = p.quote(database, p.ask(), p.ask(merchant_id="org_carla"))
    assert (bruno.sheet_id, carla.sheet_id) == (platform.id, own.id)


@pytest.mark.parametrize(
    ("drafts", "request_", "sentence"),
    [
        ([], p.ask(), "does not deliver to DE"),
        ([p.FLAT], p.ask(country="JP"), "does not deliver to JP"),
        ([p.FLAT], p.ask(currency="USD"), "no delivery prices in USD"),
        ([p.WEIGHT], p.ask(None), "an article has none"),
        ([p.WEIGHT], p.ask(30_001), "up to 30,000 g"),
    ],
)
def test_what_cannot_be_delivered_is_said_in_a_sentence(
    database: Database, drafts: list[deliver.RateSheetDraft], request_: deliver.QuoteRequest, sentence: str
) -> None:
    for draft in drafts:
        p.save(database, draft)
    with pytest.raises(deliver.Undeliverable, match=sentence) as refusal:
        p.quote(database, request_)
    assert list(refusal.value.merchants) == ["org_bruno"]


def test_each_merchant_that_cannot_deliver_is_named(database: Database) -> None:
    p.save(database, p.FLAT)
    with pytest.raises(deliver.Undeliverable) as refusal:
        p.quote(database, p.ask(), p.ask(merchant_id="org_carla"))
    assert list(refusal.value.merchants) == ["org_carla"]


def take(database: Database, *quotes: deliver.Quote, owner: str = p.ALICE.actor) -> list[deliver.Quote]:
    ids = [each.id for each in quotes]
    return database.write_now(lambda tx: deliver.take_quotes(tx, owner, ids))


def test_quotes_are_taken_as_they_were_given_even_when_the_sheet_has_changed(database: Database) -> None:
    sheet = p.save(database, p.FLAT)
    p.save(database, p.WEIGHT)
    first, second = p.quote(database, p.ask())
    p.save(database, msgspec.structs.replace(p.FLAT, id=sheet.id, steps=((0, 9_90),)))
    assert take(database, second, first) == [second, first]
    assert p.quote(database, p.ask())[1].amount_minor == 9_90
    database.write_now(lambda tx: deliver.delete_rate_sheet(tx, p.BRUNO, sheet.id))
    assert take(database, second) == [second]


def test_a_quote_is_its_owners_own(database: Database) -> None:
    p.save(database, p.FLAT)
    [option] = p.quote(database, p.ask())
    with pytest.raises(NotFound):
        take(database, option, owner="usr_mallory")
    with pytest.raises(NotFound):
        take(database, option, msgspec.structs.replace(option, id="quo_none"))


def test_a_quote_expires(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    p.save(database, p.FLAT)
    [option] = p.quote(database, p.ask())
    clock.advance(30 * MINUTE - 1)
    assert take(database, option) == [option]
    clock.advance(1)
    with pytest.raises(Conflict, match="expired"):
        take(database, option)


def test_a_sheet_is_its_merchants_own(database: Database) -> None:
    sheet = p.save(database, p.FLAT)
    changed = msgspec.structs.replace(p.FLAT, id=sheet.id, name="Mine")
    with pytest.raises(NotFound):
        p.save(database, changed, p.CARLA)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: deliver.delete_rate_sheet(tx, p.CARLA, sheet.id))
    with pytest.raises(NotAllowed):
        p.save(database, p.FLAT, p.CHEN)
    assert database.read_now(lambda snapshot: deliver.list_rate_sheets(snapshot, p.BRUNO)) == [sheet]
    assert database.read_now(lambda snapshot: deliver.list_rate_sheets(snapshot, p.CARLA)) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("countries", ()),
        ("countries", ("Germany",)),
        ("steps", ()),
        ("steps", ((1, 1), (2, 2))),
        ("steps", ((0, -1),)),
        ("free_over_minor", -1),
        ("days_max", 1),
        ("days_max", 366),
    ],
)
def test_a_sheet_that_could_not_price_a_delivery_is_refused(field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        check_sheet(msgspec.structs.replace(p.FLAT, **{field: value}), "rat_1", "org_bruno")
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize("steps", [((0, 1),), ((5, 1), (5, 2)), ((5, 1), (4, 2))])
def test_steps_of_weight_ascend(steps: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(Invalid) as refusal:
        check_sheet(msgspec.structs.replace(p.WEIGHT, steps=steps), "rat_1", "org_bruno")
    assert list(refusal.value.fields) == ["steps"]


STEPS = st.lists(
    st.tuples(st.integers(1, 50_000), st.integers(0, 100_00)), min_size=1, max_size=6, unique_by=lambda s: s[0]
)


@given(STEPS, st.integers(0, 60_000), st.integers(0, 200_00), st.none() | st.integers(0, 200_00))
def test_a_price_is_that_of_the_lightest_step_that_holds(
    steps: list[tuple[int, int]], weight_g: int, subtotal_minor: int, free_over_minor: int | None
) -> None:
    draft = msgspec.structs.replace(p.WEIGHT, steps=tuple(sorted(steps)), free_over_minor=free_over_minor)
    price = price_by(check_sheet(draft, "rat_1", "org_bruno"), p.ask(weight_g, subtotal_minor))
    holding = {weight: amount for weight, amount in steps if weight >= weight_g}
    if not holding:
        assert price is None
    elif free_over_minor is not None and subtotal_minor >= free_over_minor:
        assert price == 0
    else:
        assert price == holding[min(holding)]


@pytest.mark.parametrize(
    "asked",
    [
        p.ask(-1), p.ask(2**62), p.ask(country="XX"), p.ask(country="de"), p.ask(subtotal_minor=-1),
        *(
            msgspec.structs.replace(p.ask(), items=(item,))
            for item in (
                deliver.Item(-1, 1, 1, 1, 1), deliver.Item(2**60, 1, 1, 1, 1), deliver.Item(1, -1, 1, 1, 1),
                deliver.Item(1, 1, 1, 10**9, 1), deliver.Item(1, 1, 1, 1, 0), deliver.Item(1, 1, 1, 1, 10**9),
            )
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_priced_is_refused(database: Database, asked: deliver.QuoteRequest) -> None:
    p.save(database, p.FLAT)
    with pytest.raises(Invalid):
        p.quote(database, asked)
