"""Reviews, questions, pictures, moderation and categories, as pages and as JSON."""

import io
from random import Random

import pytest
from PIL import Image, ImageDraw

from entrepot import catalog
from tests.orders.market import CUP, LAMP
from tests.web.visitors import PAGE


@pytest.fixture(scope="module")
def lamp(market):
    """Bruno's lamp, which Alice has bought and received."""
    product_id = market.products[LAMP]
    market.do(catalog.grant_review, market.cast.alice.actor, product_id, "sor_1")
    return market.see(catalog.get_product, product_id)


def page(visitor, path):
    answer = visitor.get(path, headers=PAGE)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def png(seed=1):
    image = Image.new("RGB", (300, 200), "white")
    draw, chance = ImageDraw.Draw(image), Random(seed)
    for _ in range(6):
        x, y = chance.randrange(250), chance.randrange(150)
        draw.rectangle((x, y, x + 60, y + 50), fill=(chance.randrange(200), 30, 90))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_review_from_writing_to_answer_and_vote(alice, bruno, bea, nobody, lamp):
    at = f"/p/{lamp.slug}"
    assert alice.form(f"{at}/reviews", rating="4", title="Warm light", body="Stands well").status_code == 303
    shown = page(nobody, at)
    assert "Warm light" in shown
    assert "star-bars" in shown
    review = alice.get(f"/api/products/{lamp.id}").json()["reviews"][0]
    assert bruno.form(f"/merchant/reviews/{review['id']}/answer", body="Thank you, Alice").status_code == 303
    assert "Thank you, Alice" in page(nobody, at)
    assert "Warm light" in page(bruno, "/merchant/voices?all=1")
    assert "Warm light" not in page(bruno, "/merchant/voices")
    assert bea.form(f"/merchant/reviews/{review['id']}/answer", body="Mine is better").status_code in (400, 404)
    assert bea.form(f"{at}/voices/{review['id']}/helpful").status_code == 303
    assert bea.post(f"/api/voices/{review['id']}/helpful").json() == {"helpful": 0}
    assert alice.post(f"/api/voices/{review['id']}/helpful").status_code == 403
    assert "Warm light" in page(nobody, f"{at}?reviews=worst&stars=4&verified=1&worded=1")
    assert "Stands well<" not in page(nobody, f"{at}?stars=5")
    assert "Warm light" in page(nobody, f"{at}?reviews=nonsense&stars=9&from=-3&from=x")


def test_a_question_is_asked_held_decided_answered_and_merged(alice, bruno, bea, dana, nobody, lamp):
    at = f"/p/{lamp.slug}"
    assert bea.form(f"{at}/questions", body="Is www.cheaper-lamps.biz yours?").status_code == 303
    assert "cheaper-lamps" not in page(nobody, at)
    queue = page(dana, "/operator/moderation")
    assert "cheaper-lamps" in queue
    case = dana.get("/api/operator/moderation").json()["items"][0]
    assert dana.form(f"/operator/moderation/{case['subject_id']}", decision="hidden", reason="").status_code == 400
    assert (
        dana.form(f"/operator/moderation/{case['subject_id']}", decision="hidden", reason="A link").status_code == 303
    )
    assert "cheaper-lamps" in page(dana, "/operator/moderation?status=hidden")

    first = bea.post(f"/api/products/{lamp.id}/questions", {"body": "How warm is the light?"}).json()
    second = bea.post(f"/api/products/{lamp.id}/questions", {"body": "Is the light warm?"}).json()
    assert "How warm is the light?" in page(bruno, "/merchant/voices")
    assert bruno.form(f"/merchant/questions/{first['id']}/answer", body="2700 K").status_code == 303
    assert alice.post(f"/api/questions/{first['id']}/answers", {"body": "Cosy"}).status_code == 201
    assert bea.post(f"/api/questions/{first['id']}/answers", {"body": "A guess"}).status_code == 403
    assert bruno.form(f"/merchant/questions/{second['id']}/merge", into=first["id"]).status_code == 303
    shown = page(nobody, at)
    assert "2700 K" in shown
    assert "Is the light warm?" not in shown
    listed = nobody.get(f"/api/products/{lamp.id}/questions").json()["items"]
    assert [answer["role"] for answer in listed[0]["answers"]] == ["merchant", "buyer"]


def test_words_are_reported_and_taken_back(alice, bea, dana, lamp):
    question = bea.post(f"/api/products/{lamp.id}/questions", {"body": "Does it hum?"}).json()
    assert alice.form(f"/p/{lamp.slug}/voices/{question['id']}/report", reason="Spam").status_code == 303
    assert "Spam" in page(dana, "/operator/moderation")
    assert dana.post(f"/api/operator/moderation/{question['id']}", {"decision": "kept"}).status_code == 201
    assert alice.change("DELETE", f"/api/voices/{question['id']}").status_code == 404
    assert bea.change("DELETE", f"/api/voices/{question['id']}").status_code == 200


def test_markup_in_what_people_write_is_text(bea, alice, dana, nobody, lamp):
    bad = "<script>alert(1)</script>"
    question = bea.post(f"/api/products/{lamp.id}/questions", {"body": f"Is it {bad}?"}).json()
    alice.post(f"/api/voices/{question['id']}/reports", {"reason": bad})
    for visitor, path in ((nobody, f"/p/{lamp.slug}"), (dana, "/operator/moderation")):
        shown = page(visitor, path)
        assert bad not in shown
        assert "&lt;script&gt;" in shown


def listing_of(market, name):
    scope = market.merchant_of(name)
    product_id = market.products[name]
    return next(each for each in market.see(catalog.list_listings, scope) if each.product_id == product_id)


def test_pictures_are_uploaded_ordered_described_and_removed(bruno, bea, nobody, market, lamp):
    listing = listing_of(market, LAMP)
    at = f"/merchant/listings/{listing.id}/media"
    assert "quality" in page(bruno, at)
    token = bruno.refresh()
    files = [("pictures", (f"{n}.png", png(n), "image/png")) for n in (1, 2)]
    data = {"_csrf": token, "alt": "The lamp <b>", "licence": "Own photo"}
    sent = bruno.client.post(at, data=data, files=files, headers=PAGE)
    assert sent.status_code == 303, sent.text[:500]
    kept = bruno.get(f"/api/merchant/products/{lamp.id}/pictures").json()["items"]
    assert [(each["alt"], each["licence"]) for each in kept] == [("The lamp <b>", "Own photo")] * 2
    shown = page(nobody, f"/p/{lamp.slug}")
    assert kept[0]["sha256"] in shown
    first, second = (each["position"] for each in kept)
    assert bruno.form(f"{at}/order", position=str(second), step="-1").status_code == 303
    assert bruno.form(f"{at}/order", order=f"{first},{second},junk").status_code == 303
    assert bruno.form(f"{at}/describe", position=str(first), alt="From above").status_code == 303
    order = {"order": [second, first]}
    now = bruno.put(f"/api/merchant/products/{lamp.id}/pictures", order).json()["items"]
    assert [each["position"] for each in now] == [second, first]
    assert "From above" in page(bruno, at)
    assert bruno.form(f"{at}/remove", position=str(second)).status_code == 303
    assert bruno.form(f"{at}/remove", position="99999").status_code == 404
    for visitor_path in (at, f"/api/merchant/products/{lamp.id}/pictures"):
        assert bea.get(visitor_path, headers=PAGE).status_code == 404


@pytest.mark.parametrize("content", [b"no picture", b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_refused_beside_the_form(bruno, market, lamp, content):
    at = f"/merchant/listings/{listing_of(market, LAMP).id}/media"
    data = {"_csrf": bruno.refresh()}
    sent = bruno.client.post(at, data=data, files=[("pictures", ("a.png", content, "image/png"))], headers=PAGE)
    assert sent.status_code == 400
    assert "a.png" in sent.text


def test_the_quality_of_a_listing_is_told_as_json(bruno, bea, market):
    listing = listing_of(market, LAMP)
    quality = bruno.get(f"/api/merchant/listings/{listing.id}/quality").json()
    assert 0 <= quality["score"] <= 100
    assert quality["lines"]
    assert bea.get(f"/api/merchant/listings/{listing.id}/quality").status_code == 404


def test_the_operator_arranges_the_tree(dana, bruno, market):
    made = market.do(
        catalog.save_categories,
        market.cast.dana,
        [catalog.CategoryDraft("living/light", {"en": "Light"}), catalog.CategoryDraft("living/cups", {"en": "Cups"})],
    )
    light = made["living/light"]
    assert "Light" in page(dana, "/operator/taxonomy?at=living")
    assert "living/light" in page(dana, "/operator/taxonomy?q=light")
    assert dana.form(f"/operator/taxonomy/{light}/rename", name_en="Lights", name_zh="灯").status_code == 303
    assert dana.form(f"/operator/taxonomy/{light}/move", place="").status_code == 303
    assert dana.form(f"/operator/taxonomy/{light}/move", place="light").status_code == 400
    moved = market.see(catalog.get_category, light)
    assert (moved.slug, moved.names["zh"]) == ("light", "灯")
    assert dana.form(f"/operator/taxonomy/{light}/merge", place="living").status_code == 303
    assert dana.get("/operator/taxonomy?at=nowhere", headers=PAGE).status_code == 404
    assert bruno.get("/operator/taxonomy", headers=PAGE).status_code in (403, 404)


def test_what_feeds_brought_is_settled_in_bulk(dana, bea, market):
    draft = catalog.ProductDraft(
        external_id="mug", title="Mug", category="Drinkware > Mugs", variants=(catalog.VariantDraft(900, "USD"),)
    )
    market.do(catalog.save_products, market.bea, market.bea.organisation, [draft], None)
    ours = market.do(catalog.save_categories, market.cast.dana, [catalog.CategoryDraft("table/mugs", {"en": "Mugs"})])
    brought = {each["slug"]: each for each in dana.get("/api/operator/categories/brought").json()["items"]}
    mugs = brought["drinkware/mugs"]
    assert mugs["suggested"]["id"] == ours["table/mugs"]
    assert "drinkware/mugs" in page(dana, "/operator/taxonomy")
    sent = {f"means.{mugs['id']}": "", f"path.{mugs['id']}": "table/mugs"}
    assert dana.form("/operator/taxonomy/brought", **sent).status_code == 303
    left = {each["slug"] for each in dana.get("/api/operator/categories/brought").json()["items"]}
    assert "drinkware/mugs" not in left
    again = {"choices": {mugs["id"]: ours["table/mugs"]}}
    assert dana.post("/api/operator/categories/brought", again).status_code == 404


def test_attributes_are_renamed_by_the_operator(dana, market):
    mine = catalog.AttributeDefinition("glow", "choice", {"en": "Glow"})
    market.do(catalog.save_attributes, market.cast.dana, [mine])
    assert "glow" in page(dana, "/operator/taxonomy")
    fields = {"code": "glow", "name_en": "Shine", "name_zh": "光泽", "unit": "", "facet": "on"}
    assert dana.form("/operator/taxonomy/attributes", **fields).status_code == 303
    after = {each.code: each for each in market.see(catalog.list_attributes)}["glow"]
    assert (after.names, after.facet) == ({"en": "Shine", "zh": "光泽"}, True)
    assert dana.form("/operator/taxonomy/attributes", code="none", name_en="X").status_code == 400


def test_specifications_stand_in_groups_with_units(nobody, market):
    draft = catalog.ProductDraft(
        external_id="phone", title="A phone", category="electronics/phones/smartphones",
        attributes={"Storage": "256 GB", "screen_size": 6.1, "Weight": "170 g", "oddity": "yes"},
        variants=(catalog.VariantDraft(90_000, "USD"),),
    )  # fmt: skip
    saved = market.do(catalog.save_products, market.bea, market.bea.organisation, [draft], None)
    view = market.see(catalog.get_product, saved.products["phone"])
    shown = page(nobody, f"/p/{view.slug}")
    for part in ("256 GB", "6.1 in", "170 g", "Display", "Processor and memory", "Oddity"):
        assert part in shown
    assert CUP in market.products
