"""A server over a small market, once a run; a Chromium, once a file; and whoever visits, signed in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import uvicorn

from entrepot import identity
from entrepot.app import Entrepot
from entrepot.kernel import DAY
from entrepot.web import create_app
from entrepot.web.serving import address_of, listen
from tests.cast import Person
from tests.pages.market import PageMarket, build
from tests.waiting import WAIT_S, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
LISTEN = "addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective}`));"
HEIGHTS = {1280: 900, 390: 844}


class Site(NamedTuple):
    """A market that is served."""

    address: str
    market: PageMarket

    def cookie(self, person: Person) -> dict[str, Any]:
        """What the browser of somebody who signed in keeps."""

        def sign_in(tx: Any) -> str:
            known = identity.find_credentials(tx, person.email)
            assert known is not None
            _, token = identity.open_session(tx, known.user_id, DAY)
            return token.reveal()

        return {"name": "entrepot", "value": self.market.entrepot.database.write_now(sign_in), "url": self.address}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The market, served on a free port."""
    market = build(tmp_path_factory.mktemp("pages") / "home")
    market.entrepot.start()
    try:
        with served(market.entrepot) as address:
            yield Site(address, market)
    finally:
        market.entrepot.close()


@contextmanager
def served(entrepot: Entrepot) -> Iterator[str]:
    """The application behind a real socket, on a thread of its own."""
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(entrepot), ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="pages-server", daemon=True)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class Look(NamedTuple):
    """A page of somebody's browser, and what that browser complained about."""

    page: "Page"
    complaints: list[str]


class Visitors:
    """Browsers of people, each with cookies of its own; one for each person and width, kept for the whole file."""

    def __init__(self, browser: "Browser", site: Site, stack: ExitStack) -> None:
        self._browser = browser
        self._site = site
        self._stack = stack
        self._kept: dict[tuple[Person | None, int], Look] = {}

    def context(self, person: Person | None = None, width: int = 1280, **options: Any) -> "BrowserContext":
        """A browser that was never used."""
        viewport = {"width": width, "height": HEIGHTS[width]}
        context = self._browser.new_context(
            viewport=viewport, base_url=self._site.address, locale="en-US", reduced_motion="reduce", **options
        )
        self._stack.callback(context.close)
        context.set_default_timeout(WAIT_S * 1_000)
        if person is not None:
            context.add_cookies([self._site.cookie(person)])
        return context

    def look(self, person: Person | None, width: int) -> Look:
        """Somebody's page with the audits in it, and an empty list of complaints."""
        if (person, width) not in self._kept:
            context = self.context(person, width)
            context.add_init_script(LISTEN)
            context.add_init_script(AUDIT)
            self._kept[person, width] = _listening(context.new_page())
        look = self._kept[person, width]
        look.complaints.clear()
        return look


def _listening(page: "Page") -> Look:
    complaints: list[str] = []
    page.on("console", lambda each: complaints.append(each.text) if each.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return Look(page, complaints)


@pytest.fixture(scope="module")
def visitors(browser: "Browser", site: Site) -> Iterator[Visitors]:
    """Makes visitors."""
    with ExitStack() as stack:
        yield Visitors(browser, site, stack)


@pytest.fixture
def new_page(browser: "Browser", site: Site) -> Iterator[Callable[..., "Page"]]:
    """Opens a page in a browser of its own: for somebody, or nobody; of a width; perhaps without script."""
    with ExitStack() as stack:
        visitors = Visitors(browser, site, stack)
        yield lambda person=None, width=1280, **options: visitors.context(person, width, **options).new_page()
