"""The examples of docs/compute-api.md run as they stand, over a served market; every door of /v1 is named there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.routes import operations
from tests.web.served import Served, serving

from entrepot import cloud
from entrepot.cloud.testing import WORDS

TEXT = (Path(__file__).parents[2] / "docs" / "compute-api.md").read_text(encoding="utf-8")
PERSON = '{"name": "Ada", "age": 36}'
SAYS = {"tool_choice": ('{"name": "weather", ', '"arguments": {"city": "Paris"}}'), "json_schema": ("Here: ", PERSON)}
"""What the model says to examples that want something of it."""
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("market")) as served:
        yield served


@pytest.mark.parametrize("number", range(1, len(EXAMPLES)))
def test_an_example_runs(served: Served, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    code = EXAMPLES[number].replace("MODEL", "talker").replace("VECTORS", cloud.MODEL)
    before, names = served.spent, {"client": served.client}
    served.server.says = SAYS.get(next((sign for sign in SAYS if sign in code), ""), WORDS)
    try:
        exec(compile(code, f"docs/compute-api.md, example {number}", "exec"), names)
    finally:
        served.server.says = WORDS
    assert served.spent > before, "it was billed"
    _check(names, capsys.readouterr().out)


def _check(names: dict[str, Any], printed: str) -> None:
    """What an example brought."""
    if "stream" in names:
        assert "One word after the other.9 6 0.000000069 USD\n" in printed
    elif "call" in names:
        assert 'weather {"city":"Paris"}\n' in printed
    elif "person" in names:
        assert names["person"] == PERSON
    elif "ranked" in names:
        assert (len(names["first"]), names["best"]) == (256, 1)
    elif "lines" in names:
        assert len(names["answers"]) == 3
    else:
        assert names["once"] == names["again"]


def test_every_door_is_named(served: Served) -> None:
    paths = {each.template for each in operations(served.app) if each.template.startswith("/v1/")}
    assert len(paths) >= 10
    assert [path for path in sorted(paths) if path.removesuffix("/content") not in TEXT and path not in TEXT
            and path.rpartition("/")[0] not in TEXT] == []  # fmt: skip


def test_the_first_example_is_how_a_client_is_made() -> None:
    assert "base_url" in EXAMPLES[0]
    assert len(EXAMPLES) >= 7
