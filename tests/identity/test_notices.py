"""Notices: an inbox in the reader's language, and a mail where the kind says so."""

import re
import string

import pytest

from entrepot import identity
from entrepot.identity import Notice, NoticeKind, Scope, notice_kinds
from entrepot.identity.notices import UNREAD_MAX
from entrepot.kernel import Database, NotFound, NotSignedIn, Tx
from tests import cast
from tests.cast import ALICE, BRUNO, Cast
from tests.identity.mailbox import SITE, deliver


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_kinds, "_KINDS", dict(notice_kinds._KINDS))
    identity.declare_notices(
        NoticeKind("test.quiet", {"en": "Sold {n}", "zh": "售出{n}件"}, {"en": "Well done.", "zh": "干得好。"}),
        NoticeKind("test.loud", {"en": "Paid", "zh": "已付款"}, {"en": "{sum} came.", "zh": "收到{sum}"}, mailed=True),
    )


@pytest.fixture
def people(database: Database) -> Cast:
    people = cast.invite(database)
    deliver(database)
    return people


def tell(database: Database, to: str, kind: str = "test.loud", **more: str) -> None:
    params = {"sum": "$5.00"} if kind == "test.loud" else {"n": "2"}
    database.write_now(lambda tx: identity.notify(tx, Notice(to, kind, params, **more)))


def inbox(database: Database, scope: Scope, language: str = "en") -> list[identity.InboxNotice]:
    return database.read_now(lambda snapshot: identity.list_notices(snapshot, scope, language))


def test_a_notice_is_read_in_the_readers_language(database: Database, people: Cast) -> None:
    tell(database, people.alice.actor, "test.quiet", link="/orders/ord_1")
    assert [(n.title, n.text, n.link) for n in inbox(database, people.alice)] == [
        ("Sold 2", "Well done.", "/orders/ord_1")
    ]
    assert inbox(database, people.alice, "zh")[0].title == "售出2件"


def test_an_organisations_notices_are_for_its_people_and_nobody_else(database: Database, people: Cast) -> None:
    assert people.bruno.organisation is not None
    tell(database, people.bruno.organisation, "test.quiet")
    assert len(inbox(database, people.bruno)) == 1
    assert inbox(database, people.alice) == []
    assert inbox(database, people.chen) == []
    for nobody in (Scope.public(), Scope.guest("ses_1")):
        with pytest.raises(NotSignedIn):
            inbox(database, nobody)


def test_a_mailed_kind_reaches_people_organisations_and_plain_addresses(database: Database, people: Cast) -> None:
    assert people.bruno.organisation is not None
    database.write_now(lambda tx: identity.update_profile(tx, people.alice, "Alice", "zh"))
    tell(database, people.alice.actor, link="/orders/ord_1")
    tell(database, people.bruno.organisation)
    tell(database, "guest@example.com", language="zh")
    tell(database, people.alice.actor, "test.quiet")
    mailbox = deliver(database)
    (alice,), (bruno,), (guest,) = (mailbox.to(to) for to in (ALICE.email, BRUNO.email, "guest@example.com"))
    assert (alice.subject, bruno.subject, guest.subject) == ("已付款", "Paid", "已付款")
    assert f"{SITE}/orders/ord_1" in alice.text
    assert "Dana's Market" in bruno.text
    assert len(inbox(database, people.alice)) == 2


def test_notices_are_counted_until_they_are_read(database: Database, people: Cast) -> None:
    for _ in range(3):
        tell(database, people.alice.actor, "test.quiet")

    def unread() -> int:
        return database.read_now(lambda snapshot: identity.count_unread(snapshot, people.alice))

    assert unread() == 3
    newest = inbox(database, people.alice)[0]
    database.write_now(lambda tx: identity.mark_read(tx, people.alice, newest.id))
    assert unread() == 2
    read = inbox(database, people.alice)[0]
    assert read.read_at is not None
    with pytest.raises(NotFound):
        database.write_now(lambda tx: identity.mark_read(tx, people.bruno, newest.id))


def test_the_inbox_pages_from_the_newest(database: Database, people: Cast) -> None:
    for _ in range(5):
        tell(database, people.alice.actor, "test.quiet")
    whole = inbox(database, people.alice)
    assert [notice.id for notice in whole] == sorted((notice.id for notice in whole), reverse=True)
    rest = database.read_now(lambda snapshot: identity.list_notices(snapshot, people.alice, before=whole[1].id, most=2))
    assert rest == whole[2:4]


def test_a_notice_without_its_parameters_fails_where_it_is_sent(database: Database, people: Cast) -> None:
    with pytest.raises(KeyError):
        database.write_now(lambda tx: identity.notify(tx, Notice(people.alice.actor, "test.loud", {})))


def test_what_people_wrote_is_no_template(database: Database, people: Cast) -> None:
    params = {"n": "{0.__class__} {n} %s"}
    database.write_now(lambda tx: identity.notify(tx, Notice(people.alice.actor, "test.quiet", params)))
    assert inbox(database, people.alice)[0].title == "Sold {0.__class__} {n} %s"


def test_every_kind_has_a_text_in_every_language_with_the_same_parameters() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for kind in identity.list_notice_kinds():
        for texts in (kind.titles, kind.texts):
            assert set(texts) >= set(identity.LANGUAGES), kind.name
        for texts in (kind.titles, kind.texts):
            assert re.search("[\u4e00-\u9fff]", texts["zh"]), f"{kind.name} is not in Chinese: {texts['zh']}"
            assert not re.search("[\u4e00-\u9fff]", texts["en"]), f"{kind.name} is not in English: {texts['en']}"
        asked = [fields(kind.titles[tag]) | fields(kind.texts[tag]) for tag in identity.LANGUAGES]
        assert all(names == asked[0] for names in asked), kind.name


def test_old_notices_are_forgotten_read_or_not(database: Database, people: Cast) -> None:
    tell(database, people.alice.actor)
    tell(database, people.alice.actor)
    now = database.clock.now()
    assert database.write_now(lambda tx: identity.forget_notices(tx, now)) == 0
    assert database.write_now(lambda tx: identity.forget_notices(tx, now + 1)) >= 2
    assert inbox(database, people.alice) == []


def test_both_inboxes_are_one_list_in_pages_and_unread_ones_are_counted_to_a_bound(
    database: Database, people: Cast
) -> None:
    organisation = str(people.bruno.organisation)
    both = Scope(people.alice.actor, organisation, people.bruno.roles)

    def fill(tx: Tx) -> None:
        for _ in range(60):
            for owner in (people.alice.actor, organisation):
                identity.notify(tx, Notice(owner, "test.quiet", {"n": "2"}))

    database.write_now(fill)
    found: list[str] = []
    last: str | None = None
    while page := database.read_now(lambda s: identity.list_notices(s, both, before=last, most=25)):  # noqa: B023
        found += [each.id for each in page]
        last = found[-1]
    assert len(set(found)) == len(found) == 120
    assert found == sorted(found, reverse=True)
    assert database.read_now(lambda s: identity.count_unread(s, both)) == UNREAD_MAX + 1
