"""What was understood from a search: told by the API, shown as chips, taken away by a link, without script."""

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.orders.market import LAMP, PRICES, Market
from tests.waiting import eventually
from tests.web.visitors import PAGE, Visitor


def chips_of(page: str) -> dict[str, str]:
    """The addresses of the chips of a page, by their kind."""
    found = re.findall(r'href="([^"]+)"[^>]*data-understood="(\w+)"', page)
    return {kind: html.unescape(address) for address, kind in found}


def asked(nobody: Visitor, **parameters: str) -> dict[str, object]:
    """What the API says of a search."""
    answer = nobody.get(f"/api/search?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_price_in_the_words_is_a_filter_and_its_chip_takes_it_away(nobody: Visitor, market: Market) -> None:
    eventually(lambda: asked(nobody, q="lamp")["total"])
    everything = asked(nobody, q="lamp")
    found = asked(nobody, q="lamp under 1")
    understood = found["understood"]
    assert isinstance(understood, dict)
    [widened] = understood["relaxed"]  # nothing is that cheap: the nearest is shown, and that is said
    assert (widened["kind"], widened["value"], widened["nearest"]) == ("price", "..100", PRICES[LAMP])
    assert understood["price"] == f"..{PRICES[LAMP]}"
    assert found["total"] == everything["total"]
    page = nobody.get("/search?q=lamp+under+1", headers=PAGE).text
    assert "49.99" in re.findall(r'<p class="understood" role="status">(.*?)</p>', page)[0]
    dear = asked(nobody, q="lamp over 1")
    assert dear["understood"]["price"] == "100.."  # type: ignore[index]
    page = nobody.get("/search?q=lamp+over+1", headers=PAGE).text
    chip = chips_of(page)["price"]
    assert dict(parse_qsl(urlsplit(chip).query))["q"] == "lamp"
    assert "price" not in chips_of(nobody.get(chip, headers=PAGE).text)


def test_a_mended_word_is_told_and_may_be_searched_as_it_was_typed(nobody: Visitor, market: Market) -> None:
    eventually(lambda: asked(nobody, q="lamp")["total"])
    found = asked(nobody, q="lampp")
    assert found["corrected"] == found["understood"]["corrected"] == "lamp"  # type: ignore[index]
    assert found["hits"][0]["external_id"] == LAMP  # type: ignore[index]
    page = nobody.get("/search?q=lampp", headers=PAGE).text
    assert "Showing results for" in page
    instead = re.search(r'href="([^"]*exact=1[^"]*)"', page)
    assert instead is not None
    exact = nobody.get(html.unescape(instead.group(1)), headers=PAGE).text
    assert "Showing results for" not in exact
    assert "Searched word by word" in exact
    assert asked(nobody, q="lampp", exact="true")["understood"] is None


def test_what_is_left_out_is_said_on_the_page_in_the_readers_language(nobody: Visitor, market: Market) -> None:
    eventually(lambda: asked(nobody, q="lamp")["total"])
    page = nobody.get("/search?q=lamp+zzyzx", headers=PAGE).text
    assert "Left out:" in page
    assert "zzyzx</b>" in page
    assert "已忽略" in nobody.get("/search?q=lamp+zzyzx&lang=zh", headers=PAGE).text


def test_a_kind_of_chip_can_be_ignored(nobody: Visitor, market: Market) -> None:
    eventually(lambda: asked(nobody, q="lamp")["total"])
    assert asked(nobody, q="lamp", ignore="role")["understood"]["role"] is None  # type: ignore[index]
    assert nobody.get("/api/search?q=lamp&ignore=" + "x" * 40).status_code == 400
