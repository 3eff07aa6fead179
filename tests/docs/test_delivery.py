"""The carrier in the documentation works, and passes what every carrier must."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from entrepot.deliver import CarrierScan, NotSigned
from entrepot.deliver.carriers import sign
from entrepot.kernel import Invalid, Secret
from entrepot.kernel.testing import NOON

PAGE = Path(__file__).parents[2] / "docs" / "delivery.md"
SECRET = Secret("whsec_c2VjcmV0IG9mIHRoZSBzYW5kYm94IGNhcnJpZXI=")


def test_the_documented_carrier_reads_its_signed_webhooks() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "docs/delivery.md", "exec"), names)
    carrier = names["open_post"](SECRET)
    body = msgspec.json.encode({"parcel": "P1", "status": "done", "time": "2026-01-05T11:00:00Z", "event": "9"})
    [told] = carrier.read_webhook(sign(SECRET, "msg_1", NOON, body), body, NOON)
    assert told == CarrierScan("P1", "delivered", told.at, "9")
    assert carrier.tracking_url("a b/c") == "https://post.example/track/a%20b%2Fc"
    with pytest.raises(NotSigned):
        carrier.read_webhook({}, body, NOON)
    with pytest.raises(Invalid):
        carrier.read_webhook(sign(SECRET, "msg_2", NOON, b"{}"), b"{}", NOON)
