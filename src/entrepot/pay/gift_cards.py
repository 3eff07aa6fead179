"""Gift cards: money that we owe to whoever holds the code. What is on one is the balance of its ledger account.

The operator issues a card and sees its code once; only the code's digest is kept. A card is redeemed in parts, at the
checkout: its part is held when the order is placed, and captured or let go with the payment. A refund goes back to the
card first. When a card expires, what is left on it returns to the platform.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import (
    HOUR,
    SECOND,
    Conflict,
    Invalid,
    NotFound,
    Prepared,
    Scheduled,
    Secret,
    Snapshot,
    TaskKind,
    TaskRun,
    Tx,
    decimals_of,
    derive_id,
    format_money,
    in_set,
    prepare,
    to_rfc3339,
)
from entrepot.kernel.money import MINOR_MAX

from . import accounts, tables

GiftCardState = Literal["active", "expired", "ended"]
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
SIGNS, GROUP = 16, 4
"""Sixteen of thirty signs: 78 bits, so that nobody guesses one."""
NOTE_LENGTH_MAX = 200
PAGE_MAX = 200
UNKNOWN = "There is no such gift card: check its code"
EXPIRE_TASK = "pay.expire_gift_cards"
BATCH = 200
_NOISE = re.compile(r"[\s\-–]+")


class GiftCard(msgspec.Struct, frozen=True):
    """A gift card; `amount_minor` is what was put on it, `code_end` the last signs of its code."""

    id: str
    code_end: str
    currency: str
    amount_minor: int
    state: GiftCardState
    note: str
    issued_at: int
    issued_by: str
    expires_at: int | None
    ended_at: int | None


class CardBalance(msgspec.Struct, frozen=True):
    """A card with what is left on it: `available_minor` without what orders under way have set aside."""

    card: GiftCard
    balance_minor: int
    available_minor: int


class ExpireCards(msgspec.Struct, frozen=True):
    """Take what is left off every card whose time is over."""


class IssueCard(msgspec.Struct, frozen=True):
    """A card to be issued. `expires_at` None: it never expires."""

    currency: str
    amount_minor: int
    note: str = ""
    expires_at: int | None = None


def issue_gift_card(tx: Tx, scope: Scope, wish: IssueCard) -> tuple[GiftCard, Secret]:
    """Put money on a new card; for the operator. The code is returned here and can never be shown again."""
    require_operator(scope)
    _check_issue(wish, tx.now)
    code = "".join(secrets.choice(ALPHABET) for _ in range(SIGNS))
    card = GiftCard(
        tx.new_id("gif"), code[-GROUP:], wish.currency, wish.amount_minor, "active", wish.note.strip(), tx.now,
        scope.actor, wish.expires_at, None,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(card), code_hash=_hash(code))
    source, target = accounts.gift_issued(card.currency), accounts.gift_card(card.id, card.currency)
    code_of, move_id = accounts.GIFT_ISSUED, derive_id("trf", card.id, accounts.GIFT_ISSUED)
    move = ledger.Move(move_id, source, target, card.amount_minor, code_of, card.id)
    ledger.post(tx, ledger.Plan.of(move))
    audit(tx, scope, "pay.gift_card_issued", card.id, {"amount": format_money(card.amount_minor, card.currency)})
    return card, Secret("-".join(code[at : at + GROUP] for at in range(0, SIGNS, GROUP)))


def find_gift_card(snapshot: Snapshot, code: Secret) -> CardBalance:
    """The card of a code, for whoever has it; case, spaces and dashes do not count. NotFound when there is none."""
    card = snapshot.one(_by_code, code_hash=_hash(code.reveal()))
    if card is None:
        raise NotFound(UNKNOWN, fields={"code": UNKNOWN})
    return balances_of(snapshot, [card])[0]


def usable_gift_card(snapshot: Snapshot, code: Secret) -> CardBalance:
    """The same, refused with the reason when nothing can be paid with it."""
    found = find_gift_card(snapshot, code)
    if (why := why_unusable(found, snapshot.now)) is not None:
        raise Conflict(why, fields={"code": why})
    return found


def why_unusable(found: CardBalance, now: int) -> str | None:
    """Why nothing can be paid with a card now; None when something can."""
    card = found.card
    if card.state == "ended":
        return f"The gift card ending in {card.code_end} was withdrawn"
    if card.state == "expired" or (card.expires_at is not None and card.expires_at <= now):
        return f"The gift card ending in {card.code_end} expired on {to_rfc3339(card.expires_at or now)[:10]}"
    if found.available_minor <= 0:
        return f"Nothing is left on the gift card ending in {card.code_end}"
    return None


def gift_cards_of(snapshot: Snapshot, card_ids: Sequence[str]) -> list[CardBalance]:
    """Cards by id, in this order, for rooms that were given their codes; unknown ids are left out."""
    if not card_ids:
        return []
    found = {card.id: card for card in snapshot.all(_by_ids, ids=list(card_ids))}
    return balances_of(snapshot, [found[each] for each in card_ids if each in found])


def list_gift_cards(snapshot: Snapshot, scope: Scope, after: str | None = None, most: int = 50) -> list[CardBalance]:
    """Every card with what is left on it, newest first; for the operator. `after` is the id of the last one seen."""
    require_operator(scope)
    return balances_of(snapshot, snapshot.all(_newest, before=after or "~", most=max(1, min(most, PAGE_MAX))))


def end_gift_card(tx: Tx, scope: Scope, card_id: str) -> GiftCard:
    """Withdraw a card: what is not set aside for an order returns to the platform; for the operator."""
    require_operator(scope)
    card = _end(tx, _lock(tx, card_id), "ended")
    audit(tx, scope, "pay.gift_card_ended", card.id, {})
    return card


def extend_gift_card(tx: Tx, scope: Scope, card_id: str, expires_at: int | None) -> GiftCard:
    """Let a card be used until later, or for ever, also one that expired with money on it; for the operator."""
    require_operator(scope)
    if expires_at is not None and expires_at <= tx.now:
        raise Invalid("A card expires in the future, or never", fields={"expires_at": "in the future"})
    card = _lock(tx, card_id)
    if card.state == "ended":
        raise Conflict("This gift card was withdrawn: issue another one")
    tx.run(_change, id_=card.id, state_="active", expires_at_=expires_at, ended_at_=None)
    audit(tx, scope, "pay.gift_card_extended", card.id, {"until": to_rfc3339(expires_at) if expires_at else "ever"})
    return msgspec.structs.replace(card, state="active", expires_at=expires_at, ended_at=None)


def expire_gift_card(tx: Tx, card_id: str) -> None:
    """Take what is left off a card whose time is over. One that is not due stays as it is."""
    card = _lock(tx, card_id)
    if card.state == "active" and card.expires_at is not None and card.expires_at <= tx.now:
        _end(tx, card, "expired")


def list_due_cards(snapshot: Snapshot, most: int) -> list[str]:
    """Cards whose time is over."""
    return [row.id for row in snapshot.all(_due, now=snapshot.now, most=most)]


def _expire_due(run: TaskRun, body: ExpireCards) -> None:
    while not run.closing:
        due = run.database.read_now(lambda snapshot: list_due_cards(snapshot, BATCH))
        for card_id in due:
            run.database.write_now(partial(expire_gift_card, card_id=card_id))
        if len(due) < BATCH:
            return


EXPIRE_CARDS = TaskKind(EXPIRE_TASK, ExpireCards, _expire_due)
EXPIRE_CARDS_HOURLY = Scheduled(EXPIRE_TASK, ExpireCards(), HOUR // SECOND)


def balances_of(snapshot: Snapshot, cards: Sequence[GiftCard]) -> list[CardBalance]:
    """What is left on each of these, in one read."""
    held = {card.id: accounts.gift_card(card.id, card.currency) for card in cards}
    found = ledger.balances_of(snapshot, list(held.values())) if held else {}
    balances = [(card, found[held[card.id].id]) for card in cards]
    return [CardBalance(card, balance.balance, balance.available) for card, balance in balances]


def _end(tx: Tx, card: GiftCard, state: GiftCardState) -> GiftCard:
    """What is set aside for an order stays on the card until the order takes it, or lets it go."""
    left_minor = balances_of(tx, [card])[0].available_minor
    ended = msgspec.structs.replace(card, state=state, ended_at=tx.now)
    if left_minor > 0:
        source, target = accounts.gift_card(card.id, card.currency), accounts.gift_issued(card.currency)
        move = ledger.Move(tx.new_id("trf"), source, target, left_minor, accounts.GIFT_ENDED, card.id)
        ledger.post(tx, ledger.Plan.of(move))
    tx.run(_change, id_=card.id, state_=state, expires_at_=card.expires_at, ended_at_=tx.now)
    return ended


def _lock(tx: Tx, card_id: str) -> GiftCard:
    card = tx.one(_locked, id=card_id)
    if card is None:
        raise NotFound("There is no such gift card")
    return card


def _check_issue(wish: IssueCard, now: int) -> None:
    fields = {}
    try:
        decimals_of(wish.currency)
    except Invalid as error:
        fields["currency"] = error.sentence
    if not 0 < wish.amount_minor < MINOR_MAX:
        fields["amount_minor"] = "Put more than nothing on it"
    if len(wish.note) > NOTE_LENGTH_MAX or "\0" in wish.note:
        fields["note"] = f"Write up to {NOTE_LENGTH_MAX} characters"
    if wish.expires_at is not None and wish.expires_at <= now:
        fields["expires_at"] = "It expires in the future, or never"
    if fields:
        raise Invalid("This gift card cannot be issued: look at the marked fields", fields=fields)


def _hash(code: str) -> str:
    """Codes are long and random, so a plain SHA-256 leaves nothing to guess."""
    tidy = _NOISE.sub("", code).upper()
    return hashlib.sha256(tidy.encode("utf-8", "surrogatepass")).hexdigest()


_g = tables.gift_cards.c
_COLUMNS = [_g[name] for name in GiftCard.__struct_fields__]
_by_code: Prepared[GiftCard] = prepare(select(*_COLUMNS).where(_g.code_hash == bindparam("code_hash")), GiftCard)
_by_ids: Prepared[GiftCard] = prepare(select(*_COLUMNS).where(in_set(_g.id, "ids")), GiftCard)
_locked: Prepared[GiftCard] = prepare(select(*_COLUMNS).where(_g.id == bindparam("id")).with_for_update(), GiftCard)
_newest: Prepared[GiftCard] = prepare(
    select(*_COLUMNS).where(_g.id < bindparam("before")).order_by(_g.id.desc()).limit(bindparam("most")), GiftCard
)
_due: Prepared[Any] = prepare(
    select(_g.id)
    .where(_g.state == "active", _g.expires_at <= bindparam("now"))
    .order_by(_g.expires_at)
    .limit(bindparam("most"))
)
_insert: Prepared[Any] = prepare(
    insert(tables.gift_cards).values({column.name: bindparam(column.name) for column in tables.gift_cards.columns})
)
_change: Prepared[Any] = prepare(
    update(tables.gift_cards)
    .where(_g.id == bindparam("id_"))
    .values(state=bindparam("state_"), expires_at=bindparam("expires_at_"), ended_at=bindparam("ended_at_"))
)
