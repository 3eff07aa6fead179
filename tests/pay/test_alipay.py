"""Alipay's adapter, where Alipay is not like the others: what is signed, whose notices count, times and amounts."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from entrepot import pay
from entrepot.kernel import Conflict, Invalid, ManualClock, NotAllowed, Secret, Unavailable, from_rfc3339
from entrepot.kernel.testing import NOON
from entrepot.pay.processors.alipay import AlipayProcessor, open_keys, signed_text
from entrepot.pay.processors.alipay.api import from_shanghai, from_yuan, to_shanghai, to_yuan
from entrepot.pay.processors.alipay.signatures import object_text
from tests.contracts.providers import alipay as world

KEY = "pay_01KDWPVNG0V3RS3DTR98H6BCFN"


@pytest.fixture
def double() -> world.AlipayDouble:
    return world.AlipayDouble(ManualClock(NOON))


@pytest.fixture
def alipay(double: world.AlipayDouble) -> Iterator[AlipayProcessor]:
    with closing(opened(double.transport)) as processor:
        yield processor


def opened(transport: httpx.BaseTransport, theirs: rsa.RSAPrivateKey = world.THEIRS) -> AlipayProcessor:
    keys = open_keys(Secret(world.pem(world.OURS)), world.public_pem(theirs))
    return AlipayProcessor(world.APP_ID, keys, seller_id=world.SELLER_ID, clock=ManualClock(NOON), transport=transport)


def paid(alipay: AlipayProcessor, double: world.AlipayDouble) -> bytes:
    """The notice of a trade that was paid."""
    charge = alipay.charge(pay.ChargeIntent(KEY, "订单 1 & 2", "page", 88_88, "CNY", return_url="https://m.example/o"))
    assert charge.action is not None
    double.open_page(charge.action.url)
    double.pay(KEY)
    return double.notices[-1]


def test_what_is_signed_is_ordered_unencoded_and_without_what_is_empty() -> None:
    fields = {"b": "2&c=3", "a": "一", "sign": "x", "empty": "", "sign_type": "RSA2", "B": "1"}
    assert signed_text(fields) == "B=1&a=一&b=2&c=3&sign_type=RSA2"
    assert signed_text(fields, without=("sign", "sign_type")) == "B=1&a=一&b=2&c=3"


def test_an_answer_is_signed_sign_by_sign() -> None:
    text = '{"x_response": {"a":"}\\"{", "b":{"c":[1,{"d":2}]}} ,"sign":"s"}'
    assert object_text(text, "x_response") == '{"a":"}\\"{", "b":{"c":[1,{"d":2}]}}'
    assert object_text(text, "y_response") is None
    assert object_text('{"x_response":null}', "x_response") is None
    assert object_text('{"x_response":{', "x_response") is None


def test_a_notice_of_another_app_or_seller_is_refused(alipay: AlipayProcessor, double: world.AlipayDouble) -> None:
    paid(alipay, double)
    trade = double.trades[KEY]
    for changes in ({"app_id": "2021999"}, {"seller_id": "2088999"}):
        double.notify(trade, **changes)
        with pytest.raises(NotAllowed):
            alipay.read_webhook({}, double.notices[-1], NOON)


def test_a_notice_signed_by_somebody_else_is_refused(alipay: AlipayProcessor, double: world.AlipayDouble) -> None:
    fields = dict(parse_qsl(paid(alipay, double).decode(), keep_blank_values=True))
    unsigned = {name: value for name, value in fields.items() if name not in ("sign", "sign_type")}
    mallory = rsa.generate_private_key(65_537, 2_048)
    for signature in (world.sign(world.ordered(unsigned), mallory), "", "not base64", world.sign("")):
        forged = urlencode({**fields, "sign": signature}).encode()
        with pytest.raises(NotAllowed):
            alipay.read_webhook({}, forged, NOON)
    weaker = urlencode({**fields, "sign_type": "RSA"}).encode()
    with pytest.raises(NotAllowed):
        alipay.read_webhook({}, weaker, NOON)


def test_a_field_that_comes_twice_is_refused(alipay: AlipayProcessor, double: world.AlipayDouble) -> None:
    body = paid(alipay, double)
    with pytest.raises(NotAllowed):
        alipay.read_webhook({}, body + b"&total_amount=0.01", NOON)


def test_a_notice_of_a_refund_is_heard_and_set_aside(alipay: AlipayProcessor, double: world.AlipayDouble) -> None:
    paid(alipay, double)
    closed = {**double.trades[KEY], "trade_status": "TRADE_CLOSED"}
    double.notify(closed, refund_fee="88.88", out_biz_no="rfd_1", gmt_refund="2026-01-01 20:00:00")
    assert alipay.read_webhook({}, double.notices[-1], NOON).told == ()


def test_its_answer_is_what_alipay_waits_for(alipay: AlipayProcessor, double: world.AlipayDouble) -> None:
    assert alipay.read_webhook({}, paid(alipay, double), NOON).answer == "success"


def test_an_answer_that_anybody_could_have_written_is_none(double: world.AlipayDouble) -> None:
    paid = b'{"code":"10000","trade_status":"TRADE_SUCCESS","total_amount":"88.88"}'
    forged = b'{"alipay_trade_query_response":' + paid + b',"sign":"x"}'
    line = httpx.MockTransport(lambda request: httpx.Response(200, content=forged))
    with closing(opened(line)) as alipay, pytest.raises(Unavailable):
        alipay.find_charge(KEY)
    mallory = rsa.generate_private_key(65_537, 2_048)
    with closing(opened(double.transport, mallory)) as alipay, pytest.raises(Unavailable) as refused:
        alipay.find_charge(KEY)
    assert "pay.alipay_public_key" in refused.value.sentence


def test_an_answer_about_another_trade_is_refused(alipay: AlipayProcessor, double: world.AlipayDouble) -> None:
    paid(alipay, double)
    double.trades["pay_other"] = double.trades[KEY]
    with pytest.raises(Invalid):
        alipay.find_charge("pay_other")


def test_a_wrong_key_of_ours_is_a_sentence_for_the_operator(double: world.AlipayDouble) -> None:
    keys = open_keys(Secret(world.pem(world.THEIRS)), world.public_pem(world.THEIRS))
    alipay = AlipayProcessor(world.APP_ID, keys, clock=ManualClock(NOON), transport=double.transport)
    with closing(alipay), pytest.raises(pay.RefusedByProcessor) as refused:
        alipay.check()
    assert "pay.alipay_app_id" in refused.value.sentence


def test_keys_come_with_and_without_the_lines_of_their_file() -> None:
    def bare(pem: str) -> str:
        return "".join(line for line in pem.splitlines() if not line.startswith("-----"))

    open_keys(Secret(bare(world.pem(world.OURS))), bare(world.public_pem(world.THEIRS)))
    weak = rsa.generate_private_key(65_537, 1_024)
    good = world.public_pem(world.THEIRS)
    for private, public in (("", good), ("x", good), (world.pem(world.OURS), "x"), (world.pem(weak), good)):
        with pytest.raises(Invalid) as refused:
            open_keys(Secret(private), public)
        assert "alipay_" in refused.value.sentence
        assert "PRIVATE" not in refused.value.sentence


def test_times_are_china_s_and_amounts_texts() -> None:
    at = from_rfc3339("2026-03-01T16:30:05Z")
    assert to_shanghai(at) == "2026-03-02 00:30:05"
    assert from_shanghai("2026-03-02 00:30:05") == at
    assert [to_yuan(amount, "CNY") for amount in (1, 10, 88_88, 100_000_00)] == ["0.01", "0.10", "88.88", "100000.00"]
    assert from_yuan("88.88") == 88_88
    for wrong in ("88.888", "1e3", "", None, 88.88, "NaN"):
        with pytest.raises(Invalid):
            from_yuan(wrong)
    with pytest.raises(Conflict):
        to_yuan(1, "EUR")
