"""What every carrier's adapter must do. Your own: give `CARRIERS` a maker of it and what it should read."""

from collections.abc import Callable

import msgspec
import pytest

from entrepot.deliver import Carrier, CarrierScan, NotSigned, TrackingOnly
from entrepot.deliver.carriers import SandboxCarrier, sign
from entrepot.kernel import MINUTE, Invalid, NotFound, Secret, from_rfc3339
from entrepot.kernel.testing import NOON

SECRET = Secret("whsec_c2VjcmV0IG9mIHRoZSBzYW5kYm94IGNhcnJpZXI=")
OTHER = Secret("whsec_c2VjcmV0IG9mIHNvbWVib2R5IGVsc2UgdGhlcmU=")
TOLD = {
    "tracking_no": "SBX1", "code": "delivered", "at": "2026-01-05T11:00:00Z", "source_id": "7", "place": "Hamburg",
}  # fmt: skip
READ = CarrierScan("SBX1", "delivered", from_rfc3339("2026-01-05T11:00:00Z"), "7", "Hamburg")


class Case(msgspec.Struct, frozen=True):
    """A carrier, a webhook of its, what that tells, and how it is signed; without a webhook, one that sends none."""

    make: Callable[[], Carrier]
    body: bytes | None = None
    tells: tuple[CarrierScan, ...] = ()
    sign: Callable[[Secret, bytes, int], dict[str, str]] = lambda secret, body, at: sign(secret, "msg_1", at, body)


CARRIERS = {
    "sandbox": Case(lambda: SandboxCarrier(SECRET), msgspec.json.encode(TOLD), (READ,)),
    "sandbox, several": Case(lambda: SandboxCarrier(SECRET), msgspec.json.encode([TOLD, TOLD]), (READ, READ)),
    "tracking only": Case(lambda: TrackingOnly("post", "Post", "https://post.example/{tracking_no}?x=1")),
}


@pytest.fixture(params=sorted(CARRIERS))
def case(request: pytest.FixtureRequest) -> Case:
    return CARRIERS[request.param]


@pytest.fixture
def speaking(case: Case) -> Case:
    if case.body is None:
        pytest.skip("this carrier sends no webhooks")
    return case


def test_a_carrier_has_a_code_and_a_name(case: Case) -> None:
    carrier = case.make()
    assert carrier.name == carrier.name.lower().strip() != ""
    assert carrier.title.strip()


def test_a_parcel_has_one_number_however_often_it_is_asked(case: Case) -> None:
    carrier = case.make()
    ids = ["pcl_01K00000000000000000000001", "pcl_01K00000000000000000000002"]
    first = [carrier.tracking_no(each) for each in ids]
    assert first == [case.make().tracking_no(each) for each in ids]
    assert first == [None, None] or len(set(first)) == 2


def test_a_number_cannot_break_out_of_the_page_it_leads_to(case: Case) -> None:
    url = case.make().tracking_url('a/b?c#d "><script>')
    assert url is None or (url.startswith("https://") and not set(url) & set('"<> #'))


def test_a_signed_webhook_tells_its_scans(speaking: Case) -> None:
    assert speaking.body is not None
    headers = speaking.sign(SECRET, speaking.body, NOON)
    assert speaking.make().read_webhook(headers, speaking.body, NOON) == speaking.tells


def test_what_is_not_signed_by_the_carrier_is_refused(speaking: Case) -> None:
    body = speaking.body or b""
    headers = speaking.sign(SECRET, body, NOON)
    carrier = speaking.make()
    forged = [
        ({}, body),
        (speaking.sign(OTHER, body, NOON), body),
        (headers, body + b" "),
        (speaking.sign(SECRET, body, NOON - 6 * MINUTE), body),
        (speaking.sign(SECRET, body, NOON + 6 * MINUTE), body),
        (dict.fromkeys(headers, ""), body),
        ({name: value + "x" for name, value in headers.items()}, body),
        (dict.fromkeys(headers, "é"), body),
    ]
    for wrong, sent in forged:
        with pytest.raises(NotSigned):
            carrier.read_webhook(wrong, sent, NOON)


@pytest.mark.parametrize("body", [b"", b"{}", b"[{}]", b"\xff", b"[" * 50_000, b'{"tracking_no": 1}'])
def test_what_is_signed_and_cannot_be_read_is_refused(speaking: Case, body: bytes) -> None:
    carrier = speaking.make()
    try:
        headers = speaking.sign(SECRET, body, NOON)
    except UnicodeDecodeError:
        headers = {}
    with pytest.raises((Invalid, NotSigned)):
        carrier.read_webhook(headers, body, NOON)


def test_a_carrier_without_webhooks_says_so() -> None:
    with pytest.raises(NotFound):
        TrackingOnly("post", "Post").read_webhook({}, b"", NOON)
