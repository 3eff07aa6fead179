"""A public taxonomy loaded from its folder, and the operator's hands on the tree."""

import gzip
import json
import os
from pathlib import Path

import pytest

from entrepot import catalog
from entrepot.kernel import Conflict, Invalid, NotAllowed, NotFound
from tests.catalog.shop import SYSTEM, draft

CATEGORIES = """id,path,path_zh,parent_id,level,leaf
el,Electronics,电子产品,,0,False
el-1,Electronics > Audio,电子产品 > 音频,el,1,False
el-1-1,Electronics > Audio > Headphones & Headsets,电子产品 > 音频 > 耳机,el-1,2,True
el-2,Electronics > Laptops,电子产品 > 笔记本电脑,el,1,True
"""
GOOGLE = """shopify_path,google_path
Electronics > Audio > Headphones & Headsets,Electronics > Audio > Audio Components > Headphones
Electronics > Laptops,Electronics > Computers > Laptops
Electronics,Electronics
"""
ATTRIBUTES = {"attributes": [{"name": "Wearing style", "handle": "wearing-style", "values": [{"name": "Over ear"}]},
                             {"name": "Color", "handle": "color", "values": [{"name": "Black"}]}]}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    with gzip.open(tmp_path / "some_categories.csv.gz", "wt", encoding="utf-8") as file:
        file.write(CATEGORIES)
    (tmp_path / "some_to_google.csv").write_text(GOOGLE)
    (tmp_path / "some_attributes.json").write_text(json.dumps(ATTRIBUTES))
    return tmp_path


def load(shop, folder, **how):
    return catalog.load_taxonomy(shop.database, SYSTEM, catalog.read_taxonomy(folder), **how)


def slug_of_(shop, id):
    return shop.database.read_now(lambda s: catalog.get_category(s, id)).slug if id else None


def mapped(shop, *texts):
    found = shop.database.read_now(lambda s: catalog.map_categories(s, shop.id, texts))
    return {text: slug_of_(shop, id) for text, id in found.items()}


def everything(shop):
    return (
        shop.database.read_now(catalog.list_categories),
        shop.database.read_now(catalog.list_attributes),
    )


def test_loading_makes_categories_in_both_languages_and_may_be_repeated(shop, folder):
    said = []

    loaded = load(shop, folder, progress=lambda *step: said.append(step))
    once = everything(shop)
    load(shop, folder)

    assert (loaded.categories, loaded.attributes) == (4, 2)
    assert ("categories", 4, 4) in said
    assert everything(shop) == once
    headphones = shop.database.read_now(lambda s: catalog.get_category(s, "electronics/audio/headphones-headsets"))
    assert headphones.names == {"en": "Headphones & Headsets", "zh": "耳机"}
    style = {each.code: each for each in once[1]}["wearing_style"]
    assert style.names["en"] == "Wearing style"


def test_an_attribute_that_somebody_defined_stays_as_it_was(shop, folder):
    mine = catalog.AttributeDefinition("color", "choice", {"en": "Colour of mine"}, facet=True)
    shop.database.write_now(lambda tx: catalog.save_attributes(tx, SYSTEM, [mine]))

    load(shop, folder)

    assert mine in shop.database.read_now(catalog.list_attributes)


def test_feeds_find_it_by_path_leaf_language_alias_and_googles_words(shop, folder):
    load(shop, folder)

    assert mapped(
        shop,
        "Electronics > Audio > Headphones & Headsets", "electronics/laptops", "Laptops", "电子产品 > 音频 > 耳机",
        "Electronics > Audio > Audio Components > Headphones", "Electronics > Computers > Laptops", "Notebooks",
        "ELECTRONICS  >  audio", "Garden > Gnomes", "",
    ) == {
        "Electronics > Audio > Headphones & Headsets": "electronics/audio/headphones-headsets",
        "electronics/laptops": "electronics/laptops",
        "Laptops": "electronics/laptops",
        "电子产品 > 音频 > 耳机": "electronics/audio/headphones-headsets",
        "Electronics > Audio > Audio Components > Headphones": "electronics/audio/headphones-headsets",
        "Electronics > Computers > Laptops": "electronics/laptops",
        "Notebooks": "electronics/laptops",
        "ELECTRONICS  >  audio": "electronics/audio",
        "Garden > Gnomes": None,
        "": None,
    }  # fmt: skip
    shop.save(
        draft("phones", category="Electronics > Audio > Audio Components > Headphones"),
        draft("n", category="笔记本电脑"),
    )
    assert shop.product("phones").category[-1].slug == "electronics/audio/headphones-headsets"


def test_in_place_of_ours_products_move_and_old_categories_go(shop, folder):
    ours = ["computing/laptops", "computing/abacuses"]
    shop.database.write_now(
        lambda tx: catalog.save_categories(tx, SYSTEM, [catalog.CategoryDraft(slug, {"en": slug}) for slug in ours])
    )
    shop.save(draft("laptop", category=ours[0]), draft("abacus", category=ours[1]))

    loaded = load(shop, folder, replace=True)

    assert loaded.products_moved == 1
    assert loaded.categories_removed == 1  # what holds an abacus stays, and its parent with it
    assert shop.product("laptop").category[-1].slug == "electronics/laptops"
    assert shop.product("abacus").category[-1].slug == "computing/abacuses"
    assert mapped(shop, "computing/laptops") == {"computing/laptops": "electronics/laptops"}
    assert slug_of_(shop, "computing/laptops") == "electronics/laptops"
    assert load(shop, folder, replace=True).products_moved == 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x_categories.csv", "id,path\n1,\n", "line 2"),
        ("x_categories.csv", "id,path\n1," + " > ".join("abcdefghij") + "\n", "line 2"),
        ("x_categories.csv", "id,path\n", "no category"),
        ("x_categories.csv", 'id,path\n1,"open\n', "no table"),
        ("x_categories.csv.gz", "not packed", "cannot be read"),
        ("other.csv", "id,path\n1,a\n", "no file"),
    ],
)
def test_a_folder_that_is_none_is_refused_with_file_and_line(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(Invalid, match=says):
        catalog.read_taxonomy(tmp_path)


def test_a_packed_file_that_bursts_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("entrepot.catalog.taxonomy.FILE_BYTES_MAX", 1_000)
    with gzip.open(tmp_path / "x_categories.csv.gz", "wb") as file:
        file.write(b"id,path\n" + b"0" * 10_000)
    with pytest.raises(Invalid, match="more than"):
        catalog.read_taxonomy(tmp_path)


def test_only_the_operator_arranges(shop, folder):
    load(shop, folder)
    for verb in (
        lambda tx: catalog.rename_category(tx, shop.scope, "electronics", {"en": "X"}),
        lambda tx: catalog.move_category(tx, shop.scope, "electronics/laptops", None),
        lambda tx: catalog.merge_categories(tx, shop.scope, "electronics/laptops", "electronics"),
        lambda tx: catalog.list_brought(tx, shop.scope),
        lambda tx: catalog.settle_brought(tx, shop.scope, {}),
    ):
        with pytest.raises(NotAllowed):
            shop.database.write_now(verb)
    with pytest.raises(NotAllowed):
        catalog.load_taxonomy(shop.database, shop.scope, catalog.read_taxonomy(folder))


def arrange(shop, verb, *args):
    return shop.database.write_now(lambda tx: verb(tx, SYSTEM, *args))


def test_a_category_is_renamed_and_its_path_stays(shop, folder):
    load(shop, folder)

    renamed = arrange(shop, catalog.rename_category, "electronics/laptops", {"en": "Notebooks", "zh": ""})

    assert (renamed.slug, renamed.names["en"], renamed.names["zh"]) == (
        "electronics/laptops",
        "Notebooks",
        "笔记本电脑",
    )
    with pytest.raises(Invalid):
        arrange(shop, catalog.rename_category, "electronics/laptops", {"en": " "})


def test_a_category_moves_with_all_below_it_and_old_paths_lead_there(shop, folder):
    load(shop, folder)
    shop.save(draft("h", category="electronics/audio/headphones-headsets"))

    arrange(shop, catalog.move_category, "electronics/audio", None)

    assert shop.product("h").category[-1].slug == "audio/headphones-headsets"
    assert [each.slug for each in shop.product("h").category] == ["audio", "audio/headphones-headsets"]
    assert slug_of_(shop, "electronics/audio/headphones-headsets") == "audio/headphones-headsets"
    assert mapped(shop, "electronics/audio") == {"electronics/audio": "audio"}
    with pytest.raises(Invalid, match="under itself"):
        arrange(shop, catalog.move_category, "audio", "audio/headphones-headsets")
    arrange(shop, catalog.move_category, "audio", "electronics")
    assert shop.product("h").category[-1].slug == "electronics/audio/headphones-headsets"


def test_a_move_onto_another_of_that_name_is_a_conflict(shop, folder):
    load(shop, folder)
    arrange(shop, catalog.save_categories, [catalog.CategoryDraft("laptops", {"en": "Laptops"})])

    with pytest.raises(Conflict):
        arrange(shop, catalog.move_category, "electronics/laptops", None)


def test_two_categories_become_one_with_children_products_and_names(shop, folder):
    load(shop, folder)
    arrange(shop, catalog.save_categories, [catalog.CategoryDraft("sound/headphones-headsets", {"en": "H"}),
                                            catalog.CategoryDraft("sound/radios", {"en": "Radios"})])  # fmt: skip
    shop.save(
        draft("a", category="sound/headphones-headsets"),
        draft("b", category="sound/radios"),
        draft("c", category="sound"),
    )

    arrange(shop, catalog.merge_categories, "sound", "electronics/audio")

    assert shop.product("a").category[-1].slug == "electronics/audio/headphones-headsets"
    assert shop.product("b").category[-1].slug == "electronics/audio/radios"
    assert shop.product("c").category[-1].slug == "electronics/audio"
    assert slug_of_(shop, "sound") == "electronics/audio"
    assert mapped(shop, "sound/radios") == {"sound/radios": "electronics/audio/radios"}
    with pytest.raises(Invalid):
        arrange(shop, catalog.merge_categories, "electronics", "electronics/audio")
    with pytest.raises(NotFound):
        arrange(shop, catalog.merge_categories, "nowhere", "electronics")


def test_what_feeds_brought_is_settled_in_bulk_and_remembered(shop, folder):
    load(shop, folder)
    shop.save(
        draft("a", category="Mobile Sound > Kopfhörer neu"),
        draft("b", category="Gnomes"),
        draft("c", category="Shop > Notebooks"),
    )
    found = shop.database.read_now(lambda s: catalog.list_brought(s, SYSTEM))
    by_slug = {each.slug: each for each in found}

    assert by_slug["mobile-sound/kopfhorer-neu"].products == 1
    assert by_slug["mobile-sound/kopfhorer-neu"].merchant_name == "Bruno's Lamps"
    assert by_slug["shop/notebooks"].suggested.slug == "electronics/laptops"
    audio = shop.database.read_now(lambda s: catalog.get_category(s, "electronics/audio"))
    gnomes = by_slug["gnomes"]
    choices = {by_slug["mobile-sound/kopfhorer-neu"].id: audio.id, gnomes.id: gnomes.id}

    assert arrange(shop, catalog.settle_brought, choices) == 2
    assert shop.product("a").category[-1].slug == "electronics/audio"
    left = {each.slug for each in shop.database.read_now(lambda s: catalog.list_brought(s, SYSTEM))}
    assert "gnomes" not in left
    assert "mobile-sound/kopfhorer-neu" not in left
    shop.save(draft("d", category="Mobile Sound > Kopfhörer neu"))
    assert shop.product("d").category[-1].slug == "electronics/audio"
    with pytest.raises(NotFound):
        arrange(shop, catalog.settle_brought, {audio.id: gnomes.id})


def test_categories_are_found_by_words_and_listed_level_by_level(shop, folder):
    load(shop, folder)
    shop.save(draft("h", category="electronics/laptops"))

    found = shop.database.read_now(lambda s: catalog.find_categories(s, "laptop"))
    top = shop.database.read_now(lambda s: catalog.list_children(s, None))
    below = shop.database.read_now(lambda s: catalog.list_children(s, top[0][0].id))

    assert [each.slug for each in found] == ["electronics/laptops"]
    assert [(each.slug, count) for each, count in top] == [("electronics", 0)]
    assert [(each.slug, count) for each, count in below] == [("electronics/audio", 0), ("electronics/laptops", 1)]


REAL = Path(os.environ.get("ENTREPOT_DATA") or Path(__file__).parents[3] / "shared" / "data") / "product-taxonomy"


@pytest.mark.skipif(not REAL.is_dir(), reason="the public taxonomy is not at hand")
def test_the_public_taxonomy_is_read_whole():
    taxonomy = catalog.read_taxonomy(REAL)

    assert len(taxonomy.categories) > 10_000
    assert len(taxonomy.google) > 10_000
    assert len(taxonomy.attributes) > 1_000
    assert all(each.paths["zh"] for each in taxonomy.categories)
