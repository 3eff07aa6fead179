"""A file of sheets says what the sheets say, and a wrong row names its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from entrepot import deliver
from entrepot.deliver import SheetTerms, Surcharge, ZoneRate
from entrepot.kernel import Database, Invalid
from tests.deliver import parcels as p

HEAD = "sheet,kind,currency,places,up_to_g,price,days_min,days_max,free_over\n"


def read(database: Database, text: str) -> list[deliver.RateSheet]:
    return database.write_now(lambda tx: deliver.read_sheets(tx, p.BRUNO, text))


def write(database: Database) -> str:
    return database.read_now(lambda s: deliver.write_sheets(s, p.BRUNO))


def sheets(database: Database) -> list[deliver.RateSheet]:
    return database.read_now(lambda s: deliver.list_rate_sheets(s, p.BRUNO))


def test_sheets_survive_the_way_through_a_file(database: Database) -> None:
    zone = database.write_now(lambda tx: deliver.save_zone(tx, p.BRUNO, "Islands", ("DE:18565", "US/New York")))
    closed = database.write_now(lambda tx: deliver.save_zone(tx, p.BRUNO, "Closed", ("DE:9*",)))
    terms = SheetTerms(
        zones=(ZoneRate(zone.id, ((2_000, 9_90), (9_000, 20_00)), 4, 9), ZoneRate(closed.id)), divisor_cm3_per_kg=5_000,
        surcharges=(Surcharge("Bulky", 5_00, over_longest_mm=1_200),),
    )  # fmt: skip
    p.save(database, structs.replace(p.WEIGHT, free_over_minor=99_00, terms=terms))
    p.save(database, p.FLAT)
    before, text = sheets(database), write(database)
    read(database, text)
    assert sheets(database) == before
    assert write(database) == text
    assert len(database.read_now(lambda s: deliver.list_zones(s, p.BRUNO))) == 2


def test_a_file_makes_sheets_and_zones(database: Database) -> None:
    text = HEAD + (
        "Post,weight,EUR,DE FR,1000,3.90,1,3,50\nPost,weight,EUR,DE FR,5000,6.90,,,\n"
        "Post,weight,EUR,DE:18565,5000,12,,,\nExpress,flat,EUR,*,,9.9,1,1,\n"
    )
    post, express = read(database, "\ufeff" + text)
    assert (post.steps, post.countries, post.free_over_minor) == (((1_000, 3_90), (5_000, 6_90)), ("DE", "FR"), 50_00)
    assert [rate.steps for rate in post.terms.zones] == [((5_000, 12_00),)]
    assert (express.kind, express.steps, express.days_max) == ("flat", ((0, 9_90),), 1)
    read(database, text.replace("3.90", "4.20"))
    assert [sheet.steps[0][1] for sheet in sheets(database)] == [4_20, 9_90]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "first line"),
        ("a,b\n", "first line"),
        (HEAD, "holds no sheets"),
        (HEAD + "Post,weight,EUR,DE\n", "Line 2 has 4 cells"),
        (HEAD + "Post,weight,EUR,Germany,1,1,1,1,\n", "Line 2: 'GERMANY' is no place"),
        (HEAD + "Post,weight,EUR,DE,x,1,1,1,\n", "Line 2: 'x' is no whole number"),
        (HEAD + "Post,weight,EUR,DE,1,1.234,1,1,\n", "Line 2"),
        (HEAD + "Post,parcel,EUR,DE,1,1,1,1,\n", "Line 2: write a name"),
        (HEAD + "Post,weight,EUR,DE,1,1,1,1,\nPost,weight,USD,FR,1,1,1,1,\n", "Line 3: the rows of Post"),
        (HEAD + "Post,weight,EUR,DE,5,1,1,1,\nPost,weight,EUR,DE,5,2,1,1,\n", "Line 2, Post"),
        (HEAD + 'Post,"weight\n', "CSV|cells"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_saved(database: Database, text: str, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        read(database, text)
    assert sheets(database) == []


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    from entrepot.deliver.sheet_files import _rows

    for head in ("", HEAD):
        try:
            _rows(head + text)
        except Invalid:
            continue
