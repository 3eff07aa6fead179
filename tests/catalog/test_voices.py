"""What people say of goods: edited, taken back, answered, voted for, asked, merged, held, reported and decided on."""

import time
from contextlib import closing

import pytest

from entrepot import catalog, identity
from entrepot.app import open_home
from entrepot.catalog import ReviewDraft, ReviewText, ReviewWish, questions, reviews
from entrepot.catalog.moderation import caught_by
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, TooMany
from entrepot.kernel.sql import prepare_text
from tests.catalog.shop import SYSTEM, draft, open_shop

ALICE, BEN, CARA = (Scope(f"usr_{name}") for name in ("alice", "ben", "cara"))


@pytest.fixture
def lamp(shop):
    product_id = shop.save(draft("lamp")).products["lamp"]
    for who in (ALICE, BEN):
        do(shop, catalog.grant_review, who.actor, product_id, f"sor_{who.actor}")
    return product_id


def do(shop, verb, *args, **kwargs):
    return shop.database.write_now(lambda tx: verb(tx, *args, **kwargs))


def read(shop, verb, *args, **kwargs):
    return shop.database.read_now(lambda s: verb(s, *args, **kwargs))


def write(shop, lamp, who=ALICE, rating=4, title="Warm", body="A good lamp"):
    return do(shop, catalog.write_review, who, lamp, ReviewText(rating, who.actor[4:].title(), title, body))


def notices(shop, owner):
    rows = read(shop, identity.list_notices, Scope(owner) if owner.startswith("usr_") else shop.scope)
    return [row.kind for row in rows if row.kind != "catalog.approved"]


# --- reviews


def test_an_edit_says_so_and_keeps_its_day(shop, lamp):
    first = write(shop, lamp)
    again = write(shop, lamp, rating=2)

    assert (again.id, again.written_at, again.rating) == (first.id, first.written_at, 2)
    assert first.edited_at is None
    assert again.edited_at is not None
    assert read(shop, catalog.find_own_review, ALICE, lamp).rating == 2


def test_a_review_taken_back_counts_no_more_and_can_be_written_anew(shop, lamp):
    review = write(shop, lamp)
    with pytest.raises(NotFound):
        do(shop, catalog.withdraw_review, BEN, review.id)

    do(shop, catalog.withdraw_review, ALICE, review.id)

    assert shop.product("lamp").rating.count == 0
    assert read(shop, catalog.list_reviews, lamp) == []
    assert read(shop, catalog.find_own_review, ALICE, lamp) is None
    with pytest.raises(NotFound):
        do(shop, catalog.withdraw_review, ALICE, review.id)
    assert write(shop, lamp).state == "shown"
    assert shop.product("lamp").rating.count == 1


def test_reviews_are_sorted_filtered_and_counted_by_stars(shop, lamp):
    imported = (
        catalog.ReviewDraft("Ann", 5, "Great"),
        catalog.ReviewDraft("Bob", 1),
        catalog.ReviewDraft("Cy", 5, "Fine"),
    )
    shop.save(draft("lamp", reviews=imported))
    write(shop, lamp, rating=3)
    cy = next(each for each in read(shop, catalog.list_reviews, lamp) if each.author == "Cy")
    do(shop, catalog.vote_helpful, BEN, cy.id)

    def authors(**wish):
        return [each.author for each in read(shop, catalog.list_reviews, lamp, wish=ReviewWish(**wish))]

    assert authors()[0] == "Alice"
    assert authors(sort="helpful")[0] == "Cy"
    assert authors(sort="worst")[0] == "Bob"
    assert {*authors(sort="best")[:2]} == {"Ann", "Cy"}
    assert {*authors(stars=5)} == {"Ann", "Cy"}
    assert authors(verified=True) == ["Alice"]
    assert "Bob" not in authors(worded=True)
    assert len(authors(skip=1)) == 3
    assert read(shop, catalog.review_bars, lamp) == {5: 2, 4: 0, 3: 1, 2: 0, 1: 1}


def test_the_seller_answers_and_nobody_else(shop, lamp):
    review = write(shop, lamp)
    other = open_shop(shop.database, "Carla's Chairs")
    with pytest.raises(NotFound):
        do(shop, catalog.answer_review, other.scope, review.id, "Hello")
    with pytest.raises(Invalid, match="telephone"):
        do(shop, catalog.answer_review, shop.scope, review.id, "Call +49 30 1234567")

    answered = do(shop, catalog.answer_review, shop.scope, review.id, "Thank you!")

    assert (answered.answer, answered.answered_by) == ("Thank you!", shop.id)
    assert notices(shop, "usr_alice") == ["catalog.review_answered"]
    assert [each.review.id for each in read(shop, catalog.list_merchant_reviews, shop.scope)] == [review.id]
    assert read(shop, catalog.list_merchant_reviews, shop.scope, unanswered=True) == []
    assert read(shop, catalog.list_merchant_reviews, other.scope) == []
    assert do(shop, catalog.answer_review, shop.scope, review.id, "").answer is None


def test_a_second_seller_does_not_speak_over_the_first(shop):
    product_id = shop.save(draft("lamp", gtin="4006381333931")).products["lamp"]
    other = open_shop(shop.database, "Carla's Chairs")
    assert other.save(draft("same", gtin="4006381333931")).products["same"] == product_id
    do(shop, catalog.grant_review, "usr_alice", product_id, "sor_1")
    review = write(shop, product_id)
    do(shop, catalog.answer_review, shop.scope, review.id, "Thank you!")

    with pytest.raises(Conflict):
        do(shop, catalog.answer_review, other.scope, review.id, "Buy from me")


def test_so_many_a_day_and_no_more(shop, lamp, monkeypatch):
    monkeypatch.setattr("entrepot.catalog.reviews.A_DAY_MAX", 2)
    monkeypatch.setattr("entrepot.catalog.questions.A_DAY_MAX", 2)
    others = shop.save(draft("b"), draft("c")).products
    for product_id in (lamp, others["b"], others["c"]):
        do(shop, catalog.grant_review, "usr_alice", product_id, "sor_9")
    write(shop, lamp)
    write(shop, others["b"])
    with pytest.raises(TooMany):
        write(shop, others["c"])
    for text in ("Is it warm?", "Is it large?"):
        do(shop, catalog.ask_question, CARA, lamp, "Cara", text)
    with pytest.raises(TooMany):
        do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is it old?")


# --- votes


def test_a_vote_is_one_a_person_and_taken_back_by_the_second(shop, lamp):
    review = write(shop, lamp)
    question = do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is it warm?")

    assert do(shop, catalog.vote_helpful, BEN, review.id) == 1
    assert do(shop, catalog.vote_helpful, CARA, review.id) == 2
    assert do(shop, catalog.vote_helpful, BEN, review.id) == 1
    assert do(shop, catalog.vote_helpful, BEN, question.id) == 1
    assert read(shop, catalog.voted_for, BEN, [review.id, question.id]) == {question.id}
    assert read(shop, catalog.voted_for, Scope.public(), [review.id]) == set()
    with pytest.raises(NotAllowed):
        do(shop, catalog.vote_helpful, ALICE, review.id)
    with pytest.raises(NotSignedIn):
        do(shop, catalog.vote_helpful, Scope("ses_guest"), review.id)
    for missing in ("rev_none", "ofr_x", ""):
        with pytest.raises(NotFound):
            do(shop, catalog.vote_helpful, BEN, missing)


# --- questions


def test_a_question_is_answered_by_sellers_buyers_and_the_operator_only(shop, lamp):
    question = do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is the light warm?")
    assert notices(shop, shop.id) == ["catalog.question_asked"]

    by_buyer = do(shop, catalog.answer_question, ALICE, question.id, "Alice", "Yes, very.")
    by_seller = do(shop, catalog.answer_question, shop.scope, question.id, "Bruno's Lamps", "2700 K.")
    by_operator = do(shop, catalog.answer_question, SYSTEM, question.id, "Dana", "See the label.")
    with pytest.raises(NotAllowed):
        do(shop, catalog.answer_question, CARA, question.id, "Cara", "I guess so")

    assert (by_buyer.role, by_seller.role, by_operator.role) == ("buyer", "merchant", "operator")
    shown = read(shop, catalog.list_questions, Scope.public(), lamp)
    assert [each.role for each in shown[0].answers] == ["merchant", "operator", "buyer"]
    assert notices(shop, "usr_cara") == ["catalog.question_answered"] * 3
    assert read(shop, catalog.may_answer, ALICE, lamp)
    assert not read(shop, catalog.may_answer, CARA, lamp)


def test_sellers_see_what_waits_for_an_answer(shop, lamp):
    question = do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is the light warm?")
    waiting = read(shop, catalog.list_merchant_questions, shop.scope, unanswered=True)
    assert [(each.question.id, each.product_title) for each in waiting] == [(question.id, "Brass lamp")]

    do(shop, catalog.answer_question, shop.scope, question.id, "Bruno", "Yes")

    assert read(shop, catalog.list_merchant_questions, shop.scope, unanswered=True) == []
    assert read(shop, catalog.list_merchant_questions, open_shop(shop.database, "Other").scope) == []


def test_two_questions_become_one(shop, lamp):
    first = do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is the light warm?")
    second = do(shop, catalog.ask_question, BEN, lamp, "Ben", "How warm is the light?")
    elsewhere = do(shop, catalog.ask_question, BEN, shop.save(draft("b")).products["b"], "Ben", "Is it blue?")
    do(shop, catalog.answer_question, ALICE, second.id, "Alice", "Very.")
    for who in (ALICE, CARA):
        with pytest.raises(NotAllowed):
            do(shop, catalog.merge_questions, who, second.id, first.id)
    with pytest.raises(Invalid):
        do(shop, catalog.merge_questions, SYSTEM, second.id, elsewhere.id)

    merged = do(shop, catalog.merge_questions, shop.scope, second.id, first.id)

    assert [each.body for each in merged.answers] == ["Very."]
    assert [each.id for each in read(shop, catalog.list_questions, Scope.public(), lamp)] == [first.id]
    assert read(shop, catalog.get_question, Scope.public(), second.id).id == first.id
    with pytest.raises(NotFound):
        do(shop, catalog.merge_questions, SYSTEM, second.id, first.id)


def test_words_of_ones_own_are_taken_back(shop, lamp):
    question = do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is the light warm?")
    answer = do(shop, catalog.answer_question, ALICE, question.id, "Alice", "Very.")
    with pytest.raises(NotFound):
        do(shop, catalog.withdraw_words, BEN, answer.id)

    do(shop, catalog.withdraw_words, ALICE, answer.id)
    assert read(shop, catalog.list_questions, Scope.public(), lamp)[0].answers == ()
    do(shop, catalog.withdraw_words, CARA, question.id)
    assert read(shop, catalog.list_questions, CARA, lamp) == []


# --- moderation


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        ("Look at https://cheaper.example/lamp", ("link",)),
        ("cheaper on www.lamps.biz", ("link",)),
        ("lamp-shop.com is cheaper", ("link",)),
        ("Mail me: alice@example.org", ("link", "contact")),
        ("call 0049 170 1234567", ("contact",)),
        ("call (030) 123-456-78", ("contact",)),
        ("加我微信 lamp888", ("contact",)),
        ("WhatsApp me", ("contact",)),
        ("What an asshole", ("abuse",)),
        ("Du Arschloch", ("abuse",)),
        ("这个傻逼卖家", ("abuse",)),
        ("A good lamp, 12 W, 2700 K, 4.5 out of 5. Bought on 2025-06-01 for 49.00.", ()),
        ("Size 38 fits like 37,5; order 1234567", ()),
        ("Scunthorpe, Dickens and a classic assessment", ()),
        ("Grass green, e.g. like moss. It works", ()),
        ("", ()),
    ],
)
def test_rules_catch_addresses_contact_data_and_abuse_only(text, causes):
    assert caught_by(text) == causes


def test_what_a_rule_catches_is_held_until_the_operator_keeps_it(shop, lamp):
    review = write(shop, lamp, body="See https://cheaper.example")
    assert review.state == "held"
    assert shop.product("lamp").rating.count == 0
    assert read(shop, catalog.list_reviews, lamp) == []
    assert read(shop, catalog.find_own_review, ALICE, lamp).state == "held"
    with pytest.raises(NotFound):
        read(shop, catalog.get_review, BEN, review.id)
    case = read(shop, catalog.list_cases, SYSTEM)[0]
    assert (case.subject_id, case.causes, case.kind) == (review.id, ("link",), "review")
    assert "https://cheaper.example" in case.text
    assert len(read(shop, catalog.list_cases, SYSTEM)) == 1

    do(shop, catalog.decide, SYSTEM, review.id, "kept", "It is ours")

    assert read(shop, catalog.get_review, BEN, review.id).state == "shown"
    assert shop.product("lamp").rating.count == 1
    assert read(shop, catalog.list_cases, SYSTEM) == []
    assert notices(shop, "usr_alice") == ["catalog.words_kept"]


def test_what_is_hidden_needs_a_reason_and_comes_back_to_the_queue_when_edited(shop, lamp):
    review = write(shop, lamp)
    with pytest.raises(Invalid):
        do(shop, catalog.decide, SYSTEM, review.id, "hidden", " ")

    do(shop, catalog.decide, SYSTEM, review.id, "hidden", "Not about the lamp")

    assert shop.product("lamp").rating.count == 0
    assert notices(shop, "usr_alice") == ["catalog.words_hidden"]
    log = read(shop, identity.list_audit, SYSTEM)
    assert any(
        entry.act == "catalog.review_hidden" and entry.details["reason"] == "Not about the lamp" for entry in log
    )
    assert write(shop, lamp, body="Quite harmless now").state == "held"
    assert [each.causes for each in read(shop, catalog.list_cases, SYSTEM)] == [("again",)]
    # Once more is no way around the queue.
    assert write(shop, lamp, body="Still harmless").state == "held"
    do(shop, catalog.decide, SYSTEM, review.id, "kept", "")
    assert write(shop, lamp, body="Harmless for good").state == "shown"


def test_a_report_is_one_a_person_and_what_was_kept_stays(shop, lamp):
    review = write(shop, lamp)
    for who in (BEN, BEN, CARA):
        do(shop, catalog.report, who, review.id, "It is an advertisement")
    case = read(shop, catalog.list_cases, SYSTEM)[0]
    assert (case.causes, len(case.reports)) == (("reported",), 2)
    assert read(shop, catalog.get_review, BEN, review.id).state == "shown"  # until somebody has looked

    do(shop, catalog.decide, SYSTEM, review.id, "kept", "")
    do(shop, catalog.report, Scope("usr_dora"), review.id, "I do not like it")

    assert read(shop, catalog.list_cases, SYSTEM) == []
    with pytest.raises(NotFound):
        do(shop, catalog.report, BEN, "rev_none", "x")
    with pytest.raises(Invalid):
        do(shop, catalog.report, BEN, review.id, " ")


def test_questions_and_answers_are_held_and_decided_on_too(shop, lamp):
    question = do(shop, catalog.ask_question, CARA, lamp, "Cara", "Is www.lamps.biz yours?")
    assert question.state == "held"
    assert notices(shop, shop.id) == []
    assert read(shop, catalog.list_questions, Scope.public(), lamp) == []
    assert len(read(shop, catalog.list_questions, CARA, lamp)) == 1
    with pytest.raises(NotFound):
        do(shop, catalog.answer_question, ALICE, question.id, "Alice", "No")
    do(shop, catalog.decide, SYSTEM, question.id, "kept", "")
    assert notices(shop, shop.id) == ["catalog.question_asked"]
    answer = do(shop, catalog.answer_question, ALICE, question.id, "Alice", "Mail me@example.org")
    assert answer.state == "held"
    assert read(shop, catalog.list_questions, Scope.public(), lamp)[0].answers == ()

    do(shop, catalog.decide, SYSTEM, answer.id, "hidden", "Contact data")

    assert read(shop, catalog.list_questions, ALICE, lamp)[0].answers == ()
    kinds = {each.kind for state in ("kept", "hidden") for each in read(shop, catalog.list_cases, SYSTEM, state)}
    assert kinds == {"question", "answer"}


def test_only_the_operator_sees_the_queue_and_decides(shop, lamp):
    review = write(shop, lamp)
    for verb, args in ((catalog.list_cases, ()), (catalog.decide, (review.id, "kept", ""))):
        for who in (shop.scope, ALICE):
            with pytest.raises(NotAllowed):
                do(shop, verb, who, *args)


@pytest.mark.parametrize("text", ["a@" * 2_500, "a-" * 2_500, "a" * 5_000, "(at)" * 1_250, "1 " * 2_500])
def test_no_words_keep_the_rules_busy(text):
    """Five thousand characters of `a@` once took half a minute, in the middle of a command."""
    begun = time.thread_time()
    caught_by(text)
    assert time.thread_time() - begun < 0.25


@pytest.mark.parametrize(
    "text", ["write to bo@example.com", "bo (at) example.org", "bo [AT]example.org", "x@y@example.co.uk", "b@ex.am.ple"]
)
def test_an_address_is_caught_however_it_is_written(text):
    assert "contact" in caught_by(text)


@pytest.mark.parametrize("statement", [reviews._of_merchant, questions._of_merchant], ids=["reviews", "questions"])
def test_what_a_merchant_is_told_is_read_by_its_own_goods_and_not_through_everybodys(tmp_path, statement):
    """The plan of SQLite; the other database's depends on its statistics."""
    explain = prepare_text("EXPLAIN QUERY PLAN " + statement.sqlite)
    with closing(open_home(tmp_path, {})) as entrepot:
        plan = entrepot.database.read_now(
            lambda s: s.all(explain, merchant_id="org_x", seen_at=2**62, seen_id="", unanswered=0, most=50)
        )
    assert not [row[3] for row in plan if row[3].startswith("SCAN catalog_")]


def test_pages_of_what_bears_one_time_show_each_of_it_once(shop, lamp):
    """A feed's reviews are of a day, not of a moment: a page that ends among them goes on where it ended."""
    seen = [ReviewDraft(f"Reader {n}", 4, f"The {n}th", written_at="2025-05-01T00:00:00Z") for n in range(7)]
    shop.save(draft("lamp", reviews=tuple(seen)))
    found, last = [], None
    while page := read(shop, catalog.list_merchant_reviews, shop.scope, before=last, most=2):
        found += [each.review.author for each in page]
        last = catalog.Seen(page[-1].review.written_at, page[-1].review.id)
    assert sorted(found) == [f"Reader {n}" for n in range(7)]

    def ask(tx):
        return [
            catalog.ask_question(tx, Scope(f"usr_{n}"), lamp, "Ann", f"Is https://cheaper.example/{n} yours?")
            for n in range(5)
        ]

    asked = do(shop, ask)
    assert {each.state for each in asked} == {"held"}
    found, last = [], None
    while page := read(shop, catalog.list_cases, SYSTEM, after=last, most=2):
        found += [each.subject_id for each in page]
        last = catalog.read_seen(str(catalog.Seen(page[-1].opened_at, page[-1].subject_id)))
    assert sorted(found) == sorted(each.id for each in asked)
    assert catalog.read_seen("nonsense") is None
