"""Every page at two widths: no wider than the screen, readable in both themes, pressable, named, without errors."""

import pytest

from tests.pages.conftest import HEIGHTS, Site, Visitors
from tests.pages.places import PLACES, Place

UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


@pytest.mark.parametrize("width", HEIGHTS)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_fits_reads_and_answers(place: Place, width: int, site: Site, visitors: Visitors) -> None:
    page, complaints = visitors.look(place.person, width)
    page.emulate_media(color_scheme="light")
    answer = page.goto(place.path(site.market), wait_until="load")
    assert answer is not None
    assert answer.status == place.status
    assert page.evaluate("audit.width()") == []
    page.evaluate(UNFOLD)
    assert page.evaluate("audit.all()") == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("audit.contrast()") == []
    expected = ["Failed to load resource"] if place.status >= 400 else []
    assert [each for each in complaints if not any(words in each for words in expected)] == []


@pytest.mark.parametrize("width", HEIGHTS)
@pytest.mark.parametrize("name", ["home", "search", "product lamp", "cart", "overview"])
def test_nothing_moves_while_a_page_loads(name: str, width: int, site: Site, visitors: Visitors) -> None:
    place = next(place for place in PLACES if place.name == name)
    page, _ = visitors.look(place.person, width)
    page.goto(place.path(site.market), wait_until="load")
    assert page.evaluate(SHIFT) < 0.01


SHIFT = """() => new Promise((done) => {
  let shift = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { shift += entry.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shift), 250);
})"""
