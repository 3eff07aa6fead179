"""What every test may ask for. A room's own fixtures live in the conftest.py of its folder."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests import postgres
from tests.fixtures import database, database_url, postgres_databases, postgres_url
from tests.proof import FULL, count

__all__ = ["database", "database_url", "postgres_databases", "postgres_url"]  # written in fixtures.py

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# One slow machine is no finding, so no deadline. Small runs try the same examples every time.
settings.register_profile(
    "entrepot",
    max_examples=count(25, 1000),
    stateful_step_count=count(20, 50),
    deadline=None,
    derandomize=not FULL,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("entrepot")
if not FULL:
    # It takes numbers and words from modules of ours too: from those that a process has imported so far, which differs
    # with the order of the tests. A small run leaves them out.
    providers._get_local_constants = lambda: providers._local_constants

NEEDS = {"postgres_server": "postgres", "chromium_path": "browser"}
COUNT = "count: "


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for, so that nobody has to remember; the files with long ones come first.

    Else a long one begins when everything else is done, and the other processes wait for it.
    """
    for item in items:
        for fixture, marker in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("proof")
    long = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "timeout")))}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """A command line that was run in this process leaves no wish about the log behind."""
    yield
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in [each for each in root.handlers if type(each).__module__ == "entrepot.kernel.logs"]:
        root.removeHandler(handler)


def absent(reason: str) -> None:
    """Skip where a person lacks a service; fail in CI, where a skip would hide what was never tried."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (in CI this is a failure)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL in which this run may create databases."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres.server())
        except postgres.NoPostgres as problem:
            absent(str(problem))
        yield url


@pytest.fixture
def fresh_postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database for one test (about 50 ms)."""
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    path = os.environ.get("ENTREPOT_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        absent("no Chromium here: install it, or set ENTREPOT_CHROMIUM to its path")
    return str(path)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator["Browser"]:
    """A running Chromium without a window. By module, because its event loop would refuse others in this thread."""
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def report_count(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Print, when all is done, how often something was really tried: `report_count("kill -9", 50)`."""
    return lambda what, number: record_property(COUNT + what, number)


def pytest_report_header() -> str:
    """Say how much this run tries."""
    kind = "full counts (proof)" if FULL else "small counts"
    return f"entrepot: {kind}, {count(25, 1000)} examples a property"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The counts that tests reported."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, number in report.user_properties:
            if report.when == "call" and name.startswith(COUNT):
                terminalreporter.write_line(f"{report.nodeid}: {name.removeprefix(COUNT)} × {number}")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A name for bytes that is the same in every process: an archive holds the time at which it was packed."""
    return argname if isinstance(val, bytes) and len(val) > 20 else None
