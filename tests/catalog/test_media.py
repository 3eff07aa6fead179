"""A product's pictures: added, ordered, described, taken away, found alike; fetched from where a feed says they lie."""

import io
from random import Random

import pytest
from PIL import Image, ImageDraw

from entrepot import catalog
from entrepot.catalog.looks import alike, distance, look_of
from entrepot.catalog.settings import Settings
from entrepot.kernel import SECOND, Blobs, Conflict, Fetched, Invalid, NotFound, TooLarge, Unavailable
from tests.catalog.shop import draft, events, open_shop


def drawn(seed=0, size=(400, 300), format="PNG", **how):
    """A picture of its own: some shapes whose places follow from the seed."""
    image = Image.new("RGB", size, (240, 240, 235))
    draw = ImageDraw.Draw(image)
    chance, (w, h) = Random(seed), (size[0] / 9, size[1] / 8)
    for _ in range(6):
        x, y, shade = chance.randrange(8), chance.randrange(7), chance.randrange(200)
        draw.rectangle((x * w, y * h, (x + 1.8) * w, (y + 1.6) * h), fill=(shade, 40, 90))
    out = io.BytesIO()
    image.save(out, format, **how)
    return out.getvalue()


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


def do(shop, verb, *args, **kwargs):
    return shop.database.write_now(lambda tx: verb(tx, *args, **kwargs))


def read(shop, verb, *args, **kwargs):
    return shop.database.read_now(lambda s: verb(s, *args, **kwargs))


def add(shop, blobs, product_id, *seeds, **how):
    stored = [catalog.store_picture(blobs, drawn(seed)) for seed in seeds]
    do(shop, catalog.record_pictures, stored)
    do(shop, catalog.add_pictures, shop.scope, product_id, stored, **how)
    return [each.sha256 for each in stored]


def shown(shop, external_id="lamp"):
    return [picture.sha256 for picture in shop.product(external_id).pictures]


@pytest.fixture
def lamp(shop):
    return shop.save(draft("lamp")).products["lamp"]


def test_pictures_are_added_in_order_once_with_where_they_came_from(shop, blobs, lamp):
    told = len(events(shop.database))

    one, two = add(shop, blobs, lamp, 1, 2, alt="The shade", licence="CC BY 4.0")
    add(shop, blobs, lamp, 2, 3)

    kept = read(shop, catalog.list_pictures, shop.scope, lamp)
    assert shown(shop)[:2] == [one, two]
    assert len(kept) == 3
    assert (kept[0].alt, kept[0].licence, kept[0].provenance) == ("The shade", "CC BY 4.0", "upload")
    assert kept[0].added_by == shop.scope.actor
    assert kept[0].added_at
    assert ("catalog.ProductsListed", {"product_ids": [lamp], "origin": None}) in events(shop.database, told)


def test_the_first_picture_stands_for_the_product(shop, blobs, lamp):
    one, two, three = add(shop, blobs, lamp, 1, 2, 3)
    order = {each.sha256: each.position for each in read(shop, catalog.list_pictures, shop.scope, lamp)}

    do(shop, catalog.arrange_pictures, shop.scope, lamp, [order[three], order[one]])

    assert shown(shop) == [three, one, two]
    assert read(shop, catalog.list_cards, [lamp])[0].picture == three
    do(shop, catalog.remove_picture, shop.scope, lamp, order[three])
    assert read(shop, catalog.list_cards, [lamp])[0].picture == one
    with pytest.raises(NotFound):
        do(shop, catalog.arrange_pictures, shop.scope, lamp, [order[three]])
    with pytest.raises(NotFound):
        do(shop, catalog.remove_picture, shop.scope, lamp, order[three])


def test_what_was_added_by_hand_survives_the_feed(shop, blobs, lamp):
    (by_hand,) = add(shop, blobs, lamp, 7)
    fed = catalog.store_picture(blobs, drawn(8))
    do(shop, catalog.record_pictures, [fed])

    shop.save(draft("lamp", title="A finer lamp", pictures=(fed.sha256,)))

    assert set(shown(shop)) == {by_hand, fed.sha256}
    shop.save(draft("lamp", title="The finest lamp", pictures=()))
    assert shown(shop) == [by_hand]


def test_words_and_licence_of_a_picture(shop, blobs, lamp):
    add(shop, blobs, lamp, 1, licence="mine")
    position = read(shop, catalog.list_pictures, shop.scope, lamp)[0].position

    (after,) = do(shop, catalog.describe_picture, shop.scope, lamp, position, " The\x00 base ")
    assert (after.alt, after.licence) == ("The base", "mine")
    with pytest.raises(Invalid):
        do(shop, catalog.describe_picture, shop.scope, lamp, position, "x" * 501)
    with pytest.raises(NotFound):
        do(shop, catalog.describe_picture, shop.scope, lamp, 9, "x")


def test_a_variant_is_shown_by_one_of_the_products_pictures(shop, blobs, lamp):
    (one,) = add(shop, blobs, lamp, 1)
    variant = shop.product("lamp").variants[0].id

    do(shop, catalog.set_variant_picture, shop.scope, lamp, variant, one)
    assert shop.product("lamp").variants[0].picture == one
    with pytest.raises(NotFound):
        do(shop, catalog.set_variant_picture, shop.scope, lamp, variant, "f" * 64)
    with pytest.raises(NotFound):
        do(shop, catalog.set_variant_picture, shop.scope, lamp, "var_none", one)
    do(shop, catalog.remove_picture, shop.scope, lamp, 1_000)
    assert shop.product("lamp").variants[0].picture is None


def test_nobody_touches_anothers_pictures(shop, blobs, lamp):
    add(shop, blobs, lamp, 1)
    other = open_shop(shop.database, "Carla").scope
    for verb, args in (
        (catalog.list_pictures, ()), (catalog.add_pictures, ([],)), (catalog.arrange_pictures, ([1_000],)),
        (catalog.describe_picture, (1_000, "x")), (catalog.remove_picture, (1_000,)), (catalog.find_lookalikes, ()),
        (catalog.set_variant_picture, ("var", None)), (catalog.retry_pictures, ()),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            do(shop, verb, *([lamp] if verb is None else [other, lamp, *args]))


def test_pictures_of_a_product_are_bounded(shop, blobs, lamp, monkeypatch):
    monkeypatch.setattr("entrepot.catalog.media.PICTURES_MAX", 2)
    add(shop, blobs, lamp, 1, 2)
    with pytest.raises(Conflict):
        add(shop, blobs, lamp, 3)


# --- looks


def opened(content):
    return Image.open(io.BytesIO(content)).convert("RGB")


@pytest.mark.parametrize("seed", range(8))
def test_a_picture_is_known_again_in_another_size_and_compression(seed):
    original = look_of(opened(drawn(seed)))
    for again in (
        drawn(seed, size=(800, 600)), drawn(seed, size=(160, 120)), drawn(seed, format="JPEG", quality=40),
        drawn(seed, format="WEBP", quality=50),
    ):  # fmt: skip
        assert distance(original, look_of(opened(again))) <= 6


def test_other_pictures_look_otherwise():
    looks = [(str(seed), look_of(opened(drawn(seed)))) for seed in range(8)]

    assert alike(looks) == []
    assert alike([*looks, ("again", looks[3][1])]) == [("3", "again")]


def test_what_has_no_contrast_is_alike_to_nothing():
    assert look_of(Image.new("RGB", (50, 50), "white")) is None
    assert look_of(Image.new("RGBA", (50, 50), (0, 0, 0, 0))) is None


def test_duplicates_are_shown_of_the_product_and_of_the_owners_others(shop, blobs, lamp):
    other = shop.save(draft("other", title="Other lamp")).products["other"]
    small, large = (catalog.store_picture(blobs, drawn(5, size=size)) for size in ((160, 120), (800, 600)))
    do(shop, catalog.record_pictures, [small, large])
    do(shop, catalog.add_pictures, shop.scope, lamp, [small, large])
    do(shop, catalog.add_pictures, shop.scope, other, [small])
    stranger = open_shop(shop.database, "Carla")
    theirs = stranger.save(draft("theirs", pictures=(small.sha256,))).products["theirs"]

    found = read(shop, catalog.find_lookalikes, shop.scope, lamp)

    assert {(each.other_product_id, each.other_title) for each in found} == {
        (lamp, "Brass lamp"),
        (other, "Other lamp"),
    }
    assert theirs not in {each.other_product_id for each in found}


# --- what comes as a picture


def test_moving_and_huge_pictures_are_refused_with_a_sentence(blobs, monkeypatch):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    for format in ("GIF", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, format, save_all=True, append_images=frames[1:])
        with pytest.raises(Invalid, match="moves"):
            catalog.store_picture(blobs, out.getvalue())
    monkeypatch.setattr("entrepot.catalog.pictures.PIXELS_MAX", 1_000)
    with pytest.raises(TooLarge):
        catalog.store_picture(blobs, drawn())


def test_the_colours_of_print_become_those_of_the_web(blobs):
    out = io.BytesIO()
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(out, "JPEG")

    stored = catalog.store_picture(blobs, out.getvalue())

    red, green, blue = Image.open(io.BytesIO(blobs.get(stored.sha256))).convert("RGB").getpixel((20, 20))
    assert red > 180
    assert green < 90
    assert blue < 90


# --- from elsewhere


class Web:
    """The web as a fetcher sees it: what lies where, and what was asked."""

    def __init__(self, **files):
        self.files, self.asked = files, []

    def get(self, url, bounds, accept):
        self.asked.append(url)
        found = self.files.get(url.rpartition("/")[2].replace(".", "_"), Invalid("shop.example has no such file"))
        if isinstance(found, Exception):
            raise found
        return Fetched(url, 200, {}, found)


def url(name):
    return f"https://shop.example/{name}"


def test_a_feeds_picture_is_fetched_once_and_set_wherever_it_is_named(shop, blobs):
    web = Web(a_png=drawn(1), b_png=drawn(2))
    saved = shop.save(draft("one", pictures=(url("a.png"), url("b.png"))), draft("two", pictures=(url("a.png"),)))
    waiting = read(shop, catalog.list_pictures, shop.scope, saved.products["one"])
    assert [each.state for each in waiting] == ["waiting", "waiting"]

    assert catalog.fetch_due(shop.database, blobs, web) == 2

    assert sorted(web.asked) == [url("a.png"), url("b.png")]
    assert shown(shop, "one")[0] == shown(shop, "two")[0]
    assert all(shown(shop, "one"))
    assert read(shop, catalog.list_cards, [saved.products["two"]])[0].picture == shown(shop, "two")[0]
    kept = read(shop, catalog.list_pictures, shop.scope, saved.products["one"])[0]
    assert (kept.state, kept.url, kept.provenance) == ("kept", url("a.png"), "remote")
    assert catalog.fetch_due(shop.database, blobs, web) == 0


def test_what_is_known_of_an_address_is_taken_over_when_a_feed_names_it_again(shop, blobs):
    web = Web(a_png=drawn(1))
    shop.save(draft("one", pictures=(url("a.png"),)))
    catalog.fetch_due(shop.database, blobs, web)

    shop.save(draft("one", title="Said otherwise", pictures=(url("a.png"),)), draft("new", pictures=(url("a.png"),)))
    catalog.fetch_due(shop.database, blobs, web)

    assert all(shown(shop, "one"))
    assert all(shown(shop, "new"))
    assert web.asked == [url("a.png")]


def test_what_fails_is_tried_later_and_what_cannot_work_is_not(shop, blobs):
    clock = shop.database.clock
    web = Web(busy_png=Unavailable("shop.example answers 503", retry_after_s=7_200), text_png=b"no picture")
    lamp = shop.save(draft("lamp", pictures=tuple(map(url, ("busy.png", "text.png", "none.png"))))).products["lamp"]

    catalog.fetch_due(shop.database, blobs, web)
    catalog.fetch_due(shop.database, blobs, web)

    assert len(web.asked) == 3  # nothing twice at once
    states = {each.url: each for each in read(shop, catalog.list_pictures, shop.scope, lamp)}
    assert states[url("busy.png")].state == "waiting"
    assert states[url("none.png")].state == "failed"
    assert "no picture" in states[url("text.png")].failure
    clock.advance(7_000 * SECOND)
    catalog.fetch_due(shop.database, blobs, web)
    assert len(web.asked) == 3  # as long as the host asked for
    for _ in range(10):
        clock.advance(100_000 * SECOND)
        catalog.fetch_due(shop.database, blobs, web)
    assert web.asked.count(url("busy.png")) == 5

    web.files = {"busy_png": drawn(3), "text_png": drawn(4), "none_png": drawn(5)}
    assert do(shop, catalog.retry_pictures, shop.scope, lamp) == 3
    assert catalog.fetch_due(shop.database, blobs, web) == 3


def test_nothing_is_asked_where_the_operator_has_turned_it_off(shop, blobs):
    web = Web(a_png=drawn(1))
    shop.save(draft("one", pictures=(url("a.png"),)))

    class Run:
        database, closing = shop.database, False

        def progress(self, done, total):
            assert done <= total

    for setting in (False, True):
        kind = catalog.fetching.fetch_task(blobs, Settings(fetch_pictures=setting), web)
        kind.act(Run(), catalog.FetchPictures())
        assert len(web.asked) == int(setting)
