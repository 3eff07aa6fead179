"""What a title says that is sold: the thing, its role, and what it fits."""

import pytest

from entrepot.discovery.types import ROLE, THING
from entrepot.discovery.understanding.goods import FITS, terms_of_title


def told(title: str, name: str) -> tuple[str, ...]:
    return tuple(value for each, value in terms_of_title(title, "") if each == name)


@pytest.mark.parametrize(
    ("title", "thing", "role"),
    [
        ("V7 battery for select Lenovo laptops", (), ("accessory",)),
        ("MicroSaver keyed laptop lock", (), ("accessory",)),
        ("Monitor cable DVI-HDMI 3 m", ("cable",), ("accessory",)),
        ("Virtual reality set for select cell phones", (), ("accessory",)),
        ("Clear screen protector Mobile phone/Smartphone 1 pc(s)", ("screen_protector",), ("accessory",)),
        ("Cover iPad 9.7 blue", (), ("accessory",)),
        ("EliteBook 6930p Notebook PC", ("laptop",), ("device",)),
        ("TCG400 notebook case 16 inch Briefcase Black", ("laptop_bag",), ("accessory",)),
        ("Micro SDHC Card 8 GB + Adapter", ("memory_card",), ("accessory",)),
        ("DR-7000 printer drum Original", (), ("accessory",)),
        ("Stand mixer 5 l", ("blender",), ("device",)),
        ("Backpack for a 15 inch laptop", ("backpack",), ("device",)),
        ("ThinkCentre 8 GB DDR4-SDRAM 256 GB SSD black PC", ("desktop",), ("device",)),
        ("A400 256 GB SSD", ("ssd",), ("part",)),
        ("Phone holder with a clamp", ("mount",), ("accessory",)),
        ("Cordless phone with two handsets", ("landline",), ("device",)),
        ("Galaxy J3 prepaid phone 16GB", ("smartphone",), ("device",)),
        ("Handy garden hose 20 m", ("garden_tool",), ("device",)),
        ("Hose für Herren", ("trousers",), ("device",)),
        ("Canvas tote bag, 12 pc", ("handbag",), ("device",)),
    ],
)
def test_the_thing_of_a_title_is_what_is_sold(title: str, thing: tuple[str, ...], role: tuple[str, ...]) -> None:
    assert told(title, THING) == thing
    assert told(title, ROLE) == role


@pytest.mark.parametrize(
    ("title", "fits"),
    [
        ("Tough case for Apple® iPhone® 7 Plus - Iridescent", ("iphone 7 plus",)),
        ("Case for Apple iPhone SE, 5s and 5 - White", ("iphone se", "iphone 5s", "iphone 5")),
        ("Hard shell for Samsung Galaxy Note 5 Cell Phones - Clear/Silver", ("galaxy note 5",)),
        ("Protector for iPhone 6 Plus, 6s Plus and 7 Plus", ("iphone 6 plus", "iphone 6s plus", "iphone 7 plus")),
        ("Case for iPad 2, iPad 3 and iPad 4", ("ipad 2", "ipad 3", "ipad 4")),
        ("Toner for HP LaserJet 1020", ("laserjet 1020",)),
        ("Armband for most cell phones", ()),
    ],
)
def test_what_a_thing_fits_is_told_model_by_model(title: str, fits: tuple[str, ...]) -> None:
    assert told(title, FITS) == fits


@pytest.mark.parametrize(
    ("title", "fits", "role"),
    [
        ("SD6000 dock station Tablet Gray", "surface go", ("accessory",)),
        ("Lens cap Black Digital camera", "canon eos 60d, eos 80d", ("accessory",)),
        ("SlimShell DLM63086/10", "iphone 13 / 13 pro", ("accessory",)),
        ("Laptop 15 inch", "", ("device",)),
        ("Wireless keyboard", "pc", ("device",)),
        ("Wireless keyboard", "Windows 10, macOS 12", ("device",)),
        ("Backpack 20 l", "laptop", ("device",)),
        ("A400 240 GB SSD", "macbook pro 2012", ("part",)),
        ("SlimShell DLM63086/10", "universal", ()),
    ],
)
def test_what_a_seller_says_that_it_fits_tells_what_it_is_for(title: str, fits: str, role: tuple[str, ...]) -> None:
    told = terms_of_title(title, "", (fits,) if fits else ())
    assert tuple(value for name, value in told if name == ROLE) == role


def test_a_model_that_a_seller_names_says_nothing_of_the_thing() -> None:
    for title in ("Wireless keyboard", "SlimShell DLM63086/10", "Phone holder with a clamp"):
        plain, fitting = terms_of_title(title, ""), terms_of_title(title, "", ("iphone 13",))
        assert [pair for pair in plain if pair[0] == THING] == [pair for pair in fitting if pair[0] == THING]
