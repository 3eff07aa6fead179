"""Alipay as it is seen from outside: a signed form in, signed JSON out, notices as signed forms."""

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from entrepot.kernel import Clock
from tests.contracts.providers.faults import Line

CHINA = timezone(timedelta(hours=8))
OURS = rsa.generate_private_key(65_537, 2_048)
THEIRS = rsa.generate_private_key(65_537, 2_048)
APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"


def pem(key: rsa.RSAPrivateKey) -> str:
    """A private key's file."""
    kind, no = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, no).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """Its public half's file."""
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, kind).decode()


def sign(text: str, key: rsa.RSAPrivateKey = THEIRS) -> str:
    """RSA with SHA-256."""
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def ordered(fields: dict[str, str]) -> str:
    """What is signed of fields."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value)


class AlipayDouble:
    """One seller's Alipay. `notices` are the bodies of what it would send."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self.pages: dict[str, dict[str, Any]] = {}
        self.trades: dict[str, dict[str, Any]] = {}
        self.refunds: dict[tuple[str, str], dict[str, Any]] = {}
        self.transfers: dict[str, dict[str, Any]] = {}
        self.notices: list[bytes] = []
        self.payees = {"bruno@example.test"}
        self.line = Line(self._answer)
        self.transport = httpx.MockTransport(self.line)

    # --- what happens outside of the gateway

    def open_page(self, url: str) -> None:
        """The buyer opens the address: only now there is a trade."""
        fields = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        assert self._is_ours(fields), "the page's address is not signed as Alipay checks it"
        content = json.loads(fields["biz_content"])
        assert fields["method"] == "alipay.trade.page.pay"
        assert content["time_expire"] > self._shanghai(), "the page was opened too late"
        self.trades.setdefault(content["out_trade_no"], {
            "out_trade_no": content["out_trade_no"], "trade_no": f"20260101{next(self._numbers):020}",
            "trade_status": "WAIT_BUYER_PAY", "total_amount": content["total_amount"],
        })  # fmt: skip

    def pay(self, key: str) -> None:
        """The buyer pays on the page."""
        trade = self.trades[key]
        assert trade["trade_status"] == "WAIT_BUYER_PAY", "this trade cannot be paid any more"
        trade["trade_status"] = "TRADE_SUCCESS"
        self.notify(trade)

    def notify(self, trade: dict[str, Any], **more: str) -> None:
        """Write a notice down."""
        fields = {
            "notify_time": self._shanghai(), "notify_type": "trade_status_sync",
            "notify_id": f"2026{next(self._numbers):030}", "charset": "utf-8", "version": "1.0", "app_id": APP_ID,
            "seller_id": SELLER_ID, "subject": "订单 & 货物=1", "fund_bill_list": '[{"amount":"1.00"}]', "empty": "",
            **{name: str(value) for name, value in trade.items()}, **more,
        }  # fmt: skip
        self.notices.append(urlencode(fields | {"sign_type": "RSA2", "sign": sign(ordered(fields))}).encode())

    # --- the gateway

    def _answer(self, request: httpx.Request) -> httpx.Response:
        fields = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        name = fields["method"].replace(".", "_") + "_response"
        if not self._is_ours(fields):
            no = {
                "code": "40002",
                "msg": "Invalid Arguments",
                "sub_code": "isv.invalid-signature",
                "sub_msg": "验签出错",
            }
            return httpx.Response(200, json={"error_response": no})
        found = self._act(fields["method"], json.loads(fields["biz_content"]))
        body = json.dumps(found, ensure_ascii=False)
        return httpx.Response(200, content=f'{{"{name}":{body},"sign":"{sign(body)}"}}'.encode())

    def _act(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "alipay.trade.query":
                return self._trade(asked, lambda trade: _yes(trade))
            case "alipay.trade.close":
                return self._trade(asked, self._close)
            case "alipay.trade.refund":
                return self._trade(asked, lambda trade: self._refund(trade, asked))
            case "alipay.trade.fastpay.refund.query":
                return self._trade(
                    asked, lambda trade: _yes(self.refunds.get((trade["out_trade_no"], asked["out_request_no"]), {}))
                )
            case "alipay.fund.trans.uni.transfer":
                return self._transfer(asked)
            case "alipay.fund.trans.common.query":
                found = self.transfers.get(asked["out_biz_no"])
                return _yes(found) if found else _no("ORDER_NOT_EXIST")
        return _no("isv.invalid-method")

    def _trade(self, asked: dict[str, Any], act: Any) -> dict[str, Any]:
        trade = self.trades.get(asked["out_trade_no"])
        return act(trade) if trade else _no("ACQ.TRADE_NOT_EXIST")  # type: ignore[no-any-return]

    def _close(self, trade: dict[str, Any]) -> dict[str, Any]:
        if trade["trade_status"] != "WAIT_BUYER_PAY":
            return _no("ACQ.TRADE_STATUS_ERROR")
        trade["trade_status"] = "TRADE_CLOSED"
        return _yes({"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]})

    def _refund(self, trade: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        known = (trade["out_trade_no"], asked["out_request_no"])
        answer = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}
        if known in self.refunds:
            return _yes(answer | {"fund_change": "N"})
        back = sum(float(each["refund_amount"]) for each in self.refunds.values() if each["_trade"] == known[0])
        if trade["trade_status"] != "TRADE_SUCCESS" or back + float(asked["refund_amount"]) > float(
            trade["total_amount"]
        ):
            return _no("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        self.refunds[known] = answer | {
            "out_request_no": asked["out_request_no"], "refund_amount": asked["refund_amount"], "_trade": known[0],
            "refund_status": "REFUND_SUCCESS",
        }  # fmt: skip
        return _yes(answer | {"fund_change": "Y", "refund_fee": asked["refund_amount"]})

    def _transfer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["payee_info"]["identity"] not in self.payees:
            return _no("PAYEE_NOT_EXIST")
        made = self.transfers.setdefault(asked["out_biz_no"], {
            "out_biz_no": asked["out_biz_no"], "order_id": f"2026{next(self._numbers):016}", "status": "SUCCESS",
            "trans_amount": asked["trans_amount"],
        })  # fmt: skip
        return _yes(made)

    def _is_ours(self, fields: dict[str, str]) -> bool:
        text = ordered({name: value for name, value in fields.items() if name != "sign"})
        try:
            OURS.public_key().verify(
                base64.b64decode(fields["sign"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        # The page's address may be opened a while after it was made; a call is dated now.
        in_time = fields["timestamp"] <= self._shanghai()
        return fields["app_id"] == APP_ID and in_time

    def _shanghai(self) -> str:
        return (
            datetime.fromtimestamp(self._clock.now() // 1_000_000, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        )


def _yes(found: dict[str, Any]) -> dict[str, Any]:
    return {"code": "10000", "msg": "Success", **{name: value for name, value in found.items() if name[0] != "_"}}


def _no(sub_code: str) -> dict[str, Any]:
    return {"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "不行"}
