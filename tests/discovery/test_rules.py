"""An operator's rules and synonyms: written once, known to whoever searches, explained as what they do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import discovery
from entrepot.discovery import RuleDraft, SearchRequest, SynonymDraft
from entrepot.discovery.explaining import in_parts
from entrepot.discovery.rulebook import Rulebook, holds_for
from entrepot.discovery.synonyms import check_synonym
from entrepot.discovery.training import fit
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Database, Invalid, NotAllowed, NotFound, catch_up
from entrepot.kernel.testing import settle
from entrepot.signals import Signal, SignalKind
from tests.discovery.market import Shop, draft, open_shop
from tests.discovery.test_ranking import examples

LAMPS = {"red": "Red desk lamp", "blue": "Blue desk lamp", "green": "Green floor lamp", "table": "Oak table"}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    """Three lamps and a table."""
    with open_shop(database, tmp_path / "index") as shop:
        shop.products = shop.put(  # type: ignore[attr-defined]
            *(draft(code, title, 1_000 * place, brand="Acme" if place % 2 else "Bolt")
              for place, (code, title) in enumerate(LAMPS.items(), 1))
        )  # fmt: skip
        follow(shop)
        yield shop


def follow(shop: Shop) -> None:
    shop.follow()
    catch_up(shop.database, shop.searcher.rulebook)


def add(shop: Shop, action: str, *codes: str, **more: Any) -> discovery.Rule:
    products = tuple(shop.products[code] for code in codes)  # type: ignore[attr-defined]
    asked = msgspec.convert({"name": action, "action": action, "products": products, **more}, RuleDraft)
    made = shop.database.write_now(lambda tx: discovery.add_rule(tx, shop.cast.dana, asked))
    follow(shop)
    return made


def test_rules_hold_where_and_when_they_say(shop: Shop) -> None:
    now = shop.database.clock.now()
    add(shop, "pin", "green", queries=["desk lamps"], whole=True)
    assert shop.found("lamp desk")[0] == "green"
    assert "green" not in shop.found("red desk lamp")[:1]
    add(shop, "exclude", "blue", queries=["lamp"])
    assert "blue" not in shop.found("Desk LAMPS")
    assert "blue" in shop.found("blue desk")
    add(shop, "include", "table", queries=["lamp"], ends_at=now + 1)
    assert "table" in shop.found("lamp")
    shop.database.clock.advance(2)  # type: ignore[attr-defined]
    assert "table" not in shop.found("lamp")
    later = add(shop, "exclude", "red", starts_at=now + 1_000_000)
    assert "red" in shop.found("")
    shop.database.clock.advance(1_000_000)  # type: ignore[attr-defined]
    assert "red" not in shop.found("")
    shop.database.write_now(lambda tx: discovery.end_rule(tx, shop.cast.dana, later.id))
    follow(shop)
    assert "red" in shop.found("")


def test_an_exclusion_holds_for_suggestions_too(shop: Shop) -> None:
    assert [each.text for each in shop.searcher.suggest("table") if each.kind == "product"] == [LAMPS["table"]]
    add(shop, "exclude", "table")
    assert [each for each in shop.searcher.suggest("table") if each.kind == "product"] == []


def test_every_process_knows_a_rule_from_its_event(shop: Shop) -> None:
    elsewhere = Rulebook(shop.database)
    assert elsewhere.rules_for("lamp", {}, shop.database.clock.now()) == []
    rule = add(shop, "bury", "red", weight=3.0)
    assert elsewhere.rules_for("lamp", {}, shop.database.clock.now()) == []
    settle(shop.database, {})
    catch_up(shop.database, elsewhere)
    assert elsewhere.rules_for("lamp", {}, shop.database.clock.now()) == [rule]


def test_a_category_rule_holds_for_its_lists_and_those_below(shop: Shop) -> None:
    book = Rulebook(shop.database)
    rule = discovery.Rule("rul_1", RuleDraft("spread", "spread", category="home/lamps"), "usr", 0, 0, None)
    assert holds_for(rule, "", {"category": ("home/lamps/desk",)})
    assert holds_for(rule, "red", {"category": ("home/lamps",)})
    assert not holds_for(rule, "", {"category": ("home",)})
    assert not holds_for(rule, "", {"category": ("home/lamps2",)})
    assert not holds_for(rule, "", {"category": ("home/lamps", "toys")})
    assert book.rules_for("", {"category": ("home/lamps",)}, 0) == []


def test_only_the_operator_writes_rules_and_reads_them(shop: Shop) -> None:
    asked = RuleDraft("mine", "spread")
    for scope in (shop.cast.bruno, shop.cast.alice):
        for verb in (
            lambda tx, who=scope: discovery.add_rule(tx, who, asked),
            lambda tx, who=scope: discovery.list_rules(tx, who),
            lambda tx, who=scope: discovery.list_synonyms(tx, who),
            lambda tx, who=scope: discovery.add_synonym(tx, who, SynonymDraft(("a", "b"))),
            lambda tx, who=scope: discovery.weak_queries(tx, who),
        ):
            with pytest.raises(NotAllowed):
                shop.database.write_now(verb)
        with pytest.raises(NotAllowed):
            discovery.explain_page(shop.searcher, scope, SearchRequest("lamp"))
        with pytest.raises(NotAllowed):
            discovery.preview_rule(shop.searcher, scope, SearchRequest("lamp"), asked)


def test_a_rule_that_means_nothing_is_refused_by_field(shop: Shop) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"action": "pin"}, "products"),
        ({"action": "boost"}, "products"),
        ({"action": "boost", "products": ("prd_unknown",)}, "products"),
        ({"action": "spread", "category": "no/such"}, "category"),
        ({"action": "spread", "queries": ("!!",)}, "queries"),
        ({"action": "spread", "starts_at": 5, "ends_at": 5}, "ends_at"),
        ({"action": "spread", "name": "   "}, "name"),
        ({"action": "boost", "filters": {"price": ("cheap",)}}, "filter.price"),
    ]
    for more, field in wrong:
        asked = msgspec.structs.replace(RuleDraft("rule", "spread"), **more)
        with pytest.raises(Invalid) as refused:
            shop.database.write_now(lambda tx, asked=asked: discovery.add_rule(tx, shop.cast.dana, asked))
        assert field in (refused.value.fields or {})


def test_a_rule_is_changed_until_it_is_ended(shop: Shop) -> None:
    rule = add(shop, "pin", "table", queries=["lamp"])
    changed = msgspec.structs.replace(rule.draft, position=2)
    shop.database.write_now(lambda tx: discovery.change_rule(tx, shop.cast.dana, rule.id, changed))
    follow(shop)
    assert shop.found("lamp")[1] == "table"
    for _ in range(2):
        shop.database.write_now(lambda tx: discovery.end_rule(tx, shop.cast.dana, rule.id))
    with pytest.raises(Conflict):
        shop.database.write_now(lambda tx: discovery.change_rule(tx, shop.cast.dana, rule.id, changed))
    with pytest.raises(NotFound):
        shop.database.write_now(lambda tx: discovery.end_rule(tx, shop.cast.dana, "rul_unknown"))
    kept = shop.database.read_now(lambda s: discovery.list_rules(s, shop.cast.dana))
    assert [(each.id, each.state(0), each.draft.position) for each in kept] == [(rule.id, "ended", 2)]


def test_synonyms_find_by_other_words_one_way_or_both(shop: Shop) -> None:
    assert shop.found("lantern") == []
    dana = shop.cast.dana
    both = SynonymDraft(("lantern", "floor lamp"))
    kept = shop.database.write_now(lambda tx: discovery.add_synonym(tx, dana, both))
    one = SynonymDraft(("furniture",), ("table", "lamp"), "one_way", "zh")
    shop.database.write_now(lambda tx: discovery.add_synonym(tx, dana, one))
    follow(shop)
    assert shop.found("lanterns") == ["green"]
    assert shop.found("furniture") == []
    assert sorted(shop.found("furniture", language="zh")) == sorted(LAMPS)
    assert shop.found("table", language="zh") == ["table"]
    shop.database.write_now(lambda tx: discovery.end_synonym(tx, dana, kept.id))
    follow(shop)
    assert shop.found("lantern") == []
    listed = shop.database.read_now(lambda s: discovery.list_synonyms(s, dana))
    assert [each.draft for each in listed] == [one]


def test_synonyms_that_say_nothing_are_refused() -> None:
    for asked in (
        SynonymDraft(("lamp", "lamps")),
        SynonymDraft(("lamp",), (), "one_way"),
        SynonymDraft(("lamp",), ("Lamps",), "one_way"),
        SynonymDraft(("!", "lamp")),
    ):
        with pytest.raises(Invalid):
            check_synonym(asked)


def test_an_explanation_adds_up_and_says_what_dropping_a_rule_or_a_reason_does(shop: Shop) -> None:
    add(shop, "pin", "table", queries=["lamp"])
    boost = add(shop, "boost", filters={"brand": ["Bolt"]}, weight=3.0)
    add(shop, "exclude", "red", queries=["lamp"])
    asked = SearchRequest("desk lamp", limit=2)
    told = discovery.explain_page(shop.searcher, shop.cast.dana, asked)
    assert [each.hit.external_id for each in told.hits] == shop.found("desk lamp", limit=2)
    assert told.hits[0].pinned_by is not None
    assert [part.value for each in told.hits for part in each.contributions if part.name == boost.id] == [3.0, 3.0]
    assert {rule.draft.action for rule in told.rules} == {"pin", "boost", "exclude"}
    assert {effect.name for effect in told.effects} >= {rule.id for rule in told.rules} | {"text"}
    does_what_it_says(shop, asked)


def does_what_it_says(shop: Shop, asked: SearchRequest) -> discovery.Explanation:
    """An explanation whose parts add up, and whose every effect is what leaving that aside does."""
    told = discovery.explain_page(shop.searcher, shop.cast.dana, asked)
    end = asked.offset + asked.limit
    for each in told.hits:
        assert round(sum(part.value for part in each.contributions) * 10_000) == round(each.score * 10_000)
    for effect in told.effects:
        everything = msgspec.structs.replace(asked, offset=0, limit=50)
        without = discovery.explain_page(shop.searcher, shop.cast.dana, everything, [effect.name])
        assert not {part.name for each in without.hits for part in each.contributions} & {effect.name}
        places = {each.hit.id: each.place for each in without.hits}
        assert without.total == effect.total_without
        now = {each.hit.id: each.place for each in told.hits}
        claimed = {moved.id: moved.place_without for moved in effect.moved}
        for product_id, place in now.items():
            assert claimed.get(product_id, place) == places.get(product_id)
        for product_id, place in places.items():
            if asked.offset < place <= end and product_id not in now:
                assert claimed[product_id] == place
    return told


def test_a_second_page_by_a_learned_ranker_under_a_pin_is_explained_as_exactly(shop: Shop) -> None:
    pytest.importorskip("lightgbm")
    shop.searcher.index.current.scorer = fit(examples(12), "wordllama")
    add(shop, "pin", "green", queries=["lamp"], position=2)
    told = does_what_it_says(shop, SearchRequest("lamp", offset=1, limit=2))
    assert [each.place for each in told.hits] == [2, 3]
    assert told.hits[0].pinned_by is not None
    assert "price" in {effect.name for effect in told.effects}, "what only the trees look at"


def test_a_page_that_was_relaxed_is_explained_as_it_is(shop: Shop) -> None:
    add(shop, "boost", filters={"brand": ["Bolt"]}, weight=2.0)
    asked = SearchRequest("desk lamp under 5", limit=3)
    told = does_what_it_says(shop, asked)
    assert [each.hit.external_id for each in told.hits] == [h.external_id for h in shop.search(asked.q, limit=3).hits]
    assert told.hits
    mistyped = discovery.explain_page(shop.searcher, shop.cast.dana, SearchRequest("desk lmap"))
    assert mistyped.corrected == shop.search("desk lmap").corrected == "desk lamp"


def test_ending_a_rule_does_what_the_explanation_said(shop: Shop) -> None:
    rule = add(shop, "pin", "table", queries=["lamp"])
    told = discovery.explain_page(shop.searcher, shop.cast.dana, SearchRequest("lamp"))
    effect = next(each for each in told.effects if each.name == rule.id)
    shop.database.write_now(lambda tx: discovery.end_rule(tx, shop.cast.dana, rule.id))
    follow(shop)
    page = shop.search("lamp")
    assert page.total == effect.total_without == told.total - 1
    places = {hit.id: place for place, hit in enumerate(page.hits, 1)}
    assert {moved.id: moved.place_without for moved in effect.moved} == {
        each.hit.id: places.get(each.hit.id) for each in told.hits if places.get(each.hit.id) != each.place
    }


@given(st.lists(st.floats(-5, 5), max_size=12), st.floats(1e-9, 0.9))
def test_rounded_parts_still_add_up(parts: list[float], step: float) -> None:
    named = [(f"part {place}", part) for place, part in enumerate([*parts, 3.0, step])]
    score, told = in_parts(sum(part for _, part in named), named)
    assert sum(round(part.value * 10_000) for part in told) == round(score * 10_000)
    exact = dict(named)
    assert all(abs(part.value - exact[part.name]) < 0.000_2 for part in told)
    assert next(part.value for part in told if part.name == f"part {len(parts)}") == 3.0


def test_a_preview_shows_the_page_that_saving_makes(shop: Shop) -> None:
    asked = RuleDraft("try", "pin", (shop.products["table"],), queries=("lamp",))  # type: ignore[attr-defined]
    request = SearchRequest("lamp", limit=3)
    seen = discovery.preview_rule(shop.searcher, shop.cast.dana, request, asked)
    assert (seen.total, seen.total_before, seen.holds) == (4, 3, True)
    assert seen.hits[0].place_before is None
    assert len(seen.gone) == 1
    elsewhere = discovery.preview_rule(shop.searcher, shop.cast.dana, SearchRequest("oak"), asked)
    assert not elsewhere.holds
    assert elsewhere.total == elsewhere.total_before
    shop.database.write_now(lambda tx: discovery.add_rule(tx, shop.cast.dana, asked))
    follow(shop)
    assert [each.hit.external_id for each in seen.hits] == shop.found("lamp", limit=3)


def test_a_preview_of_a_change_leaves_out_the_rule_as_it_was(shop: Shop) -> None:
    rule = add(shop, "exclude", "red", queries=["lamp"])
    other = msgspec.structs.replace(rule.draft, products=(shop.products["blue"],))  # type: ignore[attr-defined]
    seen = discovery.preview_rule(shop.searcher, shop.cast.dana, SearchRequest("lamp"), other, replacing=rule.id)
    assert sorted(each.hit.external_id for each in seen.hits) == ["green", "red"]
    assert (seen.total, seen.total_before) == (2, 2)


def test_weak_searches_are_read_from_what_people_did(shop: Shop) -> None:
    for session in ("ses_1", "ses_2", "ses_3"):
        shop.search("lantern", session=session)
        found = shop.search("lamps", session=session)
        shop.search("table", session=session)
        if session == "ses_1":
            shop.search("Lamp", session=session)
        click(shop, session, shop.search("oak table", session=session))
        assert found.hits
    shop.signals.flush()
    weak = shop.database.read_now(lambda s: discovery.weak_queries(s, shop.cast.dana))
    assert [(each.query, each.sessions, each.empty) for each in weak.empty] == [("lantern", 3, 3)]
    assert {each.query for each in weak.unchosen} == {"lamps", "table"}
    assert weak.looked_at == 13


def click(shop: Shop, session: str, page: discovery.SearchPage) -> None:
    at, hit = shop.database.clock.now(), page.hits[0]
    shop.signals.add(
        Signal(kind=SignalKind.CLICK, session=session, at=at, request_id=page.request_id, product_id=hit.id)
    )


def test_a_search_without_rules_asks_for_none(shop: Shop) -> None:
    query = shop.searcher.query(SearchRequest("lamp", exact=True), "req")
    assert query.rules is None
    assert query.synonyms == ()
    assert shop.search("lamp", scope=Scope.public()).total == 3
