"""Documentation is tested: what exists is named, links lead somewhere, the words of the readers' pages are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from tests.web.conftest import opened

import entrepot.app  # noqa: F401 - every room's events are declared by importing it
from entrepot.cli import COMMANDS, main
from entrepot.kernel import list_event_types
from entrepot.settings import SECTIONS
from entrepot.web.application import create_app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("decisions/*.md")])
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
EDGES = "operator|merchant|account|api|cloud|checkout|orders|sell|healthz|readyz|metrics"
ADDRESS = re.compile(rf"(?<![\w.:/])(/(?:{EDGES})[\w{{}}/.\-…]*)")
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
def test_commands_and_their_options_are_those_there_are(page: Path) -> None:
    assert [line for line in _commands(page.read_text(encoding="utf-8")) if not _is_there(shlex.split(line))] == []


def test_a_command_that_is_not_there_is_seen() -> None:
    assert _commands("say `entrepot reindex` or\n```sh\n.venv/bin/entrepot --home h bench all  # x\n```") == [
        "reindex", "bench all",
    ]  # fmt: skip
    assert _is_there(["models", "add", "file", "--price", "x=1"])
    assert not _is_there(["models", "add", "file", "--prize", "x=1"])
    assert not _is_there(["destroy"])


def test_addresses_are_those_there_are(tmp_path: Path) -> None:
    with opened(tmp_path) as entrepot:
        routes = [route.path for route in create_app(entrepot).routes]
    there = [re.compile(re.sub(r"{[^}]*}", "[^/]+", path)) for path in routes]
    named = {each.rstrip("./…") for each in ADDRESS.findall(TEXT)}
    assert len(named) > 80
    wrong = [each for each in named if not any(route.fullmatch(_filled(each)) for route in there)
             and not any(path.startswith(each + "/") for path in routes)]  # fmt: skip
    assert sorted(wrong) == []


def _commands(text: str) -> list[str]:
    """What stands after `entrepot` where a command is told, without its home and its comment."""
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    told = [*re.findall(r"`(entrepot [^`\n]+)`", text), *(line for block in fenced for line in block.splitlines()),
            *re.findall(r"^    (entrepot .*)$", text, re.MULTILINE)]  # fmt: skip
    found = (re.match(r"(?:market|\S*entrepot)(?: --home \S+)? ([a-z][^#|;(&>]*)", line) for line in told)
    return [match[1].partition("   ")[0].strip() for match in found if match]


def _is_there(words: list[str]) -> bool:
    command: click.Command | None = main.get_command(click.Context(main), words.pop(0))
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    options = {"--help", *(name for each in command.params for name in each.opts)} if command else set()
    return command is not None and {each for each in words if each.startswith("--")} <= options


def _filled(address: str) -> str:
    """An address with something in the places that it leaves open: `{order_id}`, `NAME`, `…`."""
    return re.sub(r"{\w+}|\b[A-Z]{2,}\b|…", "x", address)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
