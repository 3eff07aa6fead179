"""Documentation is tested: what exists is named, links lead somewhere, the words of the readers' pages are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import entrepot.app  # noqa: F401 - every room's events are declared by importing it
from entrepot.cli import COMMANDS
from entrepot.kernel import list_event_types
from entrepot.settings import SECTIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("decisions/*.md")])
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_every_setting_is_documented() -> None:
    names = [f"`{section}.{field}`" for section, kind in SECTIONS.items() for field in kind.__struct_fields__]
    assert [name for name in names if name not in TEXT] == []


def test_every_event_is_documented() -> None:
    names = [f"`{event.name}`" for event in list_event_types() if event.__module__.startswith("entrepot.")]
    assert [name for name in names if name not in TEXT] == []


def test_every_command_is_documented() -> None:
    assert [name for name in COMMANDS if f"`entrepot {name}" not in TEXT] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
