"""What values mean: numbers, units, ranges, sizes, colours, yes and no."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalog.packs import normalise, normalise_all
from entrepot.catalog.values import (
    DIMENSIONS,
    Measure,
    convert_size,
    family_of,
    find_unit,
    read_boolean,
    read_clothing_size,
    read_number,
    read_quantity,
    read_shoe_size,
    unit_of,
    written,
)

SAME = [
    ("storage", ["1 TB", "1000 GB", "1tb", "1,000 GB", "1.000 TB", "１ ＴＢ", "1 terabyte"]),
    ("ram", ["8 GB", "8192 MB", "8GB", "8 GiB", "8"]),
    ("volume", ["1,5 l", "1.5 L", "1500 ml", "150 cl", "1½ l", "1 1/2 litres", "1500"]),
    ("screen_size", ['15.6"', "15,6 Zoll", "15.6 in", "39.6 cm", "15.6-inch"[:4] + " inch", "15.6"]),
    ("weight", ["1.5 kg", "1,5 kg", "1500 g", "1 500 g", "1,500 g", "1.5 公斤", "3 斤"]),
    ("width", ['1 1/2"', "1½ in", '1.5"', "38.1 mm"]),
    ("duration", ["1 h 30 min", "1h30min", "90 min", "1,5 h", "5400 s"]),
    ("power", ["1.5 kW", "1500 W", "1,500 watts", "1500"]),
    ("temperature", ["-18 °C", "−18 ℃", "-0.4 °F", "-18"]),
    ("resolution", ["3840 x 2160", "3840×2160 px", "4K", "UHD", "2160p"]),
    ("dimensions", ["5 x 10 cm", "5×10 cm", "5 cm x 10 cm", "50 x 100 mm", "5 * 10", "0.05 x 0.1 m"]),
    ("frequency", ["2.4 GHz", "2,4 GHz", "2400 MHz"]),
    ("noise_cancelling", ["yes", "Ja", "oui", "✓", "是", "true", True]),
    ("microphone", ["no", "Nein", "non", "无", "false", False]),
    ("color", ["Grey", "gray", "Grau", "灰色", "Anthrazit", "Space Grey"]),
    ("material", ["Stainless Steel", "Edelstahl", "inox", "不锈钢"]),
    ("size", ["XL", "x-large", "Extra Large", "1XL", "加大号"]),
    ("shoe_size", ["EU 42", "42 EU", "Men's US 9", "UK 8 men", "eur 42"]),
    ("warranty", ["2 years", "24 months", "2 Jahre"]),
    ("current", ["5 A", "5000 mA"]),
]


@pytest.mark.parametrize(("name", "ways"), SAME)
def test_what_means_the_same_has_one_key(name, ways):
    assert {normalise(name, way).key for way in ways} == {normalise(name, ways[0]).key}
    assert normalise(name, ways[0]).kind != "text" or name == "shoe_size"


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("storage", "1 TB", "1 TiB"),
        ("power", "5 mW", "5 MW"),
        ("x", "007", "7"),
        ("x", "1.10", "1.1"),
        ("shoe_size", "US 9", "EU 42"),
        ("size", "US 6", "EU 36"),
        ("x", True, 1),
        ("dimensions", "5 x 10 cm", "10 x 5 cm"),
        ("net_content", "6 x 330 ml", "1.98 l"),
        ("color", "black/white", "black"),
        ("storage", "10-20 GB", "10 GB"),
    ],
)
def test_what_differs_has_another_key(name, one, other):
    assert normalise(name, one).key != normalise(name, other).key


@pytest.mark.parametrize(
    "text", ["5 apples", "W 10 x H 20 cm", "5G", "iPhone 5s", "size 5", "10 or 20 cm", "> 5 kg", "5 kg 3 cm", "", "x",
             "1/0 kg", "9/4 in", "5 mw", "1,2,3 kg", "1..2..3 cm", "5 kg each", "1e5 kg", "٣"],
)  # fmt: skip
def test_what_is_not_certain_stays_text(text):
    value = normalise("something unheard of", text)

    assert value.kind == "text"
    assert value.label == text


def test_words_are_kept_as_given_and_numbers_sort():
    values = sorted(
        (normalise("storage", text) for text in ("1 TB", "64GB", "512 Go", "128 gb")), key=lambda v: v.order
    )

    assert [value.label for value in values] == ["64GB", "128 gb", "1 TB", "512 Go"]  # Go is no unit here: text, last
    assert values[2].number == Decimal(1000)
    assert values[2].unit == "GB"


def test_sizes_by_letters_sort_from_small_to_large():
    labels = ["XXL", "S", "M", "XS", "L", "XL"]

    ordered = sorted(labels, key=lambda label: normalise("size", label).order)

    assert ordered == ["XS", "S", "M", "L", "XL", "XXL"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("1 234,5", "1234.5"), ("1'234.5", "1234.5"),
        ("1\u202f234", "1234"), ("1,234", "1234"), ("1.234", "1.234"), ("0,125", "0.125"), ("1.234.567", "1234567"),
        ("½", "0.5"), ("2¾", "2.75"), ("1-1/2", "1.5"), ("-3", "-3"), (".5", "0.5"), ("１２", "12"),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, number):
    assert read_number(text) == Fraction(number)


@pytest.mark.parametrize("text", ["", "-", "1,2,3", "1/0", "abc", "1.2.3", "12 3", "9" * 40, "1/7", "٣", "²"])
def test_what_is_no_number_is_none(text):
    assert read_number(text) is None


def test_of_two_readings_the_plausible_one_is_taken():
    litres = Measure(("volume",), "l", (Fraction(0), Fraction(100)))
    watts = Measure(("power",), "W", (Fraction(100), Fraction(5000)))

    assert read_quantity("1,500 l", litres).numbers == (Fraction("1.5"),)
    assert read_quantity("1.500 W", watts).numbers == (Fraction(1500),)
    assert read_quantity("9999", watts) is None  # a bare number that is not plausible


def test_a_range_and_a_multipack_say_so():
    assert normalise("width", "10 – 20 cm").key == "10..20 cm"
    assert normalise("width", "von 10 bis 20 cm").key == "10..20 cm"
    assert normalise("width", "20 - 10 cm").kind == "text"
    many = normalise("net_content", "6 x 330 ml", "grocery/drinks")
    assert (many.kind, many.key, many.number) == ("multiple", "6 x 330 ml", Decimal(1980))


def test_a_colour_of_two_is_two_for_filters():
    assert [value.key for value in normalise_all("color", "Black / White")] == ["black", "white"]
    assert normalise("color", "Black / White").key == "multicolor"
    assert normalise("color", "Sunset over Venice").kind == "text"
    assert family_of("Midnight Blue") == "navy"


def test_the_category_decides_what_a_name_means():
    assert normalise("size", "500 g", "grocery/snacks").unit == "g"
    assert normalise("Größe", "160 x 200 cm", "furniture/bedroom/beds").key == "160 x 200 cm"
    assert normalise("capacity", "20 l", "fashion/bags/backpacks").key == "20 l"
    assert normalise("storage", "chilled", "grocery/dairy").key == "chilled"


def test_sizes_convert_only_where_system_and_department_are_known():
    assert convert_size("shoes", "men", "uk", "8", "eu") == "42"
    assert convert_size("clothing", "women", "uk", "10", "eu") == "38"
    assert convert_size("shoes", "children", "uk", "8", "eu") is None
    assert convert_size("shoes", "men", "uk", "99", "eu") is None
    assert read_clothing_size("Damen UK 10") == "eu 38"
    assert read_clothing_size("W32/L34") == read_clothing_size("32/34") == "w32 l34"
    assert read_clothing_size("38") is None
    assert read_shoe_size("8 1/2 UK") == "uk 8.5"


def test_every_row_of_the_size_tables_goes_both_ways():
    from entrepot.catalog.values.data import read_data

    for kind in ("shoes", "clothing"):
        for department, table in read_data("sizes.toml")[kind].items():
            for row in table["rows"]:
                for place, system in enumerate(table["systems"]):
                    there = convert_size(kind, department, "eu", row[0], system)
                    assert there == row[place]
                    assert convert_size(kind, department, system, there, "eu") == row[0]


def test_yes_and_no_are_never_both():
    from entrepot.catalog.values.data import plain, read_data

    words = read_data("words.toml")["boolean"]
    assert not {plain(word) for word in words["yes"]} & {plain(word) for word in words["no"]}
    assert read_boolean("maybe") is None


NUMBERS = st.fractions(min_value=0, max_value=10**6, max_denominator=64)
UNITS = [
    (dimension, symbol)
    for dimension in sorted(DIMENSIONS)
    for symbol in unit_of.__globals__["_dimensions"]()[dimension].units
]


@given(st.sampled_from(UNITS), st.integers(0, 10**6))
def test_every_unit_is_read_back_in_its_dimension(unit, number):
    dimension, symbol = unit
    read = read_quantity(f"{number} {symbol}", Measure((dimension,)))

    assert read is not None
    assert read.unit == unit_of(dimension).symbol
    assert read.numbers == (unit_of(dimension, symbol).to_base(Fraction(number)),)


@given(st.sampled_from(UNITS), st.decimals(0, 10**5, places=2))
def test_comma_or_point_space_or_none_mean_the_same(unit, number):
    dimension, symbol = unit
    ways = [
        f"{number} {symbol}",
        f"{number}{symbol}",
        f"{str(number).replace('.', ',')} {symbol}",
        f"  {number}  {symbol} ",
    ]

    read = {read_quantity(way, Measure((dimension,))) for way in ways}

    assert len(read) == 1
    assert None not in read


ANY_TEXT = st.one_of(
    st.text(max_size=40),
    st.builds("{}{} {}".format, st.sampled_from(["", "ca. ", "-", "up to "]), st.decimals(0, 10**4, places=1),
              st.sampled_from([symbol for _, symbol in UNITS])),
    st.builds("{} {} {} {}".format, st.integers(0, 999), st.sampled_from(["x", "-", "to", "/"]), st.integers(0, 999),
              st.sampled_from(["cm", "kg", "ml", "GB", '"', ""])),
)  # fmt: skip
NAMES = st.sampled_from(
    ["storage", "screen_size", "color", "size", "shoe_size", "material", "weight", "noise_cancelling", "net_content",
     "dimensions", "temperature", "resolution", "capacity", "warranty", "whatever", "energy_class", "alcohol"]
)  # fmt: skip


@given(NAMES, ANY_TEXT)
def test_a_key_means_itself(name, text):
    value = normalise(name, text)

    assert value.label == text
    assert normalise(name, value.key).key == value.key


@given(NAMES, st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=True), st.booleans()))
def test_any_scalar_is_read_without_fault(name, value):
    assert normalise(name, value).key


@given(st.text(max_size=200))
def test_any_text_is_read_without_fault(text):
    for dimension in ("length", "temperature", "storage"):
        read_quantity(text, Measure((dimension,)))
    read_quantity(text, Measure())
    find_unit(text)


@given(NUMBERS)
def test_written_numbers_are_plain_and_stable(number):
    text = written(number)

    assert "e" not in text.lower()
    assert abs(Fraction(text) - number) <= Fraction(1, 2 * 10**6)
    assert written(Fraction(text)) == text
