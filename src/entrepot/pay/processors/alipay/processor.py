"""Alipay behind the port. Buyers pay on Alipay's page, which they are sent to with a signed address.

The address alone begins nothing at Alipay's: a trade exists there once the buyer has opened it. It cannot be paid after
its time, and is closed when the order is given up. Money cannot be held; it is captured at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx

from entrepot.kernel import HOUR, Clock, Conflict, Invalid, NotAllowed, SystemClock

from ..base import (
    Abilities,
    Action,
    ActState,
    CaptureIntent,
    Charge,
    ChargeIntent,
    ChargeName,
    ChargeState,
    ChargeTold,
    PayoutIntent,
    Receipt,
    RefundIntent,
    Told,
    Webhook,
)
from .api import CURRENCY, Gateway, SaysNo, from_shanghai, from_yuan, to_shanghai, to_yuan
from .signatures import Keys, signed_text

NOT_THERE = ("ACQ.TRADE_NOT_EXIST", "TRADE_NOT_EXIST")
NO_TRANSFER = ("ORDER_NOT_EXIST", "BIZ_ORDER_NOT_EXIST")
NOTICE_BYTES_MAX = 100_000
OPEN_FOR = 2 * HOUR
"""How long a buyer may take on Alipay's page."""
CLOSED = "The payment was closed before it was paid: pay again"
_STATES: dict[str, ChargeState] = {
    "WAIT_BUYER_PAY": "pending",
    "TRADE_SUCCESS": "captured",
    "TRADE_FINISHED": "captured",
    "TRADE_CLOSED": "declined",
}
_KEY = re.compile(r"[0-9A-Za-z_]{1,64}")
_NUMBER = re.compile(r"[\x21-\x7e]{1,128}")


class AlipayProcessor:
    """Alipay with one app's keys."""

    name = "alipay"
    abilities = Abilities(payouts=True, opens_late=True, currencies=frozenset({CURRENCY}))

    def __init__(
        self,
        app_id: str,
        keys: Keys,
        *,
        url: str = "https://openapi.alipay.com/gateway.do",
        seller_id: str = "",
        notify_url: str = "",
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`notify_url` is where Alipay tells us; `transport` stands in for the network in tests."""
        self._app_id = app_id
        self._seller_id = seller_id
        self._notify_url = notify_url
        self._clock: Clock = clock or SystemClock()
        self._gateway = Gateway(app_id, keys, url, self._clock, transport)
        self._keys = keys

    def close(self) -> None:
        """Let go of its connections."""
        self._gateway.close()

    def check(self) -> None:
        """Ask for a trade that does not exist."""
        self._query("alipay.trade.query", {"out_trade_no": "check"}, NOT_THERE)

    # --- charges

    def charge(self, intent: ChargeIntent) -> Charge:
        """Give the buyer the address of the page to pay on."""
        until = intent.expires_at or self._clock.now() + OPEN_FOR
        content = {
            "out_trade_no": intent.key,
            "product_code": "FAST_INSTANT_TRADE_PAY",
            "total_amount": to_yuan(intent.amount_minor, intent.currency),
            "subject": intent.ref,
            "time_expire": to_shanghai(until),
            # Comes back in the notice, and tells another app's trades from ours.
            "passback_params": intent.key,
        }
        url = self._gateway.address(
            "alipay.trade.page.pay", content, return_url=intent.return_url, notify_url=self._notify_url
        )
        action = Action("redirect", url, expires_at=until)
        # Not yet Alipay's own number: there is none before the buyer has opened the page.
        return Charge(intent.key, intent.key, "pending", intent.amount_minor, intent.currency, action=action)

    def find_charge(self, key: str, processor_ref: str | None = None) -> Charge | None:
        """A trade by our own number; None while nobody has opened its page."""
        found = self._query("alipay.trade.query", {"out_trade_no": key}, NOT_THERE)
        return None if found is None else _charge(found, key)

    def capture(self, intent: CaptureIntent) -> Receipt:
        """Alipay's page holds nothing: what was paid is captured."""
        raise Conflict("Alipay has nothing set aside: it captures at once")

    def find_capture(self, key: str, charge: ChargeName) -> Receipt | None:
        """There are none."""
        return None

    def void(self, charge: ChargeName) -> None:
        """Close a trade that nobody has paid, so that nobody can."""
        try:
            self._gateway.call("alipay.trade.close", {"out_trade_no": charge.key})
        except SaysNo as no:
            if no.code not in (*NOT_THERE, "ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID",
                               "ACQ.REASON_ILLEGAL_STATUS"):  # fmt: skip
                raise

    # --- refunds, transfers

    def refund(self, intent: RefundIntent) -> Receipt:
        """Give money of a trade back, under our own number for it."""
        content = {
            "out_trade_no": intent.charge_key,
            "refund_amount": to_yuan(intent.amount_minor, intent.currency),
            "out_request_no": intent.key,
        }
        found = self._gateway.call("alipay.trade.refund", content)
        if found.get("out_trade_no") != intent.charge_key:
            raise Invalid("Alipay answers about another trade")
        # `fund_change` is N for a repetition, and for one that takes its time: the look-up knows which.
        if found.get("fund_change") != "Y":
            return self.find_refund(intent.key, intent.charge) or _refund_receipt(intent, "", "pending")
        return _refund_receipt(intent, str(found.get("trade_no", "")), "done")

    def find_refund(self, key: str, charge: ChargeName | None = None) -> Receipt | None:
        """A refund by our number for it."""
        if charge is None:
            return None
        content = {"out_trade_no": charge.key, "out_request_no": key}
        found = self._query("alipay.trade.fastpay.refund.query", content, NOT_THERE)
        if found is None or found.get("out_request_no") != key or not found.get("refund_amount"):
            return None
        if found.get("refund_status", "REFUND_SUCCESS") != "REFUND_SUCCESS":
            return None
        return Receipt(key, str(found.get("trade_no", "")), from_yuan(found["refund_amount"]), CURRENCY)

    def payout(self, intent: PayoutIntent) -> Receipt:
        """Transfer to a merchant's Alipay account."""
        if not intent.account:
            raise Conflict("This merchant has given no Alipay account")
        is_number = re.fullmatch(r"2088[0-9]{12}", intent.account) is not None
        payee = {
            "identity": intent.account,
            "identity_type": "ALIPAY_USER_ID" if is_number else "ALIPAY_LOGON_ID",
            "name": intent.holder,
        }
        content = {
            "out_biz_no": intent.key,
            "trans_amount": to_yuan(intent.amount_minor, intent.currency),
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": intent.key,
            "payee_info": payee,
        }
        found = self._gateway.call("alipay.fund.trans.uni.transfer", content)
        return _transfer(found, intent.key, intent.amount_minor)

    def find_payout(self, key: str) -> Receipt | None:
        """A transfer by our number for it."""
        content = {"out_biz_no": key, "product_code": "TRANS_ACCOUNT_NO_PWD", "biz_scene": "DIRECT_TRANSFER"}
        found = self._query("alipay.fund.trans.common.query", content, NO_TRANSFER)
        return None if found is None else _transfer(found, key, from_yuan(found.get("trans_amount")))

    # --- what it tells

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> Webhook:
        """A notice: a form, signed. Alipay sends it for a day, so its age says nothing; it counts once by its id."""
        params = _form(body)
        if params.get("sign_type") != "RSA2" or not self._keys.verifies(
            signed_text(params, without=("sign", "sign_type")), params.get("sign", "")
        ):
            raise NotAllowed("This notice is not signed with the key that we have of Alipay")
        if params.get("app_id") != self._app_id or (self._seller_id and params.get("seller_id") != self._seller_id):
            raise NotAllowed("This notice is about somebody else's trade")
        if from_shanghai(params.get("notify_time", "")) > now + HOUR:
            raise NotAllowed("This notice comes from the future, or a clock is wrong")
        notice_id = params.get("notify_id", "")
        if not _NUMBER.fullmatch(notice_id):
            raise Invalid("This notice has no id")
        return Webhook(notice_id, params.get("notify_type", "")[:100], _told(params), "success")

    def _query(self, method: str, content: Mapping[str, Any], absent: tuple[str, ...]) -> dict[str, Any] | None:
        try:
            return self._gateway.call(method, content)
        except SaysNo as no:
            if no.code in absent:
                return None
            raise


def _charge(found: Mapping[str, Any], key: str) -> Charge:
    if found.get("out_trade_no") != key:
        raise Invalid("Alipay answers about another trade")
    state = _STATES.get(str(found.get("trade_status")), "pending")
    amount_minor = from_yuan(found.get("total_amount"))
    return Charge(
        key, str(found.get("trade_no") or key), state, amount_minor, CURRENCY, CLOSED if state == "declined" else None
    )


def _told(params: Mapping[str, str]) -> tuple[Told, ...]:
    """What a notice tells: how a trade stands. One about a refund is set aside, for refunds are asked about."""
    key = params.get("out_trade_no", "")
    if params.get("notify_type") != "trade_status_sync" or not _KEY.fullmatch(key) or not key.startswith("pay_"):
        return ()
    if params.get("refund_fee") and params.get("out_biz_no"):
        return ()
    return (ChargeTold(_charge(params, key)),)


def _refund_receipt(intent: RefundIntent, ref: str, state: ActState) -> Receipt:
    return Receipt(intent.key, ref, intent.amount_minor, intent.currency, state)


def _transfer(found: Mapping[str, Any], key: str, amount_minor: int) -> Receipt:
    if found.get("out_biz_no") != key:
        raise Invalid("Alipay answers about another transfer")
    states: dict[str, ActState] = {"SUCCESS": "done", "FAIL": "failed", "CLOSED": "failed", "REFUND": "failed"}
    state = states.get(str(found.get("status")), "pending")
    reason = (
        str(found.get("fail_reason") or found.get("error_code") or found.get("status")) if state == "failed" else None
    )
    return Receipt(key, str(found.get("order_id", "")), amount_minor, CURRENCY, state, reason)


def _form(body: bytes) -> dict[str, str]:
    """The fields of a notice, decoded once; a name that comes twice is refused, for it could mean two things."""
    if len(body) > NOTICE_BYTES_MAX:
        raise NotAllowed("This notice is larger than one of Alipay's")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, encoding="utf-8",
                          errors="strict", max_num_fields=200)  # fmt: skip
    except (UnicodeDecodeError, ValueError):
        raise NotAllowed("This notice is no form") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise NotAllowed("This notice says something twice")
    return fields
