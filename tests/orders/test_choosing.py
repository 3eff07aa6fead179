"""Which promotions apply, and to what: each rule of `docs/prices.md` by an example that no other rule explains."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot.orders.promotions.applying import Delivery, Reduced, reduce
from entrepot.orders.promotions.conditions import Buyer, Good, eligible, why_not
from entrepot.orders.promotions.terms import PLATFORM, Promotion, Terms

A, B = "org_a", "org_b"


def good(merchant: str = A, price_minor: int = 1_000, quantity: int = 1, **more: Any) -> Good:
    fields = {"product_id": "prd_1", "category": None, "collections": frozenset(), **more}
    return Good(merchant, quantity=quantity, price_minor=price_minor, **fields)


def promotion(name: str, owner: str = A, kind: Any = "amount", at: int = 0, **terms: Any) -> Promotion:
    """One that takes an amount off, unless it says otherwise."""
    given = {"amounts": {"USD": terms.pop("off", 100)}, **terms} if kind == "amount" else terms
    return Promotion(name, owner, name, kind, None, "active", Terms(**given), 0, None, at)


def used(found: Reduced) -> list[str]:
    return [each.id for each in found.used]


def taken(
    promotions: list[Promotion], goods: list[Good] | None = None, bring: int = 0, by_platform: bool = False
) -> Reduced:
    goods = goods or [good()]
    sellers = list(dict.fromkeys(each.merchant_id for each in goods))
    return reduce(promotions, goods, [Delivery(each, bring, by_platform) for each in sellers], "USD")


def test_of_a_group_the_highest_priority_applies_even_where_another_takes_more() -> None:
    given = [promotion("small", group="sale", priority=1, off=10), promotion("large", group="sale", off=500)]
    assert used(taken(given)) == ["small"]
    assert used(taken(given[::-1])) == ["small"]


def test_of_equals_in_a_group_the_best_for_the_buyer_applies() -> None:
    given = [promotion("small", group="sale", off=10), promotion("large", group="sale", off=500, at=1)]
    assert used(taken(given)) == ["large"]


def test_a_group_is_its_owners_own() -> None:
    given = [promotion("theirs", group="sale"), promotion("ours", PLATFORM, group="sale", priority=5)]
    assert used(taken(given)) == ["theirs", "ours"]


def test_of_two_that_take_the_same_the_older_applies() -> None:
    given = [promotion("younger", group="sale", at=2), promotion("older", group="sale", at=1)]
    assert used(taken(given)) == used(taken(given[::-1])) == ["older"]


def test_where_sums_are_equal_fewer_promotions_apply() -> None:
    given = [promotion("alone", combines=False, off=100), promotion("one", off=60), promotion("two", off=40)]
    assert used(taken(given)) == ["alone"]


def test_one_that_does_not_combine_gives_way_to_more() -> None:
    given = [promotion("alone", combines=False, off=100), promotion("one", off=60), promotion("two", off=41)]
    assert used(taken(given)) == ["one", "two"]


def test_one_that_the_others_make_up_for_is_left_out() -> None:
    given = [promotion("one", off=1, priority=1), promotion("half", kind="percentage", bps=5_000)]
    assert used(taken(given, [good(price_minor=3)])) == ["half"]  # two off, with or without the other


def test_where_there_are_too_many_to_try_all_the_best_alone_is_still_found() -> None:
    many = [promotion(f"p{number}", off=1) for number in range(12)]
    assert len(used(taken(many))) == 12
    assert used(taken([*many, promotion("alone", combines=False, off=500)])) == ["alone"]


def test_a_merchants_that_does_not_combine_keeps_the_markets_from_that_merchants_goods_alone() -> None:
    given = [promotion("alone", combines=False, off=900), promotion("ours", PLATFORM, "percentage", bps=1_000)]
    found = taken(given, [good(A), good(B)])
    assert [[each.name for each in line] for line in found.lines] == [["alone"], ["ours"]]


def test_the_markets_that_does_not_combine_keeps_everything_else_away() -> None:
    given = [promotion("theirs", off=100), promotion("alone", PLATFORM, "percentage", bps=9_000, combines=False)]
    found = taken(given, [good(A), good(B)])
    assert (used(found), found.total_minor) == (["alone"], 1_800)


def test_one_that_takes_nothing_off_keeps_nothing_away() -> None:
    given = [promotion("nothing", combines=False, amounts={"USD": 0}), promotion("ours", PLATFORM)]
    assert used(taken(given)) == ["ours"]


def test_merchants_come_before_the_market_and_each_acts_on_what_is_left() -> None:
    ours = promotion("ours", PLATFORM, "percentage", bps=5_000, priority=9)
    found = taken([ours, promotion("theirs", kind="percentage", bps=5_000)])
    assert [(each.name, each.seller_minor + each.platform_minor) for each in found.lines[0]] == [
        ("theirs", 500), ("ours", 250),
    ]  # fmt: skip


def test_the_higher_priority_acts_first() -> None:
    given = [promotion("second", off=300), promotion("first", kind="percentage", bps=5_000, priority=1)]
    found = taken(given)
    assert [(each.name, each.seller_minor) for each in found.lines[0]] == [("first", 500), ("second", 300)]


def test_nothing_falls_below_zero() -> None:
    assert taken([promotion("a lot", off=5_000)]).total_minor == 1_000
    half = promotion("2 for 1", kind="buy_x_get_y", buy_quantity=1, get_quantity=1, bps=10_000, priority=-1)
    both = taken([promotion("most", off=900), half], [good(quantity=2, price_minor=500)])
    assert both.total_minor == 1_000


def test_a_percentage_takes_its_most_and_no_more() -> None:
    assert taken([promotion("half", kind="percentage", bps=5_000, amount_max={"USD": 120})]).total_minor == 120
    assert taken([promotion("half", kind="percentage", bps=5_000, amount_max={"EUR": 120})]).total_minor == 500


def test_the_cheapest_pieces_of_every_so_many_are_reduced() -> None:
    three = promotion("3 for 2", kind="buy_x_get_y", buy_quantity=2, get_quantity=1, bps=10_000)
    goods = [good(price_minor=1_000, quantity=4), good(price_minor=300, quantity=2, product_id="prd_2")]
    found = taken([three], goods)
    assert [sum(each.seller_minor for each in line) for line in found.lines] == [0, 600]
    assert taken([three], [good(quantity=2)]).total_minor == 0


def test_free_delivery_takes_its_most_and_leaves_the_markets_carrier_to_the_market() -> None:
    theirs = promotion("free", kind="free_shipping", seller_bps=10_000, amount_max={"USD": 300})
    assert taken([theirs], bring=490).deliveries[0][0].seller_minor == 300
    assert taken([theirs], bring=490, by_platform=True).deliveries == ((),)
    ours = promotion("free", PLATFORM, "free_shipping", seller_bps=10_000)
    [discount] = taken([ours], bring=490, by_platform=True).deliveries[0]
    assert (discount.seller_minor, discount.platform_minor) == (0, 490)
    [discount] = taken([ours], bring=490).deliveries[0]
    assert (discount.seller_minor, discount.platform_minor) == (490, 0)


def test_what_a_promotion_is_for() -> None:
    goods = [good(A), good(B, product_id="prd_2"), good(A, product_id="prd_3", category="food/fruit"),
             good(B, product_id="prd_4", collections=frozenset({"col_1"}))]  # fmt: skip
    for terms, places in (
        ({}, [0, 1, 2, 3]), ({"merchants": (A,)}, [0, 2]), ({"products": ("prd_2",)}, [1]),
        ({"categories": ("food",)}, [2]), ({"collections": ("col_1",)}, [3]),
        ({"products": ("prd_1",), "collections": ("col_1",)}, [0, 3]),
        ({"products": ("prd_1", "prd_2"), "merchants": (B,)}, [1]),
    ):  # fmt: skip
        assert eligible(promotion("ours", PLATFORM, **terms), goods) == places, terms
    assert eligible(promotion("theirs", A), goods) == [0, 2]


NOW = 1_000
NOBODY = Buyer()


def refused(given: Promotion, goods: list[Good] | None = None, buyer: Buyer = NOBODY, now: int = NOW) -> str | None:
    return why_not(given, goods or [good()], "USD", buyer, now)


def lasting(starts_at: int, ends_at: int | None) -> Promotion:
    return Promotion("prm_1", A, "Spring", "amount", None, "active", Terms(amounts={"USD": 1}), starts_at, ends_at, 0)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "applies"),
    [(NOW, None, True), (NOW + 1, None, False), (0, NOW, False), (0, NOW + 1, True)],
)
def test_a_promotion_holds_from_its_first_moment_and_not_in_its_last(
    starts_at: int, ends_at: int | None, applies: bool
) -> None:
    assert (refused(lasting(starts_at, ends_at)) is None) == applies


def test_minimums_are_reached_at_their_figure_and_count_only_what_it_is_for() -> None:
    enough = promotion("ours", PLATFORM, minimums={"USD": 1_000}, minimum_quantity=2)
    assert refused(enough, [good(price_minor=500, quantity=2)]) is None
    assert "needs $0.02 more" in str(refused(enough, [good(price_minor=499, quantity=2)]))
    assert "needs 1 more" in str(refused(enough, [good(price_minor=1_000)]))
    narrow = promotion("ours", PLATFORM, minimums={"USD": 1_000}, merchants=(A,))
    assert "needs $9.00 more" in str(refused(narrow, [good(A, 100), good(B, 900)]))
    dozen = promotion("3 for 2", kind="buy_x_get_y", buy_quantity=2, get_quantity=1, bps=1, minimum_quantity=12)
    assert "needs 1 more" in str(refused(dozen, [good(quantity=11)]))
    three = promotion("3 for 2", kind="buy_x_get_y", buy_quantity=2, get_quantity=1, bps=1)
    assert "needs 1 more" in str(refused(three, [good(quantity=2)]))


def test_limits_are_reached_with_the_last_use() -> None:
    limited = promotion("ours", PLATFORM, limit_total=3, limit_per_buyer=2)
    for all_, mine, applies in ((2, 1, True), (3, 1, False), (2, 2, False)):
        buyer = Buyer(used_by_all={"ours": all_}, used_by_buyer={"ours": mine})
        assert (refused(limited, buyer=buyer) is None) == applies, (all_, mine)
    first = promotion("first", PLATFORM, first_order=True)
    assert refused(first, buyer=Buyer(ordered_before=True)) == "first is for a first order"
    assert refused(first) is None
