"""Pictures as vectors: what features tell apart, what photographs teach, and a gallery that follows the catalogue."""

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from entrepot import catalog, discovery
from entrepot.catalog import store_picture
from entrepot.discovery.pictures import encoder, own, training
from entrepot.discovery.pictures.encoder import UNTRAINED, Encoders, Foreign, PictureEncoder, Projected, to_bytes
from entrepot.discovery.pictures.features import DIMENSIONS, Floats, features_of, unit
from entrepot.discovery.pictures.gallery import Gallery
from entrepot.discovery.pictures.onnx_file import to_onnx
from entrepot.discovery.pictures.own import tasks
from entrepot.discovery.pictures.projection import Projection, fit, unit_rows
from entrepot.discovery.pictures.rows import SeenPicture, next_seen, replace_seen
from entrepot.discovery.pictures.seeing import SEE_ALL, SEEN_BY
from entrepot.discovery.pictures.views import view_of
from entrepot.kernel import Blobs, Database, Invalid, NotFound, TooLarge, Workers, catch_up, write_fact
from entrepot.kernel.testing import settle
from tests.discovery.market import Shop, draft, open_shop

COLOURS = ("red", "blue", "green", "yellow", "black", "purple")


def drawn(kind: int, seed: int) -> Image.Image:
    """One of six things, somewhere before one of many walls, in one of many lights."""
    random = Random(f"{kind} {seed}")
    wall = tuple(random.randrange(60, 255) for _ in range(3))
    image = Image.new("RGB", (160, 150), wall)
    left, top, size = random.randrange(10, 50), random.randrange(10, 40), random.randrange(60, 90)
    box = (left, top, left + size, top + size * (1 + kind % 3) // 2)
    draw = ImageDraw.Draw(image)
    (draw.ellipse if kind < 3 else draw.rectangle)(box, fill=COLOURS[random.randrange(6)])
    for step in range(4 + kind):
        draw.line((left, top + 8 * step, left + size, top + 8 * step), fill="white", width=1 + kind)
    return image


def as_file(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def lesson() -> tuple[Floats, list[str]]:
    """Twelve pictures of each of the six."""
    pairs = [(drawn(kind, seed), str(kind)) for seed in range(12) for kind in range(6)]
    return np.stack([features_of(image) for image, _ in pairs]), [label for _, label in pairs]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_features_have_unit_length_and_do_not_depend_on_size(mode: str) -> None:
    image = drawn(1, 1).convert(mode)
    one, larger = features_of(image), features_of(image.resize((640, 600), Image.Resampling.BICUBIC))
    assert one.shape == (DIMENSIONS,)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert one @ larger > 0.9
    assert one @ larger > one @ features_of(drawn(5, 9))


def test_a_picture_without_anything_in_it_has_features_too() -> None:
    for size in ((1, 1), (1, 400), (300, 2)):
        assert np.isfinite(features_of(Image.new("RGB", size, "white"))).all()


def test_photographs_teach_what_makes_pictures_of_a_thing_alike(lesson: tuple[Floats, list[str]]) -> None:
    before, after = training.compare(*lesson, len(lesson[1]))
    assert after > before
    projection = fit(*lesson)
    assert projection.weights.shape[0] == DIMENSIONS
    assert np.linalg.norm(projection.apply(lesson[0]), axis=1) == pytest.approx(1, abs=1e-5)


def test_too_few_photographs_are_refused() -> None:
    rows = np.eye(4, DIMENSIONS, dtype=np.float32)
    for labels in (["a"] * 4, ["a", "b", "c", "d"]):
        with pytest.raises(Invalid):
            fit(rows, labels)


def test_labels_that_mean_nothing_change_nothing(lesson: tuple[Floats, list[str]]) -> None:
    """What was learned from shuffled labels does not find what is kept aside much better than chance does."""
    labels = lesson[1][:]
    Random(3).shuffle(labels)
    _, after = training.compare(lesson[0], labels, len(labels))
    assert after < 0.35


def test_the_onnx_file_gives_what_the_arrays_give(lesson: tuple[Floats, list[str]], tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    projection = fit(*lesson)
    session = onnxruntime.InferenceSession(to_onnx(projection), providers=["CPUExecutionProvider"])
    given_by_onnx = session.run(None, {"features": lesson[0]})[0]
    assert given_by_onnx == pytest.approx(projection.apply(lesson[0]), abs=1e-5)
    again = encoder.read_arrays(encoder.write_arrays(projection))
    assert (again.apply(lesson[0]) == projection.apply(lesson[0])).all()


def test_without_onnxruntime_a_trained_encoder_gives_the_same(
    lesson: tuple[Floats, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs, images = Blobs(tmp_path), [drawn(2, 77), drawn(4, 78)]
    trained = training.keep(blobs, fit(*lesson), 72, 6)
    with_it = Projected(blobs, trained).encode(images)
    monkeypatch.setattr(encoder, "open_session", lambda path: None)
    assert Projected(blobs, trained).encode(images) == pytest.approx(with_it, abs=1e-5)


def test_a_setting_that_names_no_encoder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no file"):
        Foreign(tmp_path / "nothing.onnx")
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(Invalid, match="no ONNX model"):
        Foreign(tmp_path / "text.onnx")


@given(st.integers(0, 2**32 - 1), st.integers(1, 64))
def test_bytes_keep_the_likeness_of_vectors(seed: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    rows = unit_rows(random.normal(size=(2, columns)).astype(np.float32))
    kept = to_bytes(rows).astype(np.float32) / 127
    assert float(kept[0] @ kept[1]) == pytest.approx(float(rows[0] @ rows[1]), abs=0.1)


class Pictured:
    """A shop whose goods have pictures, and what looks at them."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self.blobs = Blobs(folder / "blobs")
        self.settings = discovery.Settings()
        self.search = discovery.PictureSearch(
            shop.database, self.blobs, shop.searcher, shop.meter, self.settings, folder / "photos"
        )
        self.kinds = tasks(self.blobs, self.search.encoders, shop.meter, self.settings)
        self.products = shop.put(*(draft(f"thing {kind}", f"Thing {kind}") for kind in range(6)))
        for kind in range(6):
            self.picture(kind, drawn(kind, 0))
        self.settle()

    def picture(self, kind: int, image: Image.Image) -> None:
        product, bruno = self.products[f"thing {kind}"], self.shop.cast.bruno
        stored = store_picture(self.blobs, as_file(image))
        self.shop.database.write_now(lambda tx: catalog.record_pictures(tx, [stored]))
        self.shop.database.write_now(lambda tx: catalog.add_pictures(tx, bruno, product, [stored]))

    def settle(self) -> None:
        workers = Workers(self.shop.database, self.kinds, "test")
        settle(self.shop.database, discovery.reactions())
        while workers.drain():
            settle(self.shop.database, discovery.reactions())
        self.shop.follow()
        catch_up(self.shop.database, self.search.gallery)

    def fresh(self) -> PictureEncoder:
        """What serves now, taken up at once."""
        self.search.encoders = Encoders(self.shop.database, self.blobs, self.settings)
        self.kinds = tasks(self.blobs, self.search.encoders, self.shop.meter, self.settings)
        return self.search.encoders.current()

    def seen(self) -> list[SeenPicture]:
        """All that any encoder saw."""
        names = (UNTRAINED, self.search.encoders.current().name)
        return [row for name in set(names) for row in self.shop.database.read_now(lambda s: next_seen(s, name, "", 99))]  # noqa: B023

    def tend(self) -> None:
        """What the schedule has done every quarter of an hour."""
        self.shop.database.write_now(lambda tx: tx.enqueue(own.TEND, own.TendPictures()))
        self.settle()

    def first(self, image: Image.Image) -> str:
        name = self.search.see(as_file(image))
        page = self.search.search(self.shop.cast.alice, name, discovery.SearchRequest(limit=1))
        return page.hits[0].external_id


@pytest.fixture
def pictured(database: Database, tmp_path: Path) -> Iterator[Pictured]:
    with open_shop(database, tmp_path / "index") as shop:
        yield Pictured(shop, tmp_path)


def test_a_gallery_follows_the_catalogue_and_a_new_encoder(pictured: Pictured, tmp_path: Path) -> None:
    assert [pictured.first(drawn(kind, 0)) for kind in range(6)] == [f"thing {kind}" for kind in range(6)]
    database, product = pictured.shop.database, pictured.products["thing 3"]
    [kept] = database.read_now(lambda s: catalog.list_pictures(s, pictured.shop.cast.bruno, product))
    database.write_now(lambda tx: catalog.remove_picture(tx, pictured.shop.cast.bruno, product, kept.position))
    pictured.picture(3, Image.new("RGB", (90, 90), "orange"))
    pictured.settle()
    assert pictured.first(Image.new("RGB", (80, 80), "orange")) == "thing 3"
    assert pictured.first(drawn(3, 0)) != "thing 3"
    another = Gallery(database)
    vector = pictured.search.encoders.current().encode([Image.new("RGB", (80, 80), "orange")])[0]
    near = another.nearest(UNTRAINED, vector, 10)
    assert near == pictured.search.gallery.nearest(UNTRAINED, vector, 10)
    assert near[0][0] == product
    assert len({each for each, _ in near}) == len(near) == 6


def test_training_promotes_what_is_better_and_forgetting_goes_back(pictured: Pictured, tmp_path: Path) -> None:
    photos = tmp_path / "photos to learn from"
    for kind in range(6):
        folder = photos / (pictured.products["thing 0"] if kind == 0 else f"kind {kind}")
        folder.mkdir(parents=True)
        for seed in range(1, 10):
            (folder / f"{seed}.png").write_bytes(as_file(drawn(kind, seed)))
    (photos / "kind 1" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    (photos / "kind 1" / "notes.txt").write_text("no picture, and not asked to be one")
    database, meter = pictured.shop.database, pictured.shop.meter
    lesson = training.train(database, pictured.blobs, meter, photos)
    assert (lesson.photos, lesson.labels, lesson.unreadable) == (54, 6, ("kind 1/broken.jpg",))
    assert lesson.trained is not None
    assert lesson.after > lesson.before
    assert pictured.fresh().name == UNTRAINED, "until the catalogue was seen by it"
    pictured.settle()
    assert pictured.fresh().name == lesson.trained.name
    assert pictured.first(drawn(2, 0)) == "thing 2"
    again = training.train(database, pictured.blobs, meter, photos)
    assert again.before > lesson.before, "compared with what serves"
    database.write_now(own.forget_lessons)
    pictured.settle()
    assert pictured.fresh().name == UNTRAINED
    assert pictured.first(drawn(2, 0)) == "thing 2"
    assert {each.encoder for each in pictured.seen()} == {UNTRAINED}


def test_photographs_are_refused_gone_after_an_hour_and_not_told_apart_by_guesses(
    pictured: Pictured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TooLarge):
        pictured.search.see(b"\xff" * (catalog_bytes_max() + 1))
    with pytest.raises(Invalid):
        pictured.search.see(as_file(drawn(1, 1))[:300])
    name = pictured.search.see(as_file(drawn(1, 1)))
    assert pictured.search.photo(name).encoder == UNTRAINED
    for wrong in ("", "../serve", name[:-1], name.upper() if name.upper() != name else "0" * 32):
        with pytest.raises(NotFound):
            pictured.search.photo(wrong)
    monkeypatch.setattr("entrepot.discovery.pictures.photos.KEPT_S", 0)
    with pytest.raises(NotFound):
        pictured.search.photo(name)


def catalog_bytes_max() -> int:
    from entrepot.catalog.pictures import BYTES_MAX

    return BYTES_MAX


def test_seeing_everything_goes_on_where_it_was_stopped(pictured: Pictured) -> None:
    assert pictured.kinds[1].name == SEE_ALL
    projection = Projection(np.zeros(DIMENSIONS, np.float32), np.eye(DIMENSIONS, 8, dtype=np.float32))
    trained = training.keep(pictured.blobs, projection, 0, 0)
    pictured.shop.database.write_now(lambda tx: training.use_encoder(tx, trained))
    pictured.settle()
    assert pictured.fresh().name == trained.name
    vector = pictured.search.encoders.current().encode([drawn(0, 0)])[0]
    assert len(pictured.search.gallery.nearest(trained.name, vector, 10)) == 6


def test_what_differs_between_views_of_one_thing_counts_little_for_others_too() -> None:
    """Things differ in some directions; light, the larger part, moves all of them in others."""
    random = np.random.default_rng(5)
    rows, labels = [], list[str]()
    for number in range(40):
        thing = np.concatenate((random.normal(size=20), np.zeros(4)))
        lights = np.concatenate((np.zeros((5, 20)), 6 * random.normal(size=(5, 4))), axis=1)
        rows += [unit(thing + light + 0.5 * random.normal(size=24)) for light in lights]
        labels += [str(number)] * 5
    before, after = own.compare(np.array(rows, np.float32), labels)
    assert before < 0.6
    assert after > before + 0.2


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (240, 180)])
def test_a_view_differs_from_its_picture_and_from_the_next_but_not_by_chance(size: tuple[int, int]) -> None:
    image = drawn(1, 1).resize(size)
    first, again, other = (view_of(image, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(features_of(first), features_of(again))
    assert not np.array_equal(features_of(first), features_of(other))
    assert np.isfinite(features_of(first)).all()


def test_the_catalogues_own_pictures_teach_once_there_are_enough(
    pictured: Pictured, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = pictured.shop.database
    pictured.tend()
    assert pictured.fresh().name == UNTRAINED, "six pictures are too few"
    monkeypatch.setattr(own, "PICTURES_LEAST", 6)
    monkeypatch.setattr(own, "compare", lambda features, labels: (0.9, 0.5))
    pictured.tend()
    assert pictured.fresh().name == UNTRAINED
    lesson = database.read_now(own.find_lesson)
    assert lesson is not None
    assert not lesson.used
    assert lesson.catalogue == 6
    database.write_now(own.forget_lessons)
    monkeypatch.setattr(own, "compare", lambda features, labels: (0.5, 0.9))
    pictured.settle()
    pictured.tend()
    assert pictured.fresh().name != UNTRAINED
    assert [pictured.first(drawn(kind, 0)) for kind in range(6)] == [f"thing {kind}" for kind in range(6)]
    name = pictured.search.encoders.current().name
    pictured.tend()
    assert pictured.fresh().name == name, "the same pictures do not teach twice"


def test_another_encoder_sees_the_catalogue_without_being_asked(pictured: Pictured) -> None:
    pictured.tend()
    database, product = pictured.shop.database, pictured.products["thing 1"]
    database.write_now(lambda tx: replace_seen(tx, [product], UNTRAINED, []))
    database.write_now(lambda tx: write_fact(tx, SEEN_BY, "another"))
    pictured.tend()
    assert {each.product_id for each in pictured.seen()} == set(pictured.products.values())
