"""Sending events to endpoints: signed, tried again for days, given up with a notice. No address of ours is ever asked.

A delivery is tried right away, then after the pauses of `PAUSES_S`. An endpoint of which nothing was taken for
`GIVEN_UP_AFTER` is switched off, and its organisation is told.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from standardwebhooks.webhooks import Webhook

from entrepot.kernel import DAY, HOUR, MINUTE, SECOND, Bounds, Fetcher, Refused, Secret, TaskKind, TaskRun, Tx

from .notice_kinds import NoticeKind, declare_notices
from .notices import Notice, notify
from .webhooks import (
    DELIVER_TASK,
    LOOPBACK,
    Deliver,
    Delivery,
    Endpoint,
    WebhookEvent,
    read_delivery,
    record_health,
    record_try,
    secret_of,
)

PAUSES_S = tuple(
    pause // SECOND
    for pause in (
        5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR, 24 * HOUR,
    )
)  # fmt: skip
GIVEN_UP_AFTER = 5 * DAY
ANSWER = Bounds(bytes_max=64 * 1024, seconds_max=15.0)
DISABLED = "identity.webhook_disabled"

declare_notices(
    NoticeKind(
        DISABLED,
        {"en": "Your webhook at {host} was switched off", "zh": "您在 {host} 的 Webhook 已停用"},
        {
            "en": "It has taken nothing for days. Mend it, switch it on again, and replay what it missed.",
            "zh": "该地址连续数日没有响应。修复后请重新启用，并重发遗漏的事件。",
        },
        mailed=True,
    )
)


class Sender(Protocol):
    """Whatever brings a body to an address; `kernel.Fetcher` is one."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, bounds: Bounds) -> Any:
        """One request; the answer has a `status`."""
        ...


class Message(msgspec.Struct, frozen=True):
    """What is sent: `data` is of the type's own shape, `timestamp` RFC 3339."""

    id: str
    type: str
    timestamp: datetime
    data: Any


def webhook_tasks(key: Secret, sender: Sender | None = None, loopback: bool = False) -> tuple[TaskKind[Any], ...]:
    """The task that delivers; `key` is the home's own, of which each endpoint's secret is made."""
    known = sender or Fetcher()

    def deliver(run: TaskRun, body: Deliver) -> None:
        _deliver(known, key, loopback, run, body)

    return (TaskKind(DELIVER_TASK, Deliver, deliver),)


def _deliver(sender: Sender, key: Secret, loopback: bool, run: TaskRun, body: Deliver) -> None:
    delivery, endpoint, event = run.database.read_now(lambda snapshot: read_delivery(snapshot, body.delivery_id))
    if endpoint is None or endpoint.disabled_at is not None or delivery.state != "waiting":
        run.settle(lambda tx: record_try(tx, delivery, "failed", None, "The endpoint is switched off", None))
        return
    status, error = _send(sender, key, loopback, endpoint, event, run.database.clock.now())
    if error is None:
        run.settle(lambda tx: _delivered(tx, delivery, endpoint, status))
    elif delivery.attempts >= len(PAUSES_S):
        run.settle(lambda tx: _failed(tx, delivery, endpoint, status, error, None))
    else:
        pause_s = PAUSES_S[delivery.attempts]
        run.database.write_now(lambda tx: _failed(tx, delivery, endpoint, status, error, tx.now + pause_s * SECOND))
        run.later(pause_s)


def _send(
    sender: Sender, key: Secret, loopback: bool, endpoint: Endpoint, event: WebhookEvent, now: int
) -> tuple[int | None, str | None]:
    """The answer's status, and what is wrong with it; None when it was taken."""
    message, headers = signed(secret_of(key, endpoint), event, now)
    try:
        if loopback and urlsplit(endpoint.url).hostname in LOOPBACK:
            status = _to_loopback(endpoint.url, headers, message)
        else:
            status = int(sender.send("POST", endpoint.url, headers, message, ANSWER).status)
    except Refused as refusal:
        return None, refusal.sentence[:300]
    except OSError as failure:
        return None, f"It does not answer ({type(failure).__name__})"
    return status, None if 200 <= status < 300 else f"It answers {status}"


def signed(secret: Secret, event: WebhookEvent, now: int) -> tuple[bytes, dict[str, str]]:
    """The body of a message and its headers, signed for this moment as Standard Webhooks say."""
    at = datetime.fromtimestamp(event.at // SECOND, UTC)
    body = msgspec.json.encode(Message(event.id, event.type, at, event.data))
    sent_at = datetime.fromtimestamp(now // SECOND, UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": str(now // SECOND),
        "webhook-signature": str(Webhook(secret.reveal()).sign(event.id, sent_at, body.decode())),
    }
    return body, headers


def _to_loopback(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """To a program on this machine, where the setting allows it: for development and tests."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=ANSWER.seconds_max)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _delivered(tx: Tx, delivery: Delivery, endpoint: Endpoint, status: int | None) -> None:
    record_try(tx, delivery, "delivered", status, None, None)
    if endpoint.failing_since is not None:
        record_health(tx, endpoint, None, None)


def _failed(
    tx: Tx, delivery: Delivery, endpoint: Endpoint, status: int | None, error: str, next_at: int | None
) -> None:
    record_try(tx, delivery, "failed" if next_at is None else "waiting", status, error, next_at)
    since = tx.now if endpoint.failing_since is None else endpoint.failing_since
    given_up = tx.now - since >= GIVEN_UP_AFTER
    record_health(tx, endpoint, since, tx.now if given_up else None)
    if given_up:
        params = {"host": urlsplit(endpoint.url).hostname or ""}
        notify(tx, Notice(endpoint.organisation, DISABLED, params, link="/merchant/webhooks"))
