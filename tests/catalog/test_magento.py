"""`magento-luma`: a folder of Parquet files becomes products with variants, pictures and reviews."""

import builtins
import gzip
import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from entrepot import catalog
from entrepot.kernel import Blobs, Invalid
from tests.catalog.feeds import report, run
from tests.catalog.shop import Shop, state
from tests.tidy.tree import ROOT

pyarrow = pytest.importorskip("pyarrow", reason="reading Parquet needs the extra: pip install 'entrepot[parquet]'")

DATA = Path(os.environ.get("ENTREPOT_DATA", ROOT.parent / "shared" / "data")) / "magento-luma"


def write(folder: Path, name: str, rows: list[dict[str, Any]], **options: Any) -> None:
    import pyarrow.parquet

    folder.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / name, **options)


def jpeg(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (24, 30), colour).save(out, "JPEG")
    return out.getvalue()


def product(sku: str, **changes: Any) -> dict[str, Any]:
    return {
        "sku": sku, "product_type": "simple",
        "categories": "Default Category/Men/Tops,Default Category/Collections/Eco/New", "name": f"Hoodie {sku}",
        "description": "<p>Warm</p>", "short_description": None, "weight": "1", "price": "52",
        "url_key": None, "base_image": None, "additional_images": None, "additional_attributes": None, "qty": "100",
        "configurable_variations": None,
    } | changes  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two hoodies of which one has variants, a bag, their pictures and reviews."""
    folder = tmp_path / "luma"
    variations = "sku=H-S-Red,size=S,color=Red|sku=H-M-Red,size=M,color=Red"
    write(
        folder,
        "products.parquet",
        [
            product(
                "H", product_type="configurable", qty="0", weight=None, base_image="/h/red.jpg",
                additional_images="/h/back.jpg", configurable_variations=variations,
                additional_attributes="has_options=1,material=Wool|Fleece,eco=Yes,style=Loose, long,new=No",
            ),
            product("H-S-Red", base_image="/h/red.jpg", qty="7"),
            product("H-M-Red", base_image="/h/m.jpg", price="54.50"),
            product("lone", name="Sock&trade;", additional_images="/h/none.jpg"),
        ],
        row_group_size=2,
    )  # fmt: skip
    write(
        folder,
        "gear.parquet",
        [
            {"category": "Gear\nBags\nCollections\nNew", "name": "Duffle", "sku": "24-MB01", "price": "34", "qty": "5",
             "description": "Big", "material": "Nylon\nPolyester", "attribute_set": "Bag"},
        ],
    )  # fmt: skip
    images = {
        "/h/red.jpg": (200, 0, 0),
        "/h/back.jpg": (100, 0, 0),
        "/h/m.jpg": (50, 0, 0),
        "/m/b/mb01-blue-0.jpg": (0, 0, 200),
    }
    write(
        folder,
        "images.parquet",
        [{"path": path, "width": 24, "height": 30, "jpeg": jpeg(colour)} for path, colour in images.items()],
        row_group_size=1,
    )
    reviews = (
        "sku,rating_code,rating_value,title,review,reviewer\nH,Rating,4,Warm,Very warm,Ann\nH,Rating,x,Bad,Bad,Ben\n"
    )
    (folder / "reviews.csv.gz").write_bytes(gzip.compress(reviews.encode()))
    return folder


def test_configurable_products_get_their_simple_variants(shop: Shop, blobs: Blobs, folder: Path) -> None:
    job = run(shop, blobs, folder)
    assert (job.format, job.counts, job.done, job.total) == ("magento-luma", catalog.Counts(created=3), 5, 5)
    hoodie = shop.product("H")
    assert [(option.name, option.values) for option in hoodie.options] == [("Size", ("S", "M")), ("Color", ("Red",))]
    assert [
        (each.label, each.offers[0].external_id, each.offers[0].price_minor, each.offers[0].available)
        for each in hoodie.variants
    ] == [("S / Red", "H-S-Red", 5200, 7), ("M / Red", "H-M-Red", 5450, 100)]
    assert hoodie.variants[0].offers[0].weight_g == 454
    assert [category.slug for category in hoodie.category] == ["men", "men/tops"]
    assert hoodie.attributes == {"material": ("Wool", "Fleece"), "eco": ("yes",), "style": ("Loose, long",)}
    assert len(hoodie.pictures) == 3
    assert all(each.sha256 and blobs.has(each.sha256) and each.width == 24 for each in hoodie.pictures)
    assert [(review.author, review.origin) for review in hoodie.reviews] == [("Ann", "imported")]
    assert shop.product("lone").title == "Sock™"
    bag = shop.product("24-MB01")
    assert [category.slug for category in bag.category] == ["gear", "gear/bags"]
    assert bag.attributes == {"material": ("Nylon", "Polyester")}
    assert len(bag.pictures) == 1


def test_a_second_run_changes_nothing(shop: Shop, blobs: Blobs, folder: Path) -> None:
    run(shop, blobs, folder)
    there = state(shop)
    assert run(shop, blobs, folder, "magento").counts == catalog.Counts(unchanged=3)
    assert state(shop) == there


def test_broken_products_are_reported_and_the_others_come_in(shop: Shop, blobs: Blobs, folder: Path) -> None:
    write(
        folder,
        "products.parquet",
        [
            product("a", price="free"),
            product("", name="no sku"),
            product("b", product_type="configurable", configurable_variations="sku=absent,size=S"),
            product("c", qty="many"),
            product("d", weight="heavy"),
            product("e", price=None),
            product("f", price="0"),
            product("good"),
        ],
    )
    (folder / "gear.parquet").unlink()
    (folder / "reviews.csv.gz").unlink()
    job = run(shop, blobs, folder)
    assert job.counts == catalog.Counts(created=1, refused=7)
    assert [each.line for each in report(shop, job)] == [1, 2, 3, 4, 5, 6, 7]
    assert "absent" in report(shop, job)[2].reason


def test_a_broken_picture_is_left_out_with_a_note(shop: Shop, blobs: Blobs, folder: Path) -> None:
    write(folder, "images.parquet", [{"path": "/h/red.jpg", "width": 1, "height": 1, "jpeg": jpeg((1, 2, 3))[:80]}])
    job = run(shop, blobs, folder)
    assert job.counts == catalog.Counts(created=3, notes=1)
    assert shop.product("H").pictures == ()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("products.parquet", b"no parquet", "cannot be read"),
        ("reviews.csv.gz", b"no gzip", "cannot be unpacked"),
        ("reviews.csv.gz", gzip.compress(b"sku\n" + b"x" * 65 * 2**20, mtime=0), "more than 64 MiB"),
    ],
)
def test_a_damaged_folder_is_refused_with_a_sentence(
    shop: Shop, blobs: Blobs, folder: Path, name: str, content: bytes, sentence: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(Invalid, match=sentence):
        run(shop, blobs, folder)


def test_without_the_extra_a_sentence_names_it(
    shop: Shop, blobs: Blobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Invalid, match=r"entrepot\[parquet\]"):
        run(shop, blobs, folder)


@pytest.mark.slow
def test_the_real_sample_catalogue_imports_whole(shop: Shop, blobs: Blobs) -> None:
    if not DATA.is_dir():
        pytest.skip(f"the magento-luma data is not at {DATA}: set ENTREPOT_DATA to the folder that holds it")
    job = run(shop, blobs, DATA)
    assert job.counts == catalog.Counts(created=147 + 44)
    documents = shop.database.read_now(lambda s: catalog.iterate_documents(s, "", 1_000))
    assert sum(document.offers for document in documents) == 1_847 + 44
    assert sum(document.picture is not None for document in documents) > 150
    assert sum(document.rating.count for document in documents) > 300
    assert {"men/tops/hoodies-sweatshirts", "gear/bags"} <= {document.category for document in documents}
    for proof in catalog.PROOFS:
        assert not shop.database.read_now(proof.check).breaches, proof.name
    assert run(shop, blobs, DATA).counts == catalog.Counts(unchanged=147 + 44)
