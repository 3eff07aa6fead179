"""Programs outside are told: signed, tried again for days, switched off with a notice; a feed that misses nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from entrepot import identity
from entrepot.identity import Scope
from entrepot.identity.webhook_sending import PAUSES_S
from entrepot.kernel import DAY, SECOND, Bounds, Conflict, Database, Fetcher, Invalid, ManualClock, NotFound, Secret
from entrepot.kernel.testing import settle
from tests.cast import Cast, invite

KEY = Secret("0123456789abcdef" * 4)
URL = "https://shop.example/hook"


class Answer(NamedTuple):
    status: int


class Listener:
    """An endpoint that answers as it is told to, and keeps what it heard."""

    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.heard: list[tuple[dict[str, str], bytes]] = []

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, bounds: Bounds) -> Answer:
        assert (method, url) == ("POST", URL)
        self.heard.append((dict(headers), body))
        return Answer(self.status)


class Happened(msgspec.Struct):
    """Something to tell."""

    number: int


@pytest.fixture
def cast(database: Database) -> Cast:
    return invite(database)


def do(database: Database, verb: Any, *args: Any) -> Any:
    return database.write_now(lambda tx: verb(tx, *args))


def see(database: Database, query: Any, *args: Any) -> Any:
    return database.read_now(lambda snapshot: query(snapshot, *args))


def tell(database: Database, scope: Scope, number: int, kind: str = "order.paid") -> str:
    event_id: str = do(database, identity.publish, str(scope.organisation), kind, Happened(number))
    return event_id


def work(database: Database, listener: Listener) -> None:
    settle(database, {}, identity.webhook_tasks(KEY, listener))


def advance(database: Database, by: int) -> None:
    assert isinstance(database.clock, ManualClock)
    database.clock.advance(by)


def test_an_event_arrives_once_signed_by_the_secret_that_was_shown(database: Database, cast: Cast) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    event_id = tell(database, cast.bruno, 7)
    listener = Listener()
    work(database, listener)
    work(database, listener)
    ((headers, body),) = listener.heard
    signed_at = int(headers["webhook-timestamp"])
    assert signed_at == database.clock.now() // SECOND
    secret = Webhook(made.secret)
    assert headers["webhook-signature"] == secret.sign(event_id, datetime.fromtimestamp(signed_at, UTC), body.decode())
    told = msgspec.json.decode(body)
    assert (told["id"], told["type"], told["data"]) == (event_id, "order.paid", {"number": 7})
    (delivery,) = see(database, identity.list_deliveries, cast.bruno, made.endpoint.id)
    assert (delivery.state, delivery.attempts, delivery.status) == ("delivered", 1, 204)


def test_only_whoever_it_concerns_is_told_and_only_of_what_they_asked_for(database: Database, cast: Cast) -> None:
    do(database, identity.add_endpoint, cast.bruno, KEY, URL, ("order.paid",))
    tell(database, cast.bruno, 1)
    tell(database, cast.bruno, 2, "payout.paid")
    tell(database, cast.dana, 3)
    listener = Listener()
    work(database, listener)
    assert [msgspec.json.decode(body)["data"]["number"] for _, body in listener.heard] == [1]
    assert [event.data["number"] for event in see(database, identity.list_webhook_events, cast.dana)] in ([3], [])


def test_what_fails_is_tried_again_for_days_then_given_up_and_the_endpoint_is_switched_off(
    database: Database, cast: Cast
) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    tell(database, cast.bruno, 1)
    listener = Listener(500)
    for pause_s in (*PAUSES_S, 0):
        work(database, listener)
        (delivery,) = see(database, identity.list_deliveries, cast.bruno, made.endpoint.id)
        advance(database, pause_s * SECOND)
    assert len(listener.heard) == len(PAUSES_S) + 1
    assert (delivery.state, delivery.status, delivery.error) == ("failed", 500, "It answers 500")
    assert sum(PAUSES_S) > 4 * 86_400
    advance(database, DAY)
    tell(database, cast.bruno, 2)
    work(database, listener)
    (endpoint,) = see(database, identity.list_endpoints, cast.bruno)
    assert endpoint.disabled_at is not None
    notices = see(database, identity.list_notices, cast.bruno)
    assert "shop.example" in notices[0].title
    heard = len(listener.heard)
    tell(database, cast.bruno, 3)
    work(database, listener)
    assert len(listener.heard) == heard
    with pytest.raises(Conflict, match="switched off"):
        do(database, identity.replay, cast.bruno, delivery.id)


def test_an_endpoint_that_is_back_is_told_what_it_missed_by_replays_with_the_same_id(
    database: Database, cast: Cast
) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    event_id = tell(database, cast.bruno, 1)
    listener = Listener(503)
    work(database, listener)
    assert see(database, identity.list_endpoints, cast.bruno)[0].failing_since is not None
    listener.status = 200
    (before,) = see(database, identity.list_deliveries, cast.bruno, made.endpoint.id)
    do(database, identity.replay, cast.bruno, before.id)
    work(database, listener)
    assert [headers["webhook-id"] for headers, _ in listener.heard] == [event_id, event_id]
    assert see(database, identity.list_endpoints, cast.bruno)[0].failing_since is None
    do(database, identity.remove_endpoint, cast.bruno, made.endpoint.id)
    advance(database, DAY)
    work(database, listener)
    assert len(listener.heard) == 2


def test_a_new_secret_signs_and_the_old_one_does_not(database: Database, cast: Cast) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    changed = do(database, identity.change_secret, cast.bruno, KEY, made.endpoint.id)
    assert changed.secret != made.secret
    assert changed.secret.startswith("whsec_")


def test_the_feed_is_read_behind_a_cursor_and_misses_nothing(database: Database, cast: Cast) -> None:
    told = []
    for number in range(7):
        told.append(tell(database, cast.bruno, number))
        advance(database, SECOND)
    advance(database, 5 * SECOND)
    seen: list[str] = []
    while page := see(database, identity.list_webhook_events, cast.bruno, seen[-1] if seen else None, 3):
        seen += [event.id for event in page]
    assert seen == told
    assert see(database, identity.list_webhook_events, cast.bruno, told[3])[0].data == {"number": 4}


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook", "http://127.0.0.1:9/hook", "https://127.0.0.1:9/hook", "ftp://shop.example/",
        "https://user:pass@shop.example/", "https://shop.example:8443/", "nonsense",
    ],
)  # fmt: skip
def test_addresses_that_must_not_be_told_are_refused(database: Database, cast: Cast, url: str) -> None:
    with pytest.raises(Invalid):
        do(database, identity.add_endpoint, cast.bruno, KEY, url)


def test_a_name_that_leads_to_ourselves_is_never_asked(database: Database, cast: Cast) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    tell(database, cast.bruno, 1)

    def connect(address: str, port: int, seconds: float) -> Any:
        raise AssertionError("it was asked")

    fetcher = Fetcher(resolve=lambda host, port: ["127.0.0.1"], connect=connect)
    settle(database, {}, identity.webhook_tasks(KEY, fetcher))
    (delivery,) = see(database, identity.list_deliveries, cast.bruno, made.endpoint.id)
    assert delivery.state == "waiting"
    assert "not on the public internet" in str(delivery.error)


def test_loopback_is_allowed_where_the_setting_says_so(database: Database, cast: Cast) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, "http://127.0.0.1:9/hook", ("*",), True)
    assert made.endpoint.url == "http://127.0.0.1:9/hook"


def test_nobody_sees_or_changes_anothers(database: Database, cast: Cast) -> None:
    made = do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    tell(database, cast.bruno, 1)
    (delivery,) = see(database, identity.list_deliveries, cast.bruno, made.endpoint.id)
    for verb, args in (
        (identity.remove_endpoint, (made.endpoint.id,)),
        (identity.enable_endpoint, (made.endpoint.id,)),
        (identity.change_secret, (KEY, made.endpoint.id)),
        (identity.replay, (delivery.id,)),
    ):
        with pytest.raises(NotFound):
            do(database, verb, cast.dana, *args)
    with pytest.raises(NotFound):
        see(database, identity.list_deliveries, cast.dana, made.endpoint.id)
    assert see(database, identity.list_endpoints, cast.dana) == []


def test_old_events_and_their_deliveries_are_forgotten(database: Database, cast: Cast) -> None:
    do(database, identity.add_endpoint, cast.bruno, KEY, URL)
    tell(database, cast.bruno, 1)
    work(database, Listener())
    now = database.clock.now()
    assert do(database, identity.forget_webhooks, now - DAY) == 0
    assert do(database, identity.forget_webhooks, now + DAY) == 2
    assert see(database, identity.list_webhook_events, cast.bruno) == []
