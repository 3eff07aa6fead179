"""What is made at the first use is made before a shopper waits for it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from entrepot.catalog import Pack
from entrepot.discovery.understanding import phrases
from entrepot.kernel.testing import open_file
from tests.discovery.market import draft, open_shop


def test_the_phrase_book_is_made_by_the_indexer_and_not_by_the_first_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    class Counted(phrases.Phrasebook):
        def __init__(self, packs: Sequence[Pack]) -> None:
            made.append(packs)
            super().__init__(packs)

    database = open_file(tmp_path)
    with open_shop(database, tmp_path / "index") as shop:
        shop.put(draft("l1", "Lamp"))
        shop.follow()
        monkeypatch.setattr(phrases, "_books", {})
        monkeypatch.setattr(phrases, "Phrasebook", Counted)
        shop.indexer.tick()
        assert len(made) == 1
        assert shop.found("lamp under 50") == ["l1"]
        assert len(made) == 1
    database.close()
