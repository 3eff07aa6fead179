"""Files against the ledger: matched, early, late, missing on either side, other amounts, fees; each once."""

import io
from typing import Any

import pytest

from entrepot import pay
from entrepot.kernel import (
    DAY,
    Conflict,
    Database,
    Invalid,
    ManualClock,
    NotAllowed,
    NotFound,
    TooLarge,
    from_rfc3339,
    to_rfc3339,
)
from entrepot.pay import accounts, reconciliation
from entrepot.pay.processors.manual import ManualProcessor
from entrepot.pay.reconciliation import Break, FileLine, Mapping, Upload, matching
from entrepot.pay.reconciliation.formats import base
from tests.pay import purchases as p
from tests.pay.test_payouts import request, sell

BANK = ManualProcessor(holder="Market Ltd", iban="DE89370400440532013000")


def read(format_: Any, content: str | bytes, mapping: Mapping | None = None) -> list[Any]:
    raw = content.encode() if isinstance(content, str) else content
    return list(reconciliation.read_file(format_, io.BytesIO(raw), mapping))


def bring(
    database: Database, content: str | bytes, processor: str = "sandbox", format_: Any = "csv", **mapping: Any
) -> reconciliation.File:
    raw = content.encode() if isinstance(content, str) else content
    wanted = Mapping(currency_fixed="EUR", **mapping) if format_ == "csv" else None
    upload = Upload(processor, format_, "file.csv")
    return reconciliation.import_file(database, p.DANA, upload, io.BytesIO(raw), wanted)


def csv_of(database: Database, *lines: tuple[str, str], kind: str = "payment", fee: str = "") -> str:
    today = to_rfc3339(database.clock.now())[:10]
    rows = [f"{today},{amount},{ref},{kind},{fee}" for amount, ref in lines]
    return "\n".join(["date,amount,reference,type,fee", *rows])


def open_breaks(database: Database) -> list[Break]:
    return database.read_now(lambda s: reconciliation.list_breaks(s, p.DANA))


def states(database: Database, file: reconciliation.File) -> list[str]:
    return [line.state for line in database.read_now(lambda s: reconciliation.list_lines(s, p.DANA, file.id))]


def test_what_agrees_is_matched(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    refund_id = p.refund(database, payment, 4_00)
    p.run_tasks(database, processor)
    file = bring(database, csv_of(database, ("12.50", payment.id)) + "\n" + csv_of(
        database, ("-4.00", refund_id), kind="refund").split("\n")[1])  # fmt: skip
    assert states(database, file) == ["matched", "matched"]
    assert open_breaks(database) == []
    assert p.breaches(database) == []


def test_a_line_is_found_by_the_processor_s_own_name(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    found = processor.find_charge(payment.id)
    assert found is not None
    assert states(database, bring(database, csv_of(database, ("12.50", found.processor_ref)))) == ["matched"]


def test_the_same_file_and_the_same_line_count_once(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    first = csv_of(database, ("12.50", payment.id), ("9.99", "unknown"))
    one = bring(database, first)
    assert bring(database, first) == one
    bring(database, first + "\n\n")
    assert len(open_breaks(database)) == 1
    assert len(database.read_now(lambda s: reconciliation.list_files(s, p.DANA))) == 2
    assert p.breaches(database) == []


def test_two_lines_of_one_file_that_say_the_same_are_two(database: Database) -> None:
    bring(database, csv_of(database, ("9.99", "unknown"), ("9.99", "unknown")))
    assert [each.theirs_minor for each in open_breaks(database)] == [9_99, 9_99]


def test_another_amount_is_a_break_until_the_rest_comes(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    bring(database, csv_of(database, ("10.00", payment.id)))
    [only] = open_breaks(database)
    assert (only.kind, only.subject, only.theirs_minor, only.ours_minor) == ("differs", payment.id, 10_00, 12_50)
    bring(database, csv_of(database, ("2.50", payment.id)))
    assert open_breaks(database) == []
    [closed] = database.read_now(lambda s: reconciliation.list_breaks(s, p.DANA, is_open=False))
    assert closed.resolution == "matched"
    assert p.breaches(database) == []


def test_what_came_early_is_timing_and_agrees_later(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    file = bring(database, csv_of(database, ("12.50", payment.id)))
    assert (states(database, file), open_breaks(database)) == (["timing"], [])
    p.run_tasks(database, processor)
    reconciliation.look_again(database)
    assert states(database, file) == ["matched"]


def test_however_many_never_agree_the_others_are_looked_at(
    database: Database, processor: pay.SandboxProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "BATCH", 2)
    wrong = [p.start(database, f"ord_{number}") for number in range(4)]
    p.run_tasks(database, processor)
    bring(database, csv_of(database, *[("1.00", payment.id) for payment in wrong]))
    late = p.start(database, "ord_late")
    file = bring(database, csv_of(database, ("12.50", late.id)))
    p.run_tasks(database, processor)
    reconciliation.look_again(database)
    assert states(database, file) == ["matched"]
    assert len(open_breaks(database)) == 4


def test_what_waits_too_long_is_a_break(database: Database) -> None:
    payment = p.start(database)
    bring(database, csv_of(database, ("12.50", payment.id)))
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(5 * DAY)
    reconciliation.look_again(database)
    [only] = open_breaks(database)
    assert (only.kind, only.subject) == ("missing_here", payment.id)


def test_what_no_file_has_is_missing_there(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    clock = database.clock
    assert isinstance(clock, ManualClock)
    early = csv_of(database, ("1.00", "unknown"))
    clock.advance(10 * DAY)
    bring(database, early + "\n" + csv_of(database, ("2.00", "other")).split("\n")[1])
    missing = [each for each in open_breaks(database) if each.kind == "missing_there"]
    assert [(each.subject, each.ours_minor) for each in missing] == [(payment.id, 12_50)]


def test_fees_are_booked_by_a_transfer_of_their_own(database: Database, processor: pay.SandboxProcessor) -> None:
    payment = p.start(database)
    p.run_tasks(database, processor)
    bring(database, csv_of(database, ("12.50", payment.id), fee="0.55"))
    [only] = open_breaks(database)
    assert (only.kind, only.difference_minor) == ("fee", -55)
    for wrong in ("", "  ", "x"):
        with pytest.raises(Invalid):
            database.write_now(lambda tx, wrong=wrong: reconciliation.resolve_break(tx, p.DANA, only.id, "fee", wrong))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: reconciliation.resolve_break(tx, p.BRUNO, only.id, "fee", "Fees of January"))
    database.write_now(lambda tx: reconciliation.resolve_break(tx, p.DANA, only.id, "fee", "Fees of January"))
    with pytest.raises(Conflict):
        database.write_now(lambda tx: reconciliation.resolve_break(tx, p.DANA, only.id, "fee", "Fees of January"))
    assert p.available(database, accounts.processor_fees("EUR")) == -55
    assert p.available(database, accounts.processor("sandbox", "EUR")) == -12_50 + 55
    assert p.breaches(database) == []


def test_a_break_has_an_owner(database: Database) -> None:
    bring(database, csv_of(database, ("9.99", "unknown")))
    [only] = open_breaks(database)
    database.write_now(lambda tx: reconciliation.take_break(tx, p.DANA, only.id, "usr_dana"))
    assert open_breaks(database)[0].owner == "usr_dana"
    with pytest.raises(NotFound):
        database.write_now(lambda tx: reconciliation.take_break(tx, p.DANA, "brk_none", "usr_dana"))


# --- bank transfers


def owed(database: Database, number: int = 1) -> tuple[pay.Payment, str]:
    """An order that waits for a transfer, and what to write on it."""
    legs = [pay.PaymentLeg(f"sor_{number}", 12_50, "org_bruno")]
    payment = p.start(database, f"ord_{number}", legs, "manual:transfer")
    p.drain_quietly(database, pay.tasks(pay.Processors([BANK])))
    action = database.read_now(lambda s: pay.find_action(s, p.ALICE, payment.ref))
    assert action is not None
    return payment, action.reference


def test_a_transfer_in_a_bank_s_file_pays_an_order_once(database: Database) -> None:
    payment, reference = owed(database)
    text = f"Order, {reference[:6].lower()} {reference[6:]}"
    today = to_rfc3339(database.clock.now())[:10]
    content = f'Datum;Betrag;Verwendungszweck\n{today};+12,50;"{text}"\n'
    for _ in range(2):
        bring(database, content, "manual", decimal=",")
    assert p.state_of(database, payment) == "captured"
    assert p.escrow(database, "sor_1") == 12_50
    assert open_breaks(database) == []
    assert p.breaches(database) == []


def test_too_little_waits_for_the_rest(database: Database) -> None:
    payment, reference = owed(database)
    bring(database, csv_of(database, ("10.00", reference)), "manual")
    assert p.state_of(database, payment) == "requested"
    [only] = open_breaks(database)
    assert (only.kind, only.difference_minor) == ("differs", -2_50)
    bring(database, csv_of(database, ("2.50", reference)), "manual")
    assert p.state_of(database, payment) == "captured"
    assert open_breaks(database) == []


def test_too_much_pays_and_tells_of_the_rest(database: Database) -> None:
    payment, reference = owed(database)
    bring(database, csv_of(database, ("13.00", reference)), "manual")
    assert p.state_of(database, payment) == "captured"
    [only] = open_breaks(database)
    assert (only.kind, only.difference_minor) == ("differs", 50)
    assert p.breaches(database) == []


def test_another_currency_s_money_pays_nothing(database: Database) -> None:
    payment, reference = owed(database)
    today = to_rfc3339(database.clock.now())[:10]
    bring(database, f"date,amount,currency,reference\n{today},1250,JPY,{reference}\n", "manual")
    assert p.state_of(database, payment) == "requested"
    assert [each.kind for each in open_breaks(database)] == ["differs"]
    assert p.breaches(database) == []


def test_a_transfer_for_an_order_that_was_given_up_goes_back(database: Database) -> None:
    payment, reference = owed(database)
    p.abandon(database, payment)
    bring(database, csv_of(database, ("12.50", reference)), "manual")
    assert p.state_of(database, payment) == "captured_late"
    [waiting] = database.read_now(lambda s: pay.list_by_hand(s, p.DANA))
    assert (waiting.kind, waiting.amount_minor) == ("refund", 12_50)
    database.write_now(lambda tx: pay.mark_refund_sent(tx, p.DANA, waiting.id, "E2E 12345"))
    assert database.read_now(lambda s: pay.list_by_hand(s, p.DANA)) == []
    assert p.breaches(database) == []


def test_the_operator_marks_a_transfer_as_received_only_when_it_is_whole(database: Database) -> None:
    payment, _ = owed(database)
    [waiting] = database.read_now(lambda s: pay.list_by_hand(s, p.DANA))
    assert (waiting.kind, waiting.id, waiting.amount_minor) == ("payment", payment.id, 12_50)
    for amount, words in ((12_49, "Too little"), (12_51, "Too much")):
        with pytest.raises(Conflict, match=words):
            database.write_now(lambda tx, amount=amount: pay.mark_received(tx, p.DANA, payment.id, amount))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: pay.mark_received(tx, p.BRUNO, payment.id, 12_50))
    for _ in range(2):
        database.write_now(lambda tx: pay.mark_received(tx, p.DANA, payment.id, 12_50))
    assert p.escrow(database, "sor_1") == 12_50


def test_what_a_processor_did_is_not_for_people_to_say(database: Database) -> None:
    payment = p.start(database)
    with pytest.raises(Conflict, match="itself"):
        database.write_now(lambda tx: pay.mark_received(tx, p.DANA, payment.id, 12_50))


def test_a_payout_by_hand_waits_until_it_is_marked_or_in_a_file(database: Database) -> None:
    sell(database, 1, 10_00)
    [payout] = database.write_now(lambda tx: pay.request_payouts(tx, p.DANA, 1, "manual"))
    p.drain_quietly(database, pay.tasks(pay.Processors([BANK])))
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "requested"
    note = payout.id.upper().replace("_", "")
    bring(database, csv_of(database, ("-8.50", note), kind="other"), "manual")
    assert database.read_now(lambda s: pay.get_payout(s, p.BRUNO, payout.id)).state == "paid"
    assert request(database) == []
    assert p.breaches(database) == []


def test_cash_at_the_door_is_held_and_then_owed_by_the_carrier(database: Database) -> None:
    kinds = pay.tasks(pay.Processors([BANK]))
    legs = [pay.PaymentLeg("sor_1", 12_50, "org_bruno")]
    payment = p.start(database, "ord_1", legs, "manual:delivery", capture="on_shipment")
    p.drain_quietly(database, kinds)
    assert p.state_of(database, payment) == "authorised"
    database.write_now(lambda tx: pay.capture_part(tx, payment.id, "sor_1", 12_50))
    p.drain_quietly(database, kinds)
    assert p.escrow(database, "sor_1") == 12_50
    assert p.available(database, accounts.processor("manual", "EUR")) == -12_50
    assert p.breaches(database) == []


# --- formats


CAMT = """<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Ntry><Amt Ccy="EUR">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-01-05</Dt></BookgDt><AcctSvcrRef>BK1</AcctSvcrRef><NtryDtls><TxDtls><Refs>
<EndToEndId>NOTPROVIDED</EndToEndId></Refs><RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>
<Ustrd>Order 7</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2026-01-06T10:00:00+01:00</DtTm>
</BookgDt><NtryDtls><TxDtls><Amt Ccy="EUR">10.00</Amt></TxDtls><TxDtls><AmtDtls><TxAmt><Amt Ccy="EUR">20.00</Amt></TxAmt>
</AmtDtls></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">99.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-01-07</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def test_a_statement_in_camt_is_read_entry_by_entry() -> None:
    lines = read("camt053", CAMT)
    assert [(line.amount_minor, line.kind, line.ref) for line in lines] == [
        (12_50, "payment", "BK1"), (-10_00, "other", ""), (-20_00, "other", ""),
    ]  # fmt: skip
    assert "RF18539007547034" in lines[0].note
    assert lines[1].at == from_rfc3339("2026-01-06T09:00:00Z")


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><BkToCstmrStmt>&b;</BkToCstmrStmt>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a/>", "no xml", "", "<a>" * 200, "<BkToCstmrStmt>",
    ],
)  # fmt: skip
def test_xml_that_is_no_statement_or_wants_too_much_is_refused(content: str) -> None:
    with pytest.raises(Invalid):
        read("camt053", content)


def test_a_balance_report_of_stripe_is_read() -> None:
    text = (
        "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,description,"
        "payment_intent_id,payment_metadata[entrepot_key]\n"
        "txn_1,2026-01-05 12:32:33,eur,12.50,0.55,11.95,charge,ch_1,Order,pi_1,pay_01KDWPVNG0V3RS3DTR98H6BCFN\n"
        "txn_2,2026-01-05 12:32:33,eur,-4.00,0.00,-4.00,refund,re_1,,pi_1,\n"
        "txn_3,2026-01-06 00:00:00,eur,-7.95,0.00,-7.95,payout,po_1,STRIPE PAYOUT,,\n"
        'txn_4,2026-01-06 00:00:00,jpy,1000,0,1000,fee,,"Radar, 2 checks",,\n'
    )
    lines = read("stripe", text)
    assert [(line.kind, line.amount_minor, line.fee_minor, line.currency) for line in lines] == [
        ("payment", 12_50, 55, "EUR"), ("refund", -4_00, 0, "EUR"), ("transfer", -7_95, 0, "EUR"),
        ("fee", 1_000, 0, "JPY"),
    ]  # fmt: skip
    assert lines[0].key == "pay_01KDWPVNG0V3RS3DTR98H6BCFN"
    assert (lines[0].ref, lines[1].ref) == ("pi_1", "re_1")


def test_a_bill_of_alipay_is_read_in_its_own_encoding() -> None:
    text = (
        "#支付宝账务明细查询\n#账号：[2088000000000001]\n#-----账务明细列表-----\n"
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\n"
        "1\t,2026010522\t,pay_01KDWPVNG0V3RS3DTR98H6BCFN\t,订单,2026-01-05 08:00:00,a***@b.c,88.88,0.00,88.88,支付宝,在线支付,\n"
        "2\t,2026010522\t,pay_01KDWPVNG0V3RS3DTR98H6BCFN\t,订单,2026-01-05 08:00:01,,0.00,-0.53,88.35,支付宝,收费,服务费\n"
        "#-----列表结束-----\n"
    )
    for encoding in ("gb18030", "utf-8", "utf-8-sig"):
        lines = read("alipay", text.encode(encoding))
        assert [(line.kind, line.amount_minor) for line in lines] == [("payment", 88_88), ("fee", -53)]
        assert lines[0].key == "pay_01KDWPVNG0V3RS3DTR98H6BCFN"
        assert lines[0].at == from_rfc3339("2026-01-05T00:00:00Z")


def test_a_bank_s_columns_are_named_or_guessed() -> None:
    text = "Wann;Wieviel;Wozu\n05.01.2026;-1.234,56;Miete\n06.01.2026;Unsinn;x\n;;\n"
    mapping = Mapping(at="Wann", amount="Wieviel", note="Wozu", currency_fixed="EUR", decimal=",")
    good, bad = read("csv", text, mapping)
    assert (good.amount_minor, good.note) == (-1_234_56, "Miete")
    assert good.at == from_rfc3339("2026-01-05T00:00:00Z")
    assert (bad.number, "Unsinn" in bad.reason) == (3, True)
    for wrong in (Mapping(), Mapping(at="Wann", amount="Betrag"), Mapping(at="Wann", amount="Wieviel")):
        with pytest.raises(Invalid):
            read("csv", text, wrong)


@pytest.mark.parametrize("format_", ["csv", "stripe", "alipay"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"\xff\xfe\x00", b'"' * 300_000, b"a,b\n1,2\n", b"\xe4\xf6\xfc"])
def test_what_is_no_such_file_is_refused_with_a_sentence(format_: str, content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(format_, content)
    assert refused.value.sentence


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    monkeypatch.setattr("entrepot.pay.reconciliation.formats.reading.LINES_MAX", 10)
    with pytest.raises(TooLarge):
        read("csv", csv_of(database, *[("1.00", str(n)) for n in range(20)]), Mapping(currency_fixed="EUR"))
    monkeypatch.setattr("entrepot.pay.reconciliation.importing.BYTES_MAX", 10)
    with pytest.raises(TooLarge):
        bring(database, csv_of(database, ("1.00", "x")))


def test_a_file_that_is_none_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(Invalid):
        bring(database, "date,amount\nx,y\n")
    assert database.read_now(lambda s: reconciliation.list_files(s, p.DANA)) == []


@pytest.mark.parametrize(
    ("text", "minor"), [("1 234.50", 1_234_50), ("(12.00)", -12_00), ("−3.00", -3_00), ("+7", 7_00)]
)
def test_amounts_are_read_as_banks_write_them(text: str, minor: int) -> None:
    assert base.amount_of(text, "EUR") == minor
    assert isinstance(FileLine, type)
