"""The operator's pages of search, and their JSON twins: what is written there is what shoppers get."""

import re
from collections.abc import Callable, Iterator

import msgspec
import pytest

from entrepot import discovery
from entrepot.app import Entrepot
from entrepot.discovery.pictures.encoder import FACT, Trained
from entrepot.discovery.pictures.own import TAUGHT, OwnLesson
from entrepot.kernel import write_fact
from entrepot.kernel.testing import settle
from tests.orders.market import CUP, LAMP, Market
from tests.web.visitors import Visitor

RULES = "/api/operator/search/rules"


@pytest.fixture
def no_rules(entrepot: Entrepot, market: Market) -> Iterator[None]:
    """Rules of one test are none of the next's."""
    yield
    for rule in market.see(discovery.list_rules, market.cast.dana):
        market.do(discovery.end_rule, market.cast.dana, rule.id)
    for each in market.see(discovery.list_synonyms, market.cast.dana):
        market.do(discovery.end_synonym, market.cast.dana, each.id)
    entrepot.searcher.rulebook.refresh()


def shown(visitor: Visitor, q: str, **more: str) -> list[str]:
    page = visitor.get("/api/search", params={"q": q, **more}).json()
    return [hit["external_id"] for hit in page["hits"]]


def test_a_rule_is_written_previewed_and_ended_on_the_page(
    no_rules: None, dana: Visitor, nobody: Visitor, market: Market
) -> None:
    assert "No rules yet" in dana.get("/operator/search").text
    fields = {"name": "Cups for lamps", "action": "pin", "products": market.products[CUP], "queries": "lamp"}
    seen = dana.form("/operator/search/rules", **fields, q="lamp", do="preview")
    assert seen.status_code == 200
    assert "New on this page" in seen.text
    assert CUP not in shown(nobody, "lamp")
    saved = dana.form("/operator/search/rules", **fields)
    assert saved.status_code == 303
    assert shown(nobody, "lamp")[0] == CUP
    assert CUP not in shown(nobody, "lamp", sort="price")
    page = dana.get("/operator/search").text
    assert "Cups for lamps" in page
    rule_id = re.search(r"/operator/search/rules/(rul_\w+)\"", page)[1]  # type: ignore[index]
    changed = dana.form("/operator/search/rules", **{**fields, "id": rule_id, "action": "exclude"})
    assert changed.status_code == 303
    assert "Cups for lamps" in dana.get(f"/operator/search/rules/{rule_id}").text
    assert dana.form(f"/operator/search/rules/{rule_id}/end").status_code == 303
    assert "Ended" in dana.get("/operator/search").text


def test_what_does_not_fit_is_said_beside_its_field(dana: Visitor) -> None:
    page = dana.form("/operator/search/rules", name="x", action="pin", products="nothing-here")
    assert page.status_code == 400
    assert "There is no product" in page.text
    for fields in (
        {"weight": "much"},
        {"action": "sing"},
        {"position": "0"},
        {"filters": "Acme"},
        {"ends_at": "never"},
    ):
        page = dana.form("/operator/search/rules", **{"name": "x", "action": "spread", **fields})
        assert page.status_code == 400, fields
        assert 'role="alert"' in page.text


def test_synonyms_are_added_and_ended_on_the_page(no_rules: None, dana: Visitor, nobody: Visitor) -> None:
    assert shown(nobody, "luminary") == []
    assert dana.form("/operator/search/synonyms", words="luminary, lamp").status_code == 303
    assert LAMP in shown(nobody, "luminary")
    page = dana.get("/operator/search/synonyms").text
    synonym_id = re.search(r"/synonyms/(syn_\w+)/end", page)[1]  # type: ignore[index]
    assert dana.form(f"/operator/search/synonyms/{synonym_id}/end").status_code == 303
    assert shown(nobody, "luminary") == []
    assert dana.form("/operator/search/synonyms", words="lamp, lamps").status_code == 400


def test_a_page_is_explained_and_parts_can_be_left_aside(no_rules: None, dana: Visitor, market: Market) -> None:
    made = dana.post(
        RULES, {"name": "Up", "action": "boost", "products": [market.products[LAMP]], "weight": 2.5}
    ).json()
    told = dana.get("/api/operator/search/explain", params={"q": "lamp"}).json()
    hit = next(each for each in told["hits"] if each["hit"]["id"] == market.products[LAMP])
    assert {"name": made["id"], "value": 2.5} in hit["contributions"]
    assert round(sum(part["value"] for part in hit["contributions"]), 4) == hit["score"]
    page = dana.get("/operator/search/explain", params={"q": "lamp"})
    assert "It is the thing that was asked for" in page.text
    assert "<strong>subject</strong>" not in page.text
    assert page.status_code == 200
    assert "Up" in page.text
    without = dana.get("/operator/search/explain", params={"q": "lamp", "without": made["id"]})
    assert without.status_code == 200
    less = dana.get("/api/operator/search/explain", params={"q": "lamp", "without": f"{made['id']},text"}).json()
    assert less["without"] == sorted([made["id"], "text"])
    assert dana.get("/operator/search/explain", params={"q": "zzzz", "sort": "price", "lang": "zh"}).status_code == 200
    dana.get("/operator/search", params={"lang": "en"})  # a language that was chosen stays


def test_the_page_says_what_search_by_photo_was_taught_by(no_rules: None, entrepot: Entrepot, dana: Visitor) -> None:
    trained = Trained("pictures-x", "0" * 64, "0" * 64, 8, 0, 50, own=True)
    lessons = (
        (None, None, "nothing has to be done"),
        (trained, OwnLesson(50, 51, 0.46, 0.63, used=True), "63% of the time, 46% before"),
        (None, OwnLesson(50, 51, 0.6, 0.5, used=False), "50% against 60%"),
        (msgspec.structs.replace(trained, photos=1_200, own=False), None, "1,200 photos of 50 things"),
    )
    try:
        for kept, lesson, sentence in lessons:
            entrepot.database.write_now(lambda tx: (write_fact(tx, FACT, kept), write_fact(tx, TAUGHT, lesson)))  # noqa: B023
            assert sentence in dana.get("/operator/search").text
    finally:
        entrepot.database.write_now(lambda tx: (write_fact(tx, FACT, None), write_fact(tx, TAUGHT, None)))


def test_weak_searches_lead_to_a_rule_and_a_synonym(
    entrepot: Entrepot, dana: Visitor, visit: Callable[[], Visitor], market: Market
) -> None:
    guest = visit()
    guest.post("/api/cart/lines", {"offer_id": market.offers[LAMP], "quantity": 1})  # begins a session
    guest.put("/api/cart/lines", {"offer_id": market.offers[LAMP], "quantity": 1})
    guest.get("/search", params={"q": "submarine"})
    entrepot.signals.flush()
    weak = dana.get("/api/operator/search/weak").json()
    assert [each["query"] for each in weak["empty"]] == ["submarine"]
    page = dana.get("/operator/search/weak").text
    assert "/operator/search/synonyms?q=submarine" in page
    assert "rules/new?action=include&amp;q=submarine" in page
    assert 'value="submarine"' in dana.get("/operator/search/synonyms?q=submarine").text
    assert "submarine" in dana.get("/operator/search/rules/new?action=include&q=submarine").text


def test_the_api_keeps_changes_and_previews(no_rules: None, dana: Visitor, nobody: Visitor, market: Market) -> None:
    draft = {"name": "No cups", "action": "exclude", "products": [market.products[CUP]]}
    seen = dana.post("/api/operator/search/preview", {"rule": draft, "q": "cup"}).json()
    assert seen["total"] == seen["total_before"] - 1
    made = dana.post(RULES, draft, key="rule-1").json()
    assert dana.post(RULES, draft, key="rule-1").json()["id"] == made["id"]
    settle(market.database, {})
    assert CUP not in shown(nobody, "cup")
    changed = dana.change("PUT", f"{RULES}/{made['id']}", {**draft, "queries": ["plate"]}).json()
    assert changed["draft"]["queries"] == ["plate"]
    assert dana.get(f"{RULES}/{made['id']}").json() == changed
    assert dana.post(f"{RULES}/{made['id']}/end").json()["ended_at"]
    assert made["id"] in [each["id"] for each in dana.get(RULES).json()["items"]]
    assert dana.post(RULES, {**draft, "surprise": 1}).status_code == 400


def test_nobody_else_sees_or_writes_any_of_it(alice: Visitor, nobody: Visitor) -> None:
    for path in ("rules", "synonyms", "weak", "explain"):
        assert alice.get(f"/api/operator/search/{path}").status_code == 403
        assert nobody.get(f"/api/operator/search/{path}").status_code == 401
    assert alice.post(RULES, {"name": "x", "action": "spread"}).status_code == 403
