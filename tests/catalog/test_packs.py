"""Packs: what the files say, what is wrong in a bad one, which thing a title names and what it fits."""

import tomllib
from importlib import metadata

import pytest

from entrepot.catalog.checks import CHECK_KINDS
from entrepot.catalog.packs import (
    PackFault,
    attribute_of,
    is_same_word,
    list_packs,
    loading,
    normalise,
    pack_named,
    pack_of,
    read_pack,
    same_words,
)
from entrepot.catalog.texts import code_of

PACKS = list_packs()
BY_NAME = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)


@BY_NAME
def test_a_pack_is_rich_and_speaks_two_languages(pack):
    assert len(pack.attributes) >= 30
    assert len(pack.things) >= 45
    assert sum(map(len, pack.aliases)) >= 400
    for each in (pack, *pack.attributes.values(), *pack.things.values()):
        assert each.names["en"]
        assert each.names["zh"]
    for check in pack.checks.values():
        assert check.names["en"]
        assert check.names["zh"]
        assert check.kind in CHECK_KINDS
        assert check.sentence["en"]
        assert check.sentence["zh"]


@BY_NAME
def test_what_a_thing_expects_is_known(pack):
    for thing in pack.things.values():
        for code in thing.expects:
            assert attribute_of(code, thing.category) is not None, (thing.code, code)
        assert pack_of(thing.category) is pack, thing.code


@BY_NAME
def test_every_choice_is_found_by_each_of_its_words(pack):
    for attribute in pack.attributes.values():
        for choice, words in attribute.choices.items():
            for word in words:
                found = normalise(attribute.code, word, pack.categories[0])
                assert found.key == normalise(attribute.code, choice, pack.categories[0]).key, (attribute.code, word)


@BY_NAME
def test_no_name_means_two_attributes_of_a_pack(pack):
    seen = {}
    for attribute in pack.attributes.values():
        for name in {code_of(each) for each in (attribute.code, *attribute.also)}:
            assert seen.setdefault(name, attribute.code) == attribute.code, name


@BY_NAME
def test_every_thing_is_found_by_its_own_words(pack):
    for thing in pack.things.values():
        for word in thing.words:
            found = pack.thing_of(word)
            assert found is not None, word


@pytest.mark.parametrize(
    ("title", "thing", "role"),
    [
        ("Apple iPhone 13 128GB Blue", "smartphone", "device"),
        ("Silicone Case for iPhone 13", "phone_case", "accessory"),
        ("Laptop stand, aluminium", "laptop_stand", "accessory"),
        ("HP 17.3 inch laptop 16GB RAM 512GB SSD", "laptop", "device"),
        ("55 inch TV wall mount", "mount", "accessory"),
        ("适用于华为Mate60手机壳", "phone_case", "accessory"),
        ("HP 305 ink cartridge black", "ink", "consumable"),
        ("Logitech mouse pad XL", "mouse_pad", "accessory"),
        ("Charger compatible with MacBook Pro", "charger", "accessory"),
        ("Kingston Fury DDR5 32GB kit", "ram", "part"),
        ("Dishwasher tablets, 60 pieces", None, None),
        ("Something nobody has heard of", None, None),
    ],
)
def test_an_accessory_is_told_from_the_device_it_is_for(title, thing, role):
    pack = pack_named("electronics")
    found = pack.thing_of(title)

    assert (found.code if found else None) == thing
    assert pack.role_of(title) == role


@pytest.mark.parametrize(
    ("title", "fits"),
    [
        ("Case for iPhone 13 / 13 Pro / 14, black", ("iphone 13", "iphone 13 pro", "iphone 14")),
        ("Screen protector compatible with Galaxy S24 Ultra (2 pack)", ("galaxy s24 ultra",)),
        ("Case for iPhone 15 with MagSafe", ("iphone 15",)),
        ("适用于华为Mate60手机壳", ("华为mate60",)),
        ("Hülle für iPad Air und iPad Pro", ("ipad air", "ipad pro")),
        ("Gift for mum", ()),
        ("Apple iPhone 13", ()),
    ],
)
def test_what_an_accessory_fits_is_read_from_its_title(title, fits):
    assert pack_named("electronics").fits_of(title) == fits


def test_words_that_mean_the_same():
    assert is_same_word("Notebook", "laptop")
    assert is_same_word("手机", "smartphone")
    assert not is_same_word("laptop", "tablet")
    assert same_words("no such word") == {"no such word"}


def test_a_category_has_the_pack_that_names_most_of_it():
    assert pack_of("electronics/audio/headphones").name == "electronics"
    assert pack_of("Home & Garden > Lighting > Lamps").name == "furniture"
    assert pack_of("Apparel & Accessories > Shoes").name == "fashion"
    assert pack_of("Food, Beverages & Tobacco > Beverages").name == "grocery"
    assert pack_of("vehicles/cars") is None
    assert pack_of(None) is None


HEAD = '[pack]\nname = "x"\nnames = { en = "X" }\ncategories = ["x"]\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = 1", ["[pack] is missing"]),
        (HEAD + "[attributes.a]\nnames = { en = 'A' }\nreads = 'weight'\n", ["attributes", "reads", "'weight'"]),
        (HEAD + "[attributes.a]\nnames = { en = 'A' }\nreads = 'number'\ndimensions = ['lenght']\n",
         ["attributes.a.dimensions", "'lenght'", "length"]),
        (HEAD + "[attributes.a]\nnames = { en = 'A' }\nreads = 'number'\ndimensions = ['mass']\nunit = 'cm'\n",
         ["attributes.a.unit", "'cm'"]),
        (HEAD + "[attributes.a]\nnames = { zh = '甲' }\n", ["attributes.a.names"]),
        (HEAD + "[attributes.A]\nnames = { en = 'A' }\n", ["attributes.A", "small letters"]),
        (HEAD + "[attributes.a]\nnames = { en = 'A' }\ngroup = 'none'\n", ["attributes.a.group", "'none'"]),
        (HEAD + "[attributes.a]\nnames = { en = 'A' }\nfacett = true\n", ["facett"]),
        (HEAD + "[things.t]\nnames = { en = 'T' }\nwords = []\n", ["things.t"]),
        (HEAD + "[things.t]\nnames = { en = 'T' }\nwords = ['t']\ngrams = [5, 1]\n", ["things.t", "lesser"]),
        (HEAD.replace('["x"]', '["x"]\naliases = [["one"]]'), ["aliases[0]"]),
        (HEAD + "[checks.c]\nkind = 'picture'\nnames = { en = 'P' }\nsentence = {}\n", ["checks.c.sentence"]),
        ("[pack\n", ["cannot be read"]),
    ],
)  # fmt: skip
def test_a_fault_in_a_pack_is_named_with_its_file_path_and_value(tmp_path, text, named):
    file = tmp_path / "bad.toml"
    file.write_text(text)

    with pytest.raises(PackFault) as refused:
        read_pack(file)

    for each in ("bad.toml", *named):
        assert each in refused.value.sentence


class Entry:
    def __init__(self, name, found):
        self.name, self.found = name, found

    def load(self):
        return self.found


def test_a_plug_in_is_a_path_or_a_function(tmp_path, monkeypatch):
    file = tmp_path / "music.toml"
    file.write_text(HEAD.replace('"x"', '"music"'))
    monkeypatch.setattr(metadata, "entry_points", lambda group: [Entry("music", lambda: file)])
    loading.load_packs.cache_clear()
    try:
        assert [pack.name for pack in loading.load_packs()][-1] == "music"
        monkeypatch.setattr(metadata, "entry_points", lambda group: [Entry("a", str(file)), Entry("b", str(file))])
        loading.load_packs.cache_clear()
        with pytest.raises(PackFault, match="Two packs are called 'music'"):
            loading.load_packs()
    finally:
        monkeypatch.undo()
        loading.load_packs.cache_clear()


def test_no_file_says_a_key_twice():
    for pack in PACKS:
        text = (loading.resources.files("entrepot.catalog.packs") / f"{pack.name}.toml").read_text(encoding="utf-8")
        assert tomllib.loads(text)["pack"]["name"] == pack.name
