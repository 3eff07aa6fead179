"""What people write is looked at by rules when it is written, and by the operator where a rule or a reader says so.

1. A rule that catches something (an address, contact data, abuse) holds it back: nobody but its author sees it.
2. A reader may report what is shown; it stays until the operator has looked.
3. The operator keeps or hides it, with a reason; its author is told, and the audit log keeps who decided.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import bindparam, func, literal_column, select, update

from entrepot import identity
from entrepot.identity import Notice, Scope
from entrepot.kernel import Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json
from entrepot.kernel.sql import prepare_text

from . import tables
from .ratings import refresh_ratings
from .seen import Seen, from_oldest, newer_than
from .telling import tell_sellers
from .texts import clean_line
from .values import plain
from .values.data import read_data
from .visibility import announce_offers

Kind = Literal["review", "question", "answer"]
State = Literal["shown", "held", "hidden", "withdrawn"]
Decision = Literal["kept", "hidden"]
REASON_LENGTH_MAX: Final = 500
AGAIN: Final = "again"
"""The cause of what was hidden, and written anew."""
KINDS: Final[dict[str, Kind]] = {"rev": "review", "qst": "question", "ans": "answer"}

# Every pattern is bounded: these texts are read while a command holds the database's one place to write.
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[a-z0-9-]{2,63}\.(?:com|net|org|info|shop|store|online|top|xyz|de|cn|ru|uk|fr|io|me|biz|co)\b",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\S\s?(?:@|\(at\)|\[at\])\s?[^\s@.]{1,63}\.\S", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d.,])(?:\+|00)?\d(?:[\s()/-]{0,2}\d){8,14}(?![\d.,]\d)")
_MESSENGER = re.compile(
    r"\b(?:whats?app|telegram|wechat|weixin|signal|viber|skype|line id)\b|微信|加我|QQ\s?\d|\bqq[:：]?\s?\d{5,}",
    re.IGNORECASE,
)


class Case(msgspec.Struct, frozen=True):
    """Something to look at: what it says, who wrote it about what, why it is here, and what was decided."""

    subject_id: str
    kind: Kind
    product_id: str
    product_title: str
    product_slug: str
    author: str
    text: str
    causes: tuple[str, ...]
    reports: tuple[str, ...]
    state: Literal["open", "kept", "hidden"]
    opened_at: int
    decided_at: int | None
    reason: str


def caught_by(*texts: str) -> tuple[str, ...]:
    """The rules that catch what somebody wrote: `link`, `contact`, `abuse`."""
    text = " \n ".join(texts)
    causes = []
    if _LINK.search(text):
        causes.append("link")
    if _MAIL.search(text) or _PHONE.search(text) or _MESSENGER.search(text):
        causes.append("contact")
    if _abuse().search(plain(text)):
        causes.append("abuse")
    return tuple(causes)


def state_for(tx: Tx, subject_id: str, product_id: str, *texts: str) -> State:
    """Whether something just written is shown at once; what a rule catches, or what was hidden before, is held and put
    into the queue."""
    causes = caught_by(*texts)
    before = tx.one(_case_state, id=subject_id)
    # Held stays held until somebody has looked: writing it a third time is no way around the queue.
    waits = before is not None and before.state == "open" and AGAIN in from_json(before.causes, list[str])
    if before is not None and (before.state == "hidden" or waits):
        causes = (*causes, AGAIN)
    if causes:
        open_case(tx, subject_id, product_id, causes)
    return "held" if causes else "shown"


def open_case(tx: Tx, subject_id: str, product_id: str, causes: Sequence[str]) -> None:
    """Put something into the operator's queue, or back into it."""
    row = {"subject_id": subject_id, "kind": KINDS[subject_id[:3]], "product_id": product_id}
    tx.run(_open, **row, causes=to_json(list(causes)), opened_at=tx.now)


def report(tx: Tx, scope: Scope, subject_id: str, reason: str) -> None:
    """Tell the operator of a review, question or answer. Once a person; NotFound for what is not shown."""
    user_id = identity.require_person(scope)
    found = _subject(tx, subject_id)
    if found is None or found.state != "shown":
        raise NotFound("There is nothing of this kind to report")
    words = clean_line(reason)[:REASON_LENGTH_MAX]
    if not words:
        raise Invalid("Say in a few words what is wrong with it", fields={"reason": "Write a reason"})
    row = {"subject_id": subject_id, "user_id": user_id, "reason": words}
    if tx.run(_report, **row, reported_at=tx.now):
        decided = tx.one(_case_state, id=subject_id)
        if decided is None or decided.state != "kept":  # what the operator kept, one more report does not reopen
            open_case(tx, subject_id, found.product_id, ["reported"])


def list_cases(
    snapshot: Snapshot, scope: Scope, state: str = "open", after: Seen | None = None, most: int = 50
) -> list[Case]:
    """What is to be looked at, oldest first, or what was; `after` is the last one seen. Operators only; a handful of
    reads."""
    identity.require_operator(scope)
    rows = snapshot.all(_cases, state=state, most=most, **from_oldest(after))
    if not rows:
        return []
    ids = [row.subject_id for row in rows]
    texts = {row.id: row for statement in _SUBJECTS.values() for row in snapshot.all(statement, ids=ids)}
    reports: dict[str, list[str]] = {}
    for row in snapshot.all(_reports, ids=ids):
        reports.setdefault(row.subject_id, []).append(row.reason)
    return [_case(row, texts.get(row.subject_id), reports.get(row.subject_id, [])) for row in rows]


def decide(tx: Tx, scope: Scope, subject_id: str, decision: Decision, reason: str) -> None:
    """Keep or hide something, with a reason that its author reads. May be decided again. Operators only."""
    identity.require_operator(scope)
    words = clean_line(reason)[:REASON_LENGTH_MAX]
    if decision == "hidden" and not words:
        raise Invalid("Say why it is hidden: its author reads it", fields={"reason": "Write a reason"})
    found = _subject(tx, subject_id)
    if found is None or found.state == "withdrawn":
        raise NotFound("There is nothing of this kind to decide on")
    if tx.one(_case_state, id=subject_id) is None:
        open_case(tx, subject_id, found.product_id, ["looked"])
    tx.run(_decide, id_=subject_id, state_=decision, now_=tx.now, by_=scope.actor, reason_=words)
    to: State = "shown" if decision == "kept" else "hidden"
    if found.state != to:
        set_state(tx, subject_id, found.product_id, to)
        _tell(tx, found, decision, words)
        if found.state == "held" and to == "shown" and subject_id.startswith("qst_"):
            tell_sellers(tx, found.product_id, found.author, found.body)
    identity.audit(tx, scope, f"catalog.{KINDS[subject_id[:3]]}_{decision}", subject_id, {"reason": words})


def set_state(tx: Tx, subject_id: str, product_id: str, state: State) -> None:
    """Show or hide what somebody wrote; ratings follow."""
    tx.run(_SET_STATE[subject_id[:3]], id_=subject_id, state_=state)
    if subject_id.startswith("rev_"):
        refresh_ratings(tx, [product_id])
        announce_offers(tx, [product_id])
    if subject_id.startswith("ans_"):
        count_answers(tx, [row.question_id for row in tx.all(_question_of, id=subject_id)])


def count_answers(tx: Tx, question_ids: Sequence[str]) -> None:
    """Make the number of answers of questions what is shown of them."""
    tx.run(_count_answers, ids=sorted(set(question_ids)))


def _tell(tx: Tx, found: Any, decision: str, reason: str) -> None:
    if found.author_id:
        params = {"product": found.product_title, "reason": reason or "—"}
        link = f"/p/{found.product_slug}#{'reviews' if found.id.startswith('rev_') else 'questions'}"
        identity.notify(tx, Notice(found.author_id, f"catalog.words_{decision}", params, link=link))


def _subject(snapshot: Snapshot, subject_id: str) -> Any:
    statement = _SUBJECTS.get(subject_id[:3])
    rows = snapshot.all(statement, ids=[subject_id]) if statement else []
    return rows[0] if rows else None


def _case(row: Any, found: Any, reports: list[str]) -> Case:
    text = "\n".join(part for part in (found.title, found.body) if part) if found else ""
    return Case(
        row.subject_id, row.kind, row.product_id, row.product_title, row.product_slug, found.author if found else "—",
        text, tuple(from_json(row.causes, list[str])), tuple(reports), row.state, row.opened_at, row.decided_at,
        row.reason,
    )  # fmt: skip


@cache
def _abuse() -> re.Pattern[str]:
    words = sorted({plain(word) for words in read_data("abuse.toml").values() for word in words}, key=len, reverse=True)
    whole = "|".join(re.escape(word) for word in words if word.isascii() or (word.isalpha() and ord(word[0]) < 0x2E80))
    inside = "|".join(re.escape(word) for word in words if ord(word[0]) >= 0x2E80)
    return re.compile(rf"(?<![^\W_])(?:{whole})(?![^\W_])|{inside}")


_r, _q, _a, _p = tables.reviews.c, tables.questions.c, tables.answers.c, tables.products.c
_m, _t = tables.moderation.c, tables.reports.c
_of_product = (_p.title.label("product_title"), _p.slug.label("product_slug"))
_SUBJECTS: Final[dict[str, Prepared[Any]]] = {
    "rev": prepare(
        select(_r.id, _r.product_id, _r.author_id, _r.author, _r.title, _r.body, _r.state, *_of_product)
        .join_from(tables.reviews, tables.products, _p.id == _r.product_id)
        .where(in_set(_r.id, "ids"))
    ),
    "qst": prepare(
        select(_q.id, _q.product_id, _q.author_id, _q.author, literal_column("''").label("title"), _q.body, _q.state,
               *_of_product)
        .join_from(tables.questions, tables.products, _p.id == _q.product_id)
        .where(in_set(_q.id, "ids"))
    ),
    "ans": prepare(
        select(_a.id, _q.product_id, _a.author_id, _a.author, _q.body.label("title"), _a.body, _a.state, *_of_product)
        .join_from(tables.answers, tables.questions, _q.id == _a.question_id)
        .join(tables.products, _p.id == _q.product_id)
        .where(in_set(_a.id, "ids"))
    ),
}  # fmt: skip
_SET_STATE: Final[dict[str, Prepared[Any]]] = {
    prefix: prepare(update(table).where(table.c.id == bindparam("id_")).values(state=bindparam("state_")))
    for prefix, table in (("rev", tables.reviews), ("qst", tables.questions), ("ans", tables.answers))
}
_question_of: Prepared[Any] = prepare(select(_a.question_id).where(_a.id == bindparam("id")))
_shown_answers = (
    select(func.count())
    .where(_a.question_id == _q.id, _a.state == "shown")
    .correlate(tables.questions)
    .scalar_subquery()
)
_count_answers: Prepared[Any] = prepare(
    update(tables.questions).where(in_set(_q.id, "ids")).values(answers=_shown_answers)
)
_case_state: Prepared[Any] = prepare(select(_m.state, _m.causes).where(_m.subject_id == bindparam("id")))
_open: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_moderation (subject_id, kind, product_id, causes, state, opened_at, reason) "
    "VALUES (:subject_id, :kind, :product_id, :causes, 'open', :opened_at, '') ON CONFLICT (subject_id) DO UPDATE SET "
    "causes = excluded.causes, state = 'open', opened_at = excluded.opened_at"
)
_decide: Prepared[Any] = prepare(
    update(tables.moderation)
    .where(_m.subject_id == bindparam("id_"))
    .values(
        state=bindparam("state_"),
        decided_at=bindparam("now_"),
        decided_by=bindparam("by_"),
        reason=bindparam("reason_"),
    )
)
_report: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_reports (subject_id, user_id, reason, reported_at) "
    "VALUES (:subject_id, :user_id, :reason, :reported_at) ON CONFLICT DO NOTHING"
)
_reports: Prepared[Any] = prepare(
    select(_t.subject_id, _t.reason).where(in_set(_t.subject_id, "ids")).order_by(_t.reported_at, _t.user_id)
)
_cases: Prepared[Any] = prepare(
    select(
        _m.subject_id, _m.kind, _m.product_id, _m.causes, _m.state, _m.opened_at, _m.decided_at, _m.reason, *_of_product
    )
    .join_from(tables.moderation, tables.products, _p.id == _m.product_id)
    .where(_m.state == bindparam("state"), newer_than(_m.opened_at, _m.subject_id))
    .order_by(_m.opened_at, _m.subject_id)
    .limit(bindparam("most"))
)
