"""Documentation of feeds: every format, column and attribute that is read is named, every option too."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from entrepot import catalog
from entrepot.catalog.imports.google_items import OPTIONS, REPEATS
from entrepot.catalog.imports.layouts import LAYOUTS
from entrepot.cli import main

FEEDS = Path(__file__).parents[2] / "docs" / "feeds"
TEXT = {page.stem: page.read_text(encoding="utf-8") for page in FEEDS.glob("*.md")}


def test_every_format_has_its_page_and_is_in_the_list() -> None:
    named = {"jsonl": "jsonl", "shopify": "shopify", "google-xml": "google", "google-tsv": "google",
             "schema-org": "schema-org", "table": "table", "magento-luma": "layouts"}  # fmt: skip
    named |= {layout.format: "layouts" for layout in LAYOUTS}
    assert set(named) == set(catalog.FORMATS)
    assert [page for page in named.values() if f"({page}.md)" not in TEXT["README"]] == []
    assert [each for each in catalog.EXPORT_FORMATS if f"`{each}`" not in TEXT["README"]] == []


def test_every_target_of_a_column_is_explained() -> None:
    assert [each for each in catalog.COLUMN_TARGETS if f"`{each}`" not in TEXT["table"]] == []


def test_every_attribute_that_makes_a_choice_or_repeats_is_explained() -> None:
    assert [each for each in {*OPTIONS, *REPEATS} if f"`{each}`" not in TEXT["google"]] == []


def test_every_layout_is_explained() -> None:
    assert [layout.format for layout in LAYOUTS if f"`{layout.format}`" not in TEXT["layouts"]] == []


def test_the_options_of_the_command_are_explained() -> None:
    shown = CliRunner().invoke(main, ["import", "--help"]).output
    options = [word for word in shown.split() if word.startswith("--") and word not in ("--help", "--merchant")]
    assert [word for word in options if word.rstrip(",") not in TEXT["README"] + TEXT["jsonl"]] == []
