"""Calls of Alipay's gateway: signed both ways, in China's time, amounts as decimal texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from entrepot.kernel import SECOND, Clock, Conflict, Invalid, Unavailable, parse_money, to_json

from ..base import RefusedByProcessor
from ..calling import Caller
from .signatures import Keys, object_text, signed_text

CURRENCY = "CNY"
SHANGHAI = timezone(timedelta(hours=8))
"""China has one time, and no summer time since 1991."""
_LATER = ("ACQ.SYSTEM_ERROR", "SYSTEM_ERROR", "ISP.UNKNOW-ERROR", "ISP.UNKNOWN-ERROR", "REQUEST_PROCESSING",
          "PAYER_BALANCE_NOT_ENOUGH", "BALANCE_IS_NOT_ENOUGH", "ACQ.SELLER_BALANCE_NOT_ENOUGH",
          "EXCEED_LIMIT_DM_AMOUNT", "ISV.REQUEST-LIMIT", "ISP.SERVICE-BUSY")  # fmt: skip
_OUR_KEYS = ("ISV.INVALID-SIGNATURE", "ISV.INVALID-APP-ID", "ISV.MISSING-SIGNATURE-KEY", "ISV.INVALID-SIGNATURE-TYPE",
             "ISV.INSUFFICIENT-ISV-PERMISSIONS", "ISV.INSUFFICIENT-USER-PERMISSIONS", "ISV.APP-CALL-LIMITED",
             "ISV.MISSING-SIGNATURE", "ISV.MISSING-APP-ID", "ACQ.ACCESS_FORBIDDEN")  # fmt: skip


class SaysNo(Conflict):
    """Alipay refuses an act for good; `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Alipay refuses this: {code}")
        self.code = code


class Gateway:
    """Alipay's gateway for one app."""

    def __init__(
        self, app_id: str, keys: Keys, url: str, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._app_id = app_id
        self.keys = keys
        self._url = url
        self._clock = clock
        self._caller = Caller("Alipay", transport)

    def close(self) -> None:
        """Let go of its connections."""
        self._caller.close()

    def address(self, method: str, content: Mapping[str, Any], **more: str) -> str:
        """The address of a page at Alipay's, with everything that it needs, signed."""
        return f"{self._url}?{urlencode(self._params(method, content, more))}"

    def call(self, method: str, content: Mapping[str, Any], **more: str) -> dict[str, Any]:
        """The answer to a call, which Alipay has signed.

        SaysNo when it is refused for good, Unavailable when it may work later, RefusedByProcessor when our keys are
        wrong.
        """
        params = self._params(method, content, more)
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        answer = self._caller.send("POST", self._url, headers=headers, content=urlencode(params).encode())
        if answer.status != 200:
            raise Unavailable(f"Alipay answers {answer.status}: we ask again")
        return self._read(method.replace(".", "_") + "_response", answer.body)

    def _params(self, method: str, content: Mapping[str, Any], more: Mapping[str, str]) -> dict[str, str]:
        params = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": to_shanghai(self._clock.now()),
            "version": "1.0",
            "biz_content": to_json(dict(content)),
            **{name: value for name, value in more.items() if value},
        }
        return {**params, "sign": self.keys.sign(signed_text(params))}

    def _read(self, name: str, body: bytes) -> dict[str, Any]:
        try:
            text = body.decode("utf-8")
            whole = msgspec.json.decode(text)
        except (UnicodeDecodeError, msgspec.DecodeError):
            raise Unavailable("Alipay's answer cannot be read: we ask again") from None
        if not isinstance(whole, dict):
            raise Unavailable("Alipay's answer cannot be read: we ask again")
        given = whole.get(name, whole.get("error_response"))
        if not isinstance(given, dict):
            raise Unavailable("Alipay's answer says nothing of what we asked: we ask again")
        _refuse_keys(given)
        signed = object_text(text, name if name in whole else "error_response")
        # What anybody on the way could have written is no answer, neither a yes nor a no.
        if signed is None or not self.keys.verifies(signed, str(whole.get("sign", ""))):
            raise Unavailable("Alipay's answer is not signed with the key of pay.alipay_public_key")
        _check_code(given)
        return given


def _refuse_keys(given: Mapping[str, Any]) -> None:
    """Our own keys are wrong: Alipay cannot sign what it does not know for whom."""
    if str(given.get("sub_code", "")).upper() in _OUR_KEYS:
        raise RefusedByProcessor("Alipay does not accept our app or key: check pay.alipay_app_id and its keys")


def _check_code(given: Mapping[str, Any]) -> None:
    code, sub_code = str(given.get("code", "")), str(given.get("sub_code", ""))
    if code == "10000":
        return
    if code == "20000" or sub_code.upper() in _LATER:
        raise Unavailable(f"Alipay asks us to come back later ({sub_code or code})")
    raise SaysNo(sub_code or code)


def to_yuan(amount_minor: int, currency: str) -> str:
    """An amount as Alipay writes it, such as `88.88`; Conflict for another currency than its own."""
    if currency != CURRENCY:
        raise Conflict(f"Alipay takes {CURRENCY} only, not {currency}")
    return f"{amount_minor // 100}.{amount_minor % 100:02}"


def from_yuan(text: object) -> int:
    """An amount of Alipay's in minor units; Invalid when it is none."""
    if not isinstance(text, str):
        raise Invalid("Alipay's amount is no text")
    return parse_money(text, CURRENCY)


def to_shanghai(at: int) -> str:
    """A time as Alipay writes it."""
    return datetime.fromtimestamp(at // SECOND, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def from_shanghai(text: str) -> int:
    """A time of Alipay's in microseconds; Invalid when it is none."""
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise Invalid("Alipay's time cannot be read") from None
    return int(at.timestamp()) * SECOND
