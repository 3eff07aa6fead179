"""The demo: build the market once, walk one purchase through it, prove it, serve it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from random import Random

import click

from entrepot import group
from entrepot.app import Entrepot, open_home
from entrepot.kernel import DAY, Invalid, ManualClock, SystemClock, find_fact, write_fact
from entrepot.kernel.logs import configure_logs
from entrepot.simulation import catalogue
from entrepot.simulation.market import CAST, open_market
from entrepot.simulation.month import OPENED_DAYS_AGO, shop
from entrepot.simulation.showcase import complain, furnish
from entrepot.simulation.walk import walk

from .progress import Bar
from .verify import hold, told

BUILT = "demo.built"
"""The fact that says that the market was built whole."""
SIGN_INS = (("Alice", "shops"), ("Bruno", "sells"), ("Chen", "buys compute"), ("Dana", "operates"))


def demonstrate(home: Path, port: int, seed: int, products: int, days: int, *, serve: bool) -> None:
    """Everything that `entrepot demo` does."""
    configure_logs("WARNING", as_json=False)
    _require_sqlite()
    if not _is_built(home):
        _build(home, seed, products, days)
    entrepot = open_home(home)
    try:
        _walk(entrepot)
        holds = _verify(entrepot)
    finally:
        entrepot.close()
    if not holds:
        sys.exit(1)
    if serve:
        from .serving import serve_home  # the web takes a while to import, and is not needed before

        serve_home(home, "127.0.0.1", port, 1, _welcome)


def _require_sqlite() -> None:
    if os.environ.get("ENTREPOT_DATABASE_URL"):
        raise Invalid("The demo keeps to a database of its own: unset ENTREPOT_DATABASE_URL, or use `entrepot serve`")


def _is_built(home: Path) -> bool:
    """Whether the home holds a whole demo. Half a demo is built again; a home that is none is left alone."""
    if not (home / "entrepot.db").exists():
        return False
    entrepot = open_home(home)
    try:
        facts = entrepot.database.read_now(
            lambda snapshot: (find_fact(snapshot, BUILT), find_fact(snapshot, CAST), group.find_market(snapshot))
        )
    finally:
        entrepot.close()
    built, cast, market = facts
    if built is None and cast is None and market is not None:
        raise Invalid(f"{home} holds a market that is no demo: choose another folder with --home")
    return built is not None


def _build(home: Path, seed: int, products: int, days: int) -> None:
    """Build beside and move into place, so that a build that was stopped leaves nothing half done."""
    started = time.monotonic()
    place = home.with_name(home.name + ".building")
    shutil.rmtree(place, ignore_errors=True)
    end = SystemClock().now()
    clock = ManualClock(end - OPENED_DAYS_AGO * DAY)
    random = Random(seed)
    click.echo(f"Building the demo market in {home}: {products:,} products, {days} days of shopping")
    place.mkdir(mode=0o700, parents=True)
    (place / "entrepot.toml").write_text("[catalog]\nfetch_pictures = false\n", encoding="utf-8")  # asks nobody
    entrepot = open_home(place, clock=clock, random=random)
    try:
        made = catalogue.build(seed, products)
        with Bar("Building") as bar:
            cast = open_market(entrepot, clock, made, end - days * DAY - DAY, random, bar.step)
            bar.step("Indexing", 0, 1)
            entrepot.settle()
            furnish(entrepot, cast)
            shop(entrepot, clock, made, cast, end, random, bar.step)
            complain(entrepot, cast)
        built = {"seed": seed, "products": products, "days": days}
        entrepot.database.write_now(lambda tx: write_fact(tx, BUILT, built))
        entrepot.settle()
    finally:
        entrepot.close()
    shutil.rmtree(home, ignore_errors=True)
    place.rename(home)
    click.echo(f"Built in {time.monotonic() - started:.0f} s")


def _walk(entrepot: Entrepot) -> None:
    click.secho("\nOne purchase, from search to payout", bold=True)
    for number, step in enumerate(walk(entrepot), start=1):
        click.echo(f"{number}. {step.title}")
        for line in step.figures:
            click.secho(f"   {line}", dim=True)


def _verify(entrepot: Entrepot) -> bool:
    click.secho("\nIs it all true? (entrepot verify)", bold=True)
    return hold(told(group.verify(entrepot.database)))


def _welcome(entrepot: Entrepot, address: str) -> None:
    click.secho(f"\nThe market is open: {address}", bold=True)
    click.echo(f"Look around as one of four people, by a click at {address}/sign-in (on this machine only):")
    for name, does in SIGN_INS:
        click.echo(f"  {name:6} {does}")
    click.echo("Ctrl-C closes it; `make demo` opens it again.")
