"""Money's pages: a merchant's account, days and statements; the operator's payouts, processors and files."""

import re

import pytest

from entrepot import pay
from entrepot.app import Entrepot
from tests.cast import PASSWORD
from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import PAGE, Visitor

IBAN = "DE89 3704 0044 0532 0130 00"


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {
        "ENTREPOT_PAY__PROCESSORS": '["sandbox", "manual"]',
        "ENTREPOT_PAY__MANUAL_HOLDER": "Market Ltd",
        "ENTREPOT_PAY__MANUAL_IBAN": "DE89370400440532013000",
    }


def test_a_merchant_gives_an_account_with_the_password_alone(bruno: Visitor) -> None:
    wrong = bruno.form("/merchant/money/account", currency="EUR", kind="iban", holder="Bruno Ltd", number=IBAN,
                       password="not it")  # fmt: skip
    assert wrong.status_code == 400
    done = bruno.form("/merchant/money/account", currency="EUR", kind="iban", holder="Bruno Ltd", number=IBAN,
                      password=PASSWORD.reveal())  # fmt: skip
    assert done.status_code == 303, done.text
    page = bruno.get("/merchant/money", headers=PAGE).text
    assert "DE…3000" in page
    assert "3704" not in page


def test_a_number_with_a_typing_error_is_named_beside_the_form(bruno: Visitor) -> None:
    answer = bruno.form("/merchant/money/account", currency="EUR", kind="iban", holder="Bruno Ltd",
                        number=IBAN[:-1] + "1", password=PASSWORD.reveal())  # fmt: skip
    assert answer.status_code == 400
    assert "check digits" in answer.text


@pytest.mark.parametrize("fields", [{"schedule": "hourly"}, {"schedule": "weekly", "weekday": "9"}, {"minimum": "x"}])
def test_a_schedule_that_cannot_be_is_refused(bruno: Visitor, fields: dict[str, str]) -> None:
    wanted = {"schedule": "weekly", "weekday": "1", "monthday": "1", "minimum": "10.00", **fields}
    assert bruno.form("/merchant/money/schedule", **wanted).status_code == 400


def test_what_a_merchant_typed_of_an_account_is_kept_but_the_password(bruno: Visitor) -> None:
    again = bruno.form("/merchant/money/account", currency="EUR", kind="iban", holder="Bruno Ltd", number=IBAN,
                       password="not mine")  # fmt: skip
    assert 'value="Bruno Ltd"' in again.text
    assert f'value="{IBAN}"' in again.text
    assert "not mine" not in again.text
    days = {"schedule": "weekly", "weekday": "5", "monthday": "1", "minimum": "much"}
    wrong = bruno.form("/merchant/money/schedule", **days).text
    assert 'value="much" required inputmode="decimal" aria-invalid="true"' in wrong
    assert '<option value="5" selected>Friday' in wrong


def test_a_merchant_chooses_the_days(bruno: Visitor) -> None:
    wanted = {"schedule": "weekly", "weekday": "5", "monthday": "1", "minimum": "25.00"}
    assert bruno.form("/merchant/money/schedule", **wanted).status_code == 303
    page = bruno.get("/merchant/money", headers=PAGE).text
    assert '<option value="5" selected>Friday' in page
    assert 'value="25.00"' in page


def test_the_operator_sees_who_is_due_and_sets_the_terms(dana: Visitor) -> None:
    assert dana.get("/operator/payouts", headers=PAGE).status_code == 200
    fields = {"merchant_id": "", "schedule": "daily", "day": "1", "minimum": "5.00", "reserve": "7.5",
              "reserve_days": "14"}  # fmt: skip
    assert dana.form("/operator/payouts/terms", **fields).status_code == 303
    assert 'value="7.5"' in dana.get("/operator/payouts", headers=PAGE).text
    for wrong in ({"reserve": "x"}, {"reserve": "101"}, {"merchant_id": "org_none"}, {"day": "40"}, {"minimum": "-1"},
                  {"minimum": "five"}):  # fmt: skip
        assert dana.form("/operator/payouts/terms", **{**fields, **wrong}).status_code in (400, 404)
    again = dana.form("/operator/payouts/terms", **{**fields, "reserve": "31", "day": "soon"}).text
    assert 'value="31"' in again, "what was typed is not lost"
    assert re.search(r'name="day" type="text" value="soon"[^>]* aria-invalid="true" aria-describedby="d-day"', again)


def test_the_terms_of_one_merchant_stand_under_its_name(dana: Visitor, market: Market) -> None:
    page = dana.get(f"/operator/payouts?merchant={market.cast.bruno.organisation}", headers=PAGE).text
    assert "Terms of Bruno" in page
    assert f'name="merchant_id" value="{market.cast.bruno.organisation}"' in page


def test_processors_are_asked_only_when_somebody_wants_to_know(dana: Visitor) -> None:
    assert "sandbox" in dana.get("/operator/processors", headers=PAGE).text
    answer = dana.form("/operator/processors")
    assert answer.status_code in (200, 201)
    assert "Answers" in answer.text


def test_a_transfer_is_told_to_the_buyer_marked_and_paid(
    alice: Visitor, dana: Visitor, market: Market, entrepot: Entrepot
) -> None:
    offer = next(iter(market.offers.values()))
    placed = alice.buy(offer, method="manual:transfer")
    page = eventually(lambda: "RF" in (text := alice.get(f"/orders/{placed['id']}", headers=PAGE).text) and text)
    assert "DE89 3704 0044 0532 0130 00" in page
    [waiting] = entrepot.database.read_now(lambda s: pay.list_by_hand(s, pay.reconciliation.importing.Scope.system()))
    fields = {"act": "received", "id": waiting.id, "amount_minor": str(waiting.amount_minor)}
    assert dana.form("/operator/payouts/by-hand", **fields).status_code == 303
    assert alice.decided(placed)["status"] == "paid"


def bring(dana: Visitor, content: bytes, **fields: str) -> object:
    data = {"_csrf": dana.refresh(), "processor": "sandbox", "format": "csv", "currency_fixed": "EUR", **fields}
    return dana.client.post(
        "/operator/reconciliation", data=data, files={"file": ("bank.csv", content, "text/csv")}, headers=PAGE
    )


def test_a_file_is_read_and_its_breaks_are_resolved(dana: Visitor, entrepot: Entrepot) -> None:
    answer = bring(dana, b"date,amount,reference\n2026-01-01,9.99,unknown\n")
    assert answer.status_code == 303, answer.text  # type: ignore[attr-defined]
    page = dana.get(answer.headers["location"], headers=PAGE)  # type: ignore[attr-defined]
    assert "Unknown here" in page.text
    overview = dana.get("/operator/reconciliation", headers=PAGE).text
    desk = dana.get("/operator/desk", headers=PAGE).text
    assert "does not agree with the ledger" in desk
    assert "The ledger does not know it" in overview
    scope = pay.reconciliation.importing.Scope.system()
    found = entrepot.database.read_now(lambda s: pay.reconciliation.list_breaks(s, scope))
    path = f"/operator/reconciliation/breaks/{found[0].id}"
    assert dana.form(path, act="take").status_code == 303
    assert dana.form(path, resolution="difference", note="").status_code == 400
    assert dana.form(path, resolution="difference", note="A test transfer").status_code == 303


def test_a_file_that_is_none_is_a_sentence(dana: Visitor) -> None:
    for content, fields in ((b"x", {}), (b"<a/>", {"format": "camt053"}), (b"a,b\n", {"format": "none"})):
        answer = bring(dana, content, **fields)
        assert answer.status_code == 400  # type: ignore[attr-defined]


def test_only_the_operator_sees_them(bruno: Visitor, alice: Visitor) -> None:
    for path in ("/operator/payouts", "/operator/processors", "/operator/reconciliation"):
        for visitor in (bruno, alice):
            assert visitor.get(path, headers=PAGE).status_code in (303, 403, 404)


def test_a_merchants_terms_are_reached_from_the_list_of_merchants(dana: Visitor, market: Market) -> None:
    merchant = market.cast.bruno.organisation
    link = f"/operator/payouts?merchant={merchant}"
    assert f'href="{link}#terms"' in dana.get("/operator/merchants", headers=PAGE).text
    assert f'value="{merchant}"' in dana.get(link, headers=PAGE).text


def test_the_operator_lists_orders_of_one_status(dana: Visitor) -> None:
    page = dana.get("/operator/orders?status=cancelled", headers=PAGE).text
    assert 'href="/operator/orders?status=cancelled" aria-current="page"' in page
