"""The table of what is known about a product."""

from types import SimpleNamespace
from typing import Any

import pytest

from entrepot.web.pages.specs import list_specs


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [("seats", "3", "3"), ("seats", "3 pcs", "3 pcs"), ("width", "80", "80 cm"), ("width", "80 mm", "80 mm")],
)
def test_a_bare_number_gets_its_unit_where_people_say_one(code: str, value: str, shown: str) -> None:
    view: Any = SimpleNamespace(category=(SimpleNamespace(slug="sofas"),), attributes={code: (value,)})
    [group] = list_specs(view, (), "en")
    assert [row[1] for row in group.rows] == [shown]


@pytest.mark.parametrize(("language", "shown"), [("en", "Yes, No"), ("zh", "是, 否")])
def test_whether_something_is_so_is_said_in_the_readers_language(language: str, shown: str) -> None:
    view: Any = SimpleNamespace(category=(), attributes={"washable": ("yes", "no")})
    [group] = list_specs(view, (), language)
    assert [row[1] for row in group.rows] == [shown]
