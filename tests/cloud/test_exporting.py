"""Exports: every row once and exact, FOCUS sums to invoices, and nobody gets another's."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

import pytest

from entrepot import cloud, identity
from entrepot.cloud import exporting, focus
from entrepot.cloud.meters import METERS
from entrepot.identity import Scope
from entrepot.kernel import Database, NotAllowed, NotFound
from tests.cloud.money import BRUNO, CENT, CHEN, CURRENCY, DANA, give, invoice, line, receive, sell, use

NANO = Decimal(10) ** 9
PRICES = {meter: 10 ** (place + 2) + place for place, meter in enumerate(METERS)}


def export(database: Database, scope: Scope = CHEN, **wish: Any) -> list[dict[str, str]]:
    made = cloud.ExportWish(wish.pop("format", "csv"), CURRENCY, **wish)
    text = b"".join(cloud.export_usage(database, scope, made)).decode()
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture
def used(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Every meter used in two invoices, by more calls than a page has; grants, prepaid money and something due."""
    monkeypatch.setattr(exporting, "PAGE", 7)
    sell(database, "m", PRICES)
    give(database, 3 * CENT + 12_345, "g")
    receive(database, 2, "t")
    line(database, 10**12)
    for number in range(3):
        use(database, f"req_a{number}", dict.fromkeys(METERS, 1234567 + number))
    invoice(database)
    use(database, "req_b", dict.fromkeys(METERS, 17))
    invoice(database)
    use(database, "req_c", {"gpu_ms": 1})
    give(database, 10**9, "g2", "org_bruno")
    use(database, "req_d", {"gpu_ms": 1}, organisation="org_bruno")
    return database


def test_our_own_table_has_every_row_once_and_replays_by_itself(used: Database) -> None:
    rows = export(used)
    assert len(rows) == len({(row["request"], row["meter"]) for row in rows}) == 4 * len(METERS) + 1
    for row in rows:
        again = -(-int(row["quantity"]) * int(Decimal(row["price"]) * NANO) // int(row["per"]))
        assert again == int(row["cost_nano"]) == int(Decimal(row["cost"]) * NANO)
    text = b"".join(cloud.export_usage(used, CHEN, cloud.ExportWish("csv", CURRENCY))).decode()
    again_all = cloud.replay_export(text.splitlines())
    stored = used.read_now(lambda s: cloud.replay(s, "org_chen", 0, 2**62))
    assert (again_all.rows, again_all.charged, again_all.rated) == (stored.rows, stored.charged, stored.rated)
    assert again_all.differences == ()


def test_focus_sums_for_each_invoice_to_what_it_moved(used: Database) -> None:
    rows = export(used, format="focus")
    assert tuple(rows[0]) == focus.COLUMNS
    for each in used.read_now(lambda s: cloud.list_cloud_invoices(s, CHEN)):
        mine = [row for row in rows if row["InvoiceId"] == each.id]
        assert sum(Decimal(row["BilledCost"]) for row in mine) == Decimal(each.amount_minor) / 100
        alone = export(used, format="focus", invoice=each.id)
        assert sorted(map(str, alone)) == sorted(map(str, mine))
        assert {row["BillingPeriodEnd"] for row in mine} == {focus.moment(each.period_to)}
    assert {row["ChargeCategory"] for row in rows} == {"Usage", "Credit", "Adjustment"}
    assert {row["SkuMeter"] for row in rows if row["ChargeCategory"] == "Usage"} == set(METERS)


def test_focus_says_what_was_consumed_priced_and_when(used: Database) -> None:
    row = next(row for row in export(used, format="focus") if (row["x_RequestId"], row["SkuMeter"]) == (
        "req_b", "input_tokens"))  # fmt: skip
    assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == ("17", "Tokens")
    assert (row["PricingQuantity"], row["PricingUnit"]) == ("0.000017", "1000000 Tokens")
    assert row["ListUnitPrice"] == row["ContractedUnitPrice"] == "0.0000001"
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == ("2026-01-01T12:00:00Z", "2026-01-01T12:00:01Z")
    assert row["BilledCost"] == row["EffectiveCost"] == row["ListCost"] == "0.000000001"
    assert (row["SubAccountId"], row["SubAccountType"]) == ("usr_chen", "Person")
    unbilled = next(row for row in export(used, format="focus") if row["x_RequestId"] == "req_c")
    assert (unbilled["InvoiceId"], unbilled["BillingPeriodStart"]) == ("", "2026-01-01T00:00:00Z")


def test_the_market_issues_under_its_own_name_until_another_is_given(used: Database) -> None:
    used.write_now(lambda tx: identity.create_organisation(tx, Scope.system(), "platform", "Quay Market"))
    assert {row["InvoiceIssuerName"] for row in export(used, format="focus")} == {"Quay Market"}
    assert invoice(used).parties.seller.name == "Quay Market"
    used.write_now(lambda tx: cloud.save_party(tx, Scope.system(), cloud.Party("Quay Ltd")))
    use(used, "req_m", {"gpu_ms": 1})
    assert invoice(used).parties.seller.name == "Quay Ltd"


def test_focus_names_whoever_called(used: Database) -> None:
    lab = used.write_now(lambda tx: identity.create_organisation(tx, Scope.system(), "developer", "Lab"))
    scope = Scope("system", lab, Scope.system().roles)
    key, _ = used.write_now(lambda tx: identity.create_key(tx, scope, "=ci"))
    give(used, 10**9, "g3", lab)
    use(used, "req_k", {"gpu_ms": 1}, organisation=lab, actor=key.id)
    use(used, "req_l", {"gpu_ms": 1}, organisation=lab)
    rows = {row["x_RequestId"]: row for row in export(used, scope, format="focus", organisation=lab)}
    told = [rows["req_k"][column] for column in ("SubAccountId", "SubAccountName", "SubAccountType")]
    assert told == [key.id, "'=ci", "API key"]
    assert rows["req_l"]["SubAccountName"] == "", "somebody who is no longer there"


def test_a_time_that_is_asked_for_ends_before_its_end(used: Database) -> None:
    at = used.clock.now()
    assert len(export(used, since=at)) == 4 * len(METERS) + 1
    assert export(used, until=at) == []
    assert export(used, since=at + 1) == []


def test_nobody_exports_anothers_use(used: Database) -> None:
    found = used.read_now(lambda s: cloud.list_cloud_invoices(s, CHEN))[0]
    with pytest.raises(NotFound):
        export(used, BRUNO, invoice=found.id)
    with pytest.raises(NotAllowed):
        export(used, BRUNO, organisation="org_chen")
    assert {row["organisation"] for row in export(used, BRUNO)} == {"org_bruno"}
    assert {row["organisation"] for row in export(used, DANA)} == {"org_bruno", "org_chen"}
    assert len(export(used, DANA, organisation="org_bruno")) == 1


def test_a_text_that_a_spreadsheet_would_compute_is_marked(database: Database) -> None:
    sell(database, "=1+1", {"gpu_ms": 1})
    give(database, 10**9, "g")
    use(database, "req_1", {"gpu_ms": 1}, "=1+1")
    assert export(database)[0]["model"] == "'=1+1"
