"""The audit itself: it finds each kind of fault that was put into a page, and nothing in a page without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.conftest import AUDIT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SOUND = """<!doctype html><html lang="en"><title>Lamps</title><body style="background: #fff; color: #333">
<header></header><main><h1>Lamps</h1>{}</main><footer></footer></body></html>"""
LARGE = "display: inline-block; width: 44px; height: 44px;"
FAULTS = {
    "contrast 3": '<p style="color: #808080">grey</p>',
    "contrast 2": '<p style="background: linear-gradient(#000, #aaa); color: #fff">over a gradient</p>',
    "contrast 1": '<p style="opacity: 0.2">faded</p>',
    "target 43 × 44": f'<button style="{LARGE} width: 43px">x</button>',
    "no alt": '<img src="data:," width="1" height="1">',
    "no size": '<img src="data:," alt="">',
    "no label": f'<input style="{LARGE}">',
    "no name": f'<a href="/" style="{LARGE}"></a>',
    "2 × h1": "<h1>Again</h1>",
    "after h1 comes": "<h3>Too deep</h3>",
    "id twice": '<p id="a">a</p><p id="a">b</p>',
    "points at nothing": '<p aria-describedby="none">a</p>',
    "pixels wide": '<div style="width: 3000px">wide</div>',
}
EXEMPT = (
    '<p>Read <a href="/" style="color: #00e">the terms</a> first.</p>',
    f'<label style="{LARGE}"><input type="checkbox">in</label>',
    '<p style="color: #767676">just enough</p>',
    '<details><summary style="min-height: 44px">more</summary><p style="color: #eee">unseen</p></details>',
)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(browser: Browser, fault: str) -> None:
    found = audited(browser, FAULTS[fault])
    assert len(found) == 1
    assert fault in found[0]


def test_nothing_is_found_where_nothing_is_wrong(browser: Browser) -> None:
    assert audited(browser, "".join(EXEMPT)) == []


def audited(browser: Browser, part: str) -> list[str]:
    """What the audit says of a page that holds this part and is sound otherwise."""
    page = browser.new_page()
    try:
        page.set_content(SOUND.format(part))
        page.evaluate(AUDIT)
        return list(page.evaluate("audit.all()"))
    finally:
        page.close()
