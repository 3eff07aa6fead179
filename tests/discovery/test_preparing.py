"""Products prepared by a second process are what they are when prepared here, whatever becomes of it."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog

from entrepot.catalog import DocumentOffer, ProductDocument, Rating
from entrepot.discovery import preparing
from entrepot.discovery.preparing import LEAST, PART, Order, Prepared, Preparer, prepare
from entrepot.pay import ExchangeRate, Rates

RATES = Rates("EUR", {"USD": ExchangeRate("USD", "1.25", 0)})
MANY = LEAST + PART + 1


def product(number: int, title: str = "Brass desk lamp 60 W for Model 3") -> ProductDocument:
    offer = DocumentOffer(
        f"off_{number}", f"var_{number}", "org_1", {"color": ("Red", "dark blue")}, 12_50 + number, "USD", True, 3,
        prices={"GBP": 900},
    )  # fmt: skip
    return ProductDocument(
        id=f"prd_{number:05}", slug=f"lamp-{number}", external_id=f"SKU-{number}", title=f"{title} {number}",
        text="Größe: 12 cm × 1,5 m. 台灯 with a 1.000 lm bulb" * (number % 3), brand="Acmé" if number % 2 else None,
        category="home/lamps", category_names=("Home", "Lamps", "家居"),
        attributes={"color": ("Red",), "capacity": ("1 TB", "512 GB")}, gtins=("4006381333931",),
        merchant_ids=("org_1",), merchant_id="org_1", merchant_name="Bruno", offer_id=offer.offer_id,
        price_minor=offer.price_minor, currency="USD", sellable=True, available=3, offers=1, rating=Rating(9, 2, 1),
        picture=None, created_at=number, changed_at=number, own_attributes={"capacity": ("1 TB", "512 GB")},
        each_offer=(offer,), collections=("sale",),
    )  # fmt: skip


def products(count: int) -> list[ProductDocument]:
    return [product(number) for number in range(count)]


def flat(parts: Iterator[list[Prepared]]) -> list[Prepared]:
    return [each for part in parts for each in part]


def here(wanted: list[ProductDocument]) -> list[Prepared]:
    return prepare(Order(wanted, RATES))


@pytest.fixture(scope="module")
def preparer() -> Iterator[Preparer]:
    with closing(Preparer(cores=2)) as preparer:
        yield preparer


def test_another_process_prepares_the_same_in_the_same_order(preparer: Preparer) -> None:
    wanted = products(MANY)
    assert flat(preparer.begin(wanted, RATES)) == here(wanted)
    assert preparer.is_shared


def test_what_was_begun_and_left_is_not_taken_for_what_is_asked_next(preparer: Preparer) -> None:
    preparer.begin(products(MANY), RATES)
    next(preparer.begin([product(n, "Oak table") for n in range(MANY)], RATES))
    wanted = [product(n, "Wool rug") for n in range(MANY)]
    assert flat(preparer.begin(wanted, RATES)) == here(wanted)
    assert preparer.is_shared


def test_a_process_killed_midway_costs_nothing_but_its_help() -> None:
    wanted = products(MANY)
    with closing(Preparer(cores=2)) as alone, structlog.testing.capture_logs() as logs:
        parts = alone.begin(wanted, RATES)
        first = next(parts)
        other = alone._other
        assert other is not None
        other._process.kill()
        assert [*first, *flat(parts)] == here(wanted)
        assert not alone.is_shared
        assert flat(alone.begin(wanted, RATES)) == here(wanted)
        assert not alone.is_shared, "what ended it would end the next"
    assert [line["event"] for line in logs] == ["products are prepared without a second process from now on"]


@pytest.mark.parametrize("command", ["raise SystemExit", "print('x' * 8 + 'nonsense')", "import time; time.sleep(60)"])
def test_a_process_that_says_nothing_or_nonsense_is_done_without(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(preparing, "_COMMAND", command)
    monkeypatch.setattr(preparing, "PATIENCE_S", 0.3)
    wanted = products(LEAST)
    with closing(Preparer(cores=2)) as preparer:
        assert flat(preparer.begin(wanted, RATES)) == here(wanted)
        assert not preparer.is_shared


def test_few_products_and_a_single_core_start_no_process() -> None:
    with closing(Preparer(cores=2)) as preparer, closing(Preparer(cores=1)) as single:
        assert flat(preparer.begin(products(LEAST - 1), RATES)) == here(products(LEAST - 1))
        assert flat(single.begin(products(LEAST), RATES)) == here(products(LEAST))
        assert not preparer.is_shared
        assert not single.is_shared


def test_a_process_that_nobody_asks_is_let_go_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Preparer(cores=2)) as preparer:
        flat(preparer.begin(products(LEAST), RATES))
        preparer.rest()
        assert preparer.is_shared
        process = preparer._other._process if preparer._other else None
        monkeypatch.setattr(preparing, "IDLE_S", 0.0)
        preparer.rest()
        assert not preparer.is_shared
        assert process is not None
        assert process.returncode == 0, "it ended by itself, because nothing more can come"
