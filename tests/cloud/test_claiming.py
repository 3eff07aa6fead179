"""An invoice of many rows: claimed in slices, each row once, whatever dies in between and whoever goes on."""

from __future__ import annotations

import pytest

from entrepot import cloud
from entrepot.cloud import claiming, issuing
from entrepot.kernel import Conflict, Database, Tx
from tests.cloud.money import CENT, CHEN, CURRENCY, SETTINGS, breaches, give, invoice, sell, standing, use

LATER = 2**60


@pytest.fixture
def used(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Seven calls of two rows each; slices of three rows, and at most six while somebody waits."""
    monkeypatch.setattr(claiming.claim_slice, "__defaults__", (3,))
    monkeypatch.setattr(issuing, "AT_ONCE", 6)
    sell(database)
    give(database, 100 * CENT, "g")
    for number in range(7):
        use(database, f"req_{number}", {"input_tokens": 1_000 + number, "output_tokens": 7})
    return database


def claim(database: Database) -> bool:
    done = database.write_now(lambda tx: claiming.claim_slice(tx, "org_chen"))
    assert done is not None
    return done[1]


def rows_of(database: Database, found: cloud.CloudInvoice) -> int:
    return sum(
        len(database.read_now(lambda s, line=each.line: cloud.rows_of_line(s, CHEN, found.id, line)))  # type: ignore[misc]
        for each in database.read_now(lambda s: cloud.lines_of(s, found.id))
    )


def test_slices_come_to_the_same_invoice_as_one_transaction(used: Database) -> None:
    before = standing(used).unbilled
    found = issuing.issue_in_slices(used, "org_chen", SETTINGS, LATER)
    assert found is not None
    assert (found.rows, found.usage_nano, rows_of(used, found)) == (14, before, 14)
    assert standing(used).unbilled == 0
    assert used.read_now(claiming.list_drafts) == []
    assert breaches(used) == []


@pytest.mark.parametrize("slices", [0, 2, 5])
def test_whoever_goes_on_after_a_crash_neither_loses_nor_doubles_a_row(used: Database, slices: int) -> None:
    stands = standing(used)
    used.write_now(lambda tx: issuing.begin(tx, "org_chen", SETTINGS, LATER))
    for _ in range(slices):
        claim(used)
    assert breaches(used) == []  # what is claimed so far is explained at every moment
    assert standing(used) == stands
    use(used, "req_late", {"output_tokens": 7})
    assert cloud.bill_round(used, SETTINGS) == 1  # the draft is found by the clock's round, and made
    [found] = used.read_now(lambda s: cloud.list_cloud_invoices(s, CHEN))
    assert (found.rows, rows_of(used, found)) == (15, 15)
    assert found.usage_nano > stands.unbilled
    assert breaches(used) == []


def test_a_slice_that_is_undone_claims_nothing(used: Database) -> None:
    used.write_now(lambda tx: issuing.begin(tx, "org_chen", SETTINGS, LATER))

    def die(tx: Tx) -> None:
        claiming.claim_slice(tx, "org_chen")
        raise Conflict("killed")

    with pytest.raises(Conflict):
        used.write_now(die)
    [draft] = used.read_now(claiming.list_drafts)
    assert (draft.rows, draft.sums) == (0, ())
    assert breaches(used) == []


def test_an_invoice_of_much_is_made_by_a_task_and_not_to_be_read_before(used: Database) -> None:
    made = used.write_now(lambda tx: cloud.request_invoice(tx, CHEN, SETTINGS))
    assert used.write_now(lambda tx: cloud.request_invoice(tx, CHEN, SETTINGS)) == made
    with pytest.raises(Conflict, match="being made"):
        used.read_now(lambda s: cloud.get_cloud_invoice(s, CHEN, made))
    text = b"".join(cloud.export_usage(used, CHEN, cloud.ExportWish("csv", CURRENCY))).decode()
    assert "civ_" not in text
    issuing.issue_in_slices(used, "org_chen", SETTINGS, 0)
    assert used.read_now(lambda s: cloud.get_cloud_invoice(s, CHEN, made)).rows == 14
    with pytest.raises(Conflict, match="nothing to invoice"):
        used.write_now(lambda tx: cloud.request_invoice(tx, CHEN, SETTINGS))


def test_an_invoice_that_was_begun_is_ended_by_whoever_asks_next(used: Database) -> None:
    used.write_now(lambda tx: issuing.begin(tx, "org_chen", SETTINGS, LATER))
    claim(used)
    assert invoice(used).rows == 14
    assert breaches(used) == []


def test_the_proofs_see_a_draft_that_is_not_its_rows(used: Database) -> None:
    used.write_now(lambda tx: issuing.begin(tx, "org_chen", SETTINGS, LATER))
    claim(used)

    def steal(tx: Tx) -> None:
        draft = claiming.lock_draft(tx, "org_chen")
        assert draft is not None
        claiming.end_draft(tx, draft)

    used.write_now(steal)
    assert any("which is no invoice" in each for each in breaches(used))
