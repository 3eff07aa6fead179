"""Tax on compute: on top of what is used, once an invoice, shared out over its lines, and owed to the tax office."""

from __future__ import annotations

import csv
import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import cloud, pay
from entrepot.cloud import accounts, grants, issuing
from entrepot.identity import Scope
from entrepot.kernel import DAY, Database, Invalid, Tx
from tests.cloud.money import (
    CENT,
    CHEN,
    CURRENCY,
    DANA,
    FAST,
    SETTINGS,
    balance,
    breaches,
    give,
    invoice,
    line,
    receive,
    sell,
    standing,
    use,
)

GERMAN = pay.TaxRateDraft("DE", "MwSt", "19", valid_from=0, reverse=True)
FRENCH = pay.TaxRateDraft("FR", "TVA", "20", valid_from=0, reverse=True)
DOLLAR = {"output_tokens": 1_666_667}
ASIDE = accounts.tax_aside("org_chen", CURRENCY)
OWED = accounts.tax(CURRENCY)


@pytest.fixture
def taxed(database: Database) -> Database:
    """A market in Germany, with prices, and rates for two countries."""
    database.write_now(lambda tx: pay.save_tax_rates(tx, DANA, [GERMAN, FRENCH]))
    database.write_now(lambda tx: cloud.save_party(tx, DANA, cloud.Party("Market", "Berlin", "DE136695976", "", "DE")))
    sell(database)
    return database


def says(database: Database, country: str, tax_id: str = "", scope: Scope = CHEN) -> pay.TaxDue:
    """Where a customer is; what tax that makes."""
    database.write_now(lambda tx: cloud.save_party(tx, scope, cloud.Party("Lab", "Street", tax_id, "", country)))
    return database.read_now(lambda s: cloud.get_tax(s, scope))


def test_the_tax_follows_from_where_both_are(taxed: Database) -> None:
    german = pay.TaxDue("taxed", "MwSt", 190_000)
    assert taxed.read_now(lambda s: cloud.get_tax(s, CHEN)) == german  # who says nothing, is where the market is
    assert says(taxed, "DE", "DE 136 695 976") == german
    assert says(taxed, "FR") == pay.TaxDue("taxed", "TVA", 200_000)
    assert says(taxed, "FR", "FR40303265045") == pay.TaxDue("reverse", "TVA", 0)
    assert says(taxed, "US", "12-3456789") == pay.TaxDue()
    assert taxed.read_now(lambda s: cloud.get_tax(s, DANA)) == pay.TaxDue()


@pytest.mark.parametrize(("country", "tax_id"), [("FR", "FR41303265045"), ("DE", "FR40303265045"), ("QQ", "")])
def test_a_number_that_its_country_does_not_write_so_is_refused(taxed: Database, country: str, tax_id: str) -> None:
    with pytest.raises(Invalid) as refusal:
        says(taxed, country, tax_id)
    assert refusal.value.fields.keys() <= {"tax_id", "country"}


def test_what_was_paid_beforehand_pays_the_tax_too_and_nothing_is_due(taxed: Database) -> None:
    receive(taxed, 11_90, "t")
    stands = standing(taxed)
    assert (stands.left, stands.prepaid_minor, stands.aside_minor) == (1_000 * CENT, 10_00, 1_90)
    use(taxed, "req_1", DOLLAR)
    found = invoice(taxed)
    assert (found.amount_minor, found.tax_minor, found.total_minor) == (1_00, 19, 1_19)
    assert (found.prepaid_minor, found.aside_minor, found.due_minor) == (1_00, 19, 0)
    assert (balance(taxed, OWED), balance(taxed, ASIDE)) == (19, 1_71)
    assert breaches(taxed) == []


def test_whoever_pays_later_owes_the_tax_with_it_and_only_compute_is_credit_again(taxed: Database) -> None:
    line(taxed, 500 * CENT)
    use(taxed, "req_1", DOLLAR)
    found = invoice(taxed)
    assert (found.amount_minor, found.due_minor, standing(taxed).due_minor) == (1_00, 1_19, 1_19)
    assert breaches(taxed) == []
    before = standing(taxed).left
    for number, part in enumerate((1, 59, 58, 1)):  # whatever the parts are, they come to the whole
        receive(taxed, part, f"t{number}")
        assert breaches(taxed) == []
    assert (standing(taxed).left - before, standing(taxed).due_minor) == (100 * CENT, 0)
    assert balance(taxed, OWED) == 19


def test_lines_have_their_part_of_the_amount_and_of_the_tax_and_the_file_has_it_too(taxed: Database) -> None:
    sell(taxed, "n", {"embedding_tokens": 70_000_000})
    give(taxed, 33 * CENT + 1, "g")
    receive(taxed, 100_00, "t")
    use(taxed, "req_1", {"input_tokens": 3_333_333, "output_tokens": 1_111_111})
    use(taxed, "req_2", {"embedding_tokens": 777_777}, "n")
    found = invoice(taxed)
    lines = taxed.read_now(lambda s: cloud.lines_of(s, found.id))
    assert sum(each.net_minor for each in lines) == found.amount_minor
    assert sum(each.tax_minor for each in lines) == found.tax_minor == found.tax.on(found.amount_minor)
    rows = export(taxed, "csv")
    assert {row["tax_percent"] for row in rows} == {"19"}
    focus = export(taxed, "focus")
    assert [row["BilledCost"] for row in focus if row["ChargeCategory"] == "Tax"] == [
        str(Decimal(found.tax_minor) / 100)
    ]  # fmt: skip
    assert sum(Decimal(row["BilledCost"]) for row in focus) == Decimal(found.total_minor) / 100


def export(database: Database, wanted: cloud.exporting.Format) -> list[dict[str, str]]:
    wish = cloud.ExportWish(wanted, CURRENCY)
    return list(csv.DictReader(b"".join(cloud.export_usage(database, CHEN, wish)).decode().splitlines()))


def test_a_business_elsewhere_is_told_to_account_for_it_and_pays_none(taxed: Database) -> None:
    says(taxed, "FR", "FR40303265045")
    receive(taxed, 10_00, "t")
    use(taxed, "req_1", DOLLAR)
    found = invoice(taxed)
    assert (found.tax, found.tax_minor, found.total_minor) == (pay.TaxDue("reverse", "TVA", 0), 0, 1_00)
    assert (found.parties.buyer.tax_id, found.parties.seller.tax_id) == ("FR40303265045", "DE136695976")
    assert balance(taxed, OWED) == 0
    assert breaches(taxed) == []


def test_an_invoice_keeps_the_tax_that_held_when_it_was_issued(taxed: Database) -> None:
    receive(taxed, 100_00, "t")
    use(taxed, "req_1", DOLLAR)
    before = invoice(taxed)
    says(taxed, "US")
    use(taxed, "req_2", DOLLAR)
    after = invoice(taxed)
    assert (before.tax_minor, after.tax_minor) == (19, 0)
    again = taxed.read_now(lambda s: cloud.get_cloud_invoice(s, CHEN, before.id))
    assert again == before
    assert breaches(taxed) == []


def test_a_rate_that_rises_after_the_payment_is_due_and_blocks_nothing(taxed: Database) -> None:
    receive(taxed, 1_19, "t")
    taxed.write_now(lambda tx: pay.save_tax_rates(tx, DANA, [pay.TaxRateDraft("DE", "MwSt", "25", valid_from=0)]))
    use(taxed, "req_1", {"output_tokens": 1_666_666})
    give(taxed, CENT, "g")
    found = invoice(taxed)
    assert (found.tax_minor, found.aside_minor, found.due_minor) == (found.tax.on(found.amount_minor), 19, 6 - 0)
    receive(taxed, found.due_minor, "t2")
    assert breaches(taxed) == []


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=12), st.integers(0, 10**6), st.integers(0, 10**6),
    st.integers(0, 10**6), st.sampled_from((10**6, 10**7, 10**9)),
)  # fmt: skip
def test_charges_are_the_amount_and_its_tax_whatever_pays(
    uses: list[int], prepaid: int, aside: int, ppm: int, per_minor: int
) -> None:
    tax = pay.TaxDue("taxed", "VAT", ppm)
    carried = 0
    for used in uses:
        charge = issuing.with_tax(issuing.charge_of(used, carried, 0, prepaid, per_minor), tax, aside)
        assert charge.tax_minor == tax.on(charge.amount_minor)
        assert charge.amount_minor + charge.tax_minor == charge.prepaid_minor + charge.aside_minor + charge.due_minor
        assert (0 <= charge.aside_minor <= aside, charge.due_minor >= 0) == (True, True)
        prepaid, aside, carried = prepaid - charge.prepaid_minor, aside - charge.aside_minor, charge.left_nano


def give_for_a_day(database: Database, amount: int, ref: str, organisation: str) -> None:
    def act(tx: Tx) -> bool:
        until = tx.now + DAY
        return cloud.grant_credit(tx, Scope.system(), organisation, "USD9", amount, ref, FAST, expires_at=until)

    database.write_now(act)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(1, 500)), st.tuples(st.just("use"), st.integers(1, 4_000_000)),
        st.tuples(st.just("invoice"), st.just(0)), st.tuples(st.just("grant"), st.integers(1, 10**9)),
        st.tuples(st.just("trial"), st.integers(1, 10**9)), st.tuples(st.just("day"), st.just(0)),
    ),
    min_size=2, max_size=8,
)  # fmt: skip


@pytest.mark.proof
def test_any_life_of_an_account_at_any_rate_adds_up_and_replays(taxed: Database) -> None:
    numbers = itertools.count()

    @given(steps, st.integers(0, 100), st.sampled_from(("standard", "batch")), st.integers(0, 10_000))
    def check(made: list[tuple[str, int]], percent: int, tier: cloud.rating.Tier, batch_bps: int) -> None:
        number = next(numbers)
        organisation, model = f"org_{number}", f"m{number}"
        scope = Scope("usr_x", organisation, frozenset({"developer"}))
        draft = pay.TaxRateDraft("IT", "IVA", str(percent), valid_from=0)
        taxed.write_now(lambda tx: pay.save_tax_rates(tx, DANA, [draft]))
        says(taxed, "IT", scope=scope)
        sell(taxed, model, batch_bps=batch_bps)
        line(taxed, 2**50, organisation)
        for place, (what, much) in enumerate(made):
            ref = f"{number}-{place}"
            if what == "pay":
                receive(taxed, much, ref, organisation)
            elif what == "use":
                use(taxed, f"req_{ref}", {"output_tokens": much}, model, organisation, tier)
            elif what == "grant":
                give(taxed, much, ref, organisation)
            elif what == "trial":
                give_for_a_day(taxed, much, ref, organisation)
            elif what == "day":
                taxed.clock.advance(DAY)  # type: ignore[attr-defined]
                grants.grant_round(taxed, SETTINGS)
            elif standing(taxed, scope).unbilled:
                invoice(taxed, scope)
        again = taxed.read_now(lambda s: cloud.replay(s, organisation, 0, 2**62))
        assert again.differences == ()

    check()
    assert breaches(taxed) == []
