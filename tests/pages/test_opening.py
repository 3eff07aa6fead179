"""The first visit to an empty home: the one-time link's page, refused and accepted, and the first page after it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from entrepot.app import open_home
from entrepot.web.opening import make_link
from tests.cast import PASSWORD
from tests.pages.conftest import AUDIT, HEIGHTS, served
from tests.pages.market import QUIET
from tests.waiting import WAIT_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OWNER = {"market": "Dana's Market", "name": "Dana", "email": "dana@example.com"}


@pytest.mark.parametrize("width", HEIGHTS)
def test_an_empty_home_is_opened_by_its_link(width: int, browser: Browser, tmp_path: Path) -> None:
    entrepot = open_home(tmp_path / "home", QUIET, random=Random(1))
    entrepot.start()
    with ExitStack() as stack:
        stack.callback(entrepot.close)
        site = stack.enter_context(served(entrepot))
        page = browser.new_page(viewport={"width": width, "height": HEIGHTS[width]}, reduced_motion="reduce")
        stack.callback(page.close)
        page.set_default_timeout(WAIT_S * 1_000)
        page.add_init_script(AUDIT)
        page.goto(site + (make_link(entrepot.database) or ""))
        assert page.evaluate("audit.all()") == []
        for name, value in OWNER.items():
            page.fill(f"#f-{name}", value)
        page.fill("#f-countries", "Utopia")
        page.fill("#f-password", PASSWORD.reveal())
        page.click("main .primary")
        page.get_by_role("alert").wait_for()
        assert page.input_value("#f-market") == OWNER["market"]
        assert page.evaluate("audit.all()") == []
        page.select_option("#f-currency", "EUR")
        page.fill("#f-countries", "DE, FR")
        page.fill("#f-password", PASSWORD.reveal())
        page.click("main .primary")
        page.get_by_text("Your market is open").wait_for()
        assert page.evaluate("audit.all()") == []
        page.goto(f"{site}/")
        page.get_by_text("The shelves are still empty").wait_for()
        assert page.evaluate("audit.all()") == []
