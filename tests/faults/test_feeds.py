"""Broken feeds and pictures: what is wrong is named by line, field and reason, and everything else comes in."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from entrepot.app import Entrepot
from entrepot.cli import main
from entrepot.web import create_app
from tests.cast import BRUNO
from tests.orders.market import Market, open_market
from tests.waiting import eventually
from tests.web.conftest import opened, visited
from tests.web.visitors import Visitor


class Shop(NamedTuple):
    """Bruno at his console, and the home that his goods are in."""

    home: Path
    entrepot: Entrepot
    market: Market
    bruno: Visitor

    def found(self, q: str) -> list[dict[str, Any]]:
        """What a search shows of it."""
        return list(self.bruno.get("/api/search", params={"q": q}).json()["hits"])

    def listed(self, q: str) -> list[dict[str, Any]]:
        """What Bruno lists of it."""
        return list(self.bruno.get("/api/merchant/listings", params={"q": q}).json()["items"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("home")
    with (
        opened(home) as entrepot,
        open_market(entrepot.database, tmp_path_factory.mktemp("market")) as market,
        visited(create_app(entrepot)) as visit,
    ):
        yield Shop(home, entrepot, market, visit().sign_in(BRUNO))


def line(name: str, **changes: Any) -> bytes:
    """A good line, but for the changes."""
    variant = {"price_minor": 1_000, "currency": "USD", "quantity": 3}
    return json.dumps({"external_id": name, "title": f"Broken feed {name}", "variants": [variant], **changes}).encode()


def upload(shop: Shop, content: bytes, name: str = "goods.jsonl") -> Any:
    """Send a feed as a browser does."""
    headers = {"x-csrf-token": shop.bruno.refresh()}
    return shop.bruno.client.post("/api/merchant/imports", files={"feed": (name, content)}, headers=headers)


def imported(shop: Shop, content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The import once it has ended, and its report."""
    path = f"/api/merchant/imports/{upload(shop, content).json()['id']}"
    job = eventually(lambda: (seen := shop.bruno.get(path).json())["finished_at"] and seen)
    return dict(job), list(shop.bruno.get(f"{path}/errors").json()["items"])


def test_bad_lines_are_named_and_the_others_come_in(shop: Shop) -> None:
    bad = {
        2: (b'{"external_id": "torn", "title": "Torn', "row"),
        3: (b"\xff\xfe\x00 not text", "row"),
        4: (line("no-price", variants=[{"currency": "USD"}]), "variants"),
        5: (line("negative", variants=[{"price_minor": -1, "currency": "USD"}]), "variants"),
        6: (line("unknown-money", variants=[{"price_minor": 1, "currency": "dollars"}]), "variants"),
        7: (line("no-title", title=""), "title"),
        8: (b"[]", "row"),
    }
    lines = [line("first"), *(content for content, _ in bad.values()), line("last")]
    job, report = imported(shop, b"\n".join(lines))
    assert (job["state"], job["counts"]["created"], job["counts"]["refused"]) == ("done", 2, len(bad))
    assert [each["line"] for each in report] == sorted(bad)
    for each in report:
        assert bad[each["line"]][1] in each["field"], each
        assert each["reason"]
    assert eventually(lambda: {hit["external_id"] for hit in shop.found("broken feed")} == {"first", "last"})


def test_a_feed_cut_off_in_the_middle_loses_only_its_last_line(shop: Shop) -> None:
    whole = b"\n".join(line(f"cut-{n}") for n in range(5))
    job, report = imported(shop, whole[:-20])
    assert (job["state"], job["counts"]["created"], job["counts"]["refused"]) == ("done", 4, 1)
    assert [each["line"] for each in report] == [5]
    again, report = imported(shop, whole)
    assert (again["counts"]["created"], again["counts"]["unchanged"], report) == (1, 4, [])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture and no feed"),
        ("{}".encode("utf-16"), "no object"),
    ],
    ids=["an empty file", "a picture", "an object without fields"],
)
def test_what_is_no_feed_is_refused_with_a_sentence(shop: Shop, content: bytes, word: str) -> None:
    answer = upload(shop, content)
    assert answer.status_code == 422, answer.text
    assert word in answer.json()["detail"]


@pytest.fixture
def command(shop: Shop) -> Callable[..., Result]:
    """Runs the program over the same home."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(shop.home), *words], env={"COLUMNS": "200"})

    return run


def test_a_truncated_picture_is_left_out_with_a_note_and_the_product_comes_in(
    shop: Shop, command: Callable[..., Result], tmp_path: Path
) -> None:
    whole = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(whole, "JPEG")
    (tmp_path / "whole.jpg").write_bytes(whole.getvalue())
    (tmp_path / "torn.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture at all")
    feed = tmp_path / "pictures.jsonl"
    names = ["torn.jpg", "bomb.png", "missing.jpg", "../outside.jpg", "whole.jpg"]
    feed.write_bytes(line("pictured", title="Pictured thing", pictures=names))
    merchant = str(shop.market.cast.bruno.organisation)
    first = command("import", str(feed), "--merchant", merchant)
    assert first.exit_code == 0, first.output
    (listing,) = shop.listed("Pictured thing")
    product = shop.bruno.get(f"/api/products/{listing['product_id']}").json()
    assert len(product["pictures"]) == 1, "the whole one"
    (job,) = [each for each in shop.bruno.get("/api/merchant/imports").json()["items"] if each["name"] == feed.name]
    report = shop.bruno.get(f"/api/merchant/imports/{job['id']}/errors").json()["items"]
    assert sorted(each["value"] for each in report) == sorted(names[:-1])
    assert not any(each["refused"] for each in report)
    again = command("import", str(feed), "--merchant", merchant)
    assert again.exit_code == 0, again.output
    assert shop.bruno.get(f"/api/products/{listing['product_id']}").json() == product


def test_a_feed_that_is_not_there_is_named(command: Callable[..., Result], shop: Shop, tmp_path: Path) -> None:
    result = command("import", str(tmp_path / "nowhere.jsonl"), "--merchant", str(shop.market.cast.bruno.organisation))
    assert result.exit_code != 0
    assert "nowhere.jsonl" in result.output
    assert "Traceback" not in result.output
