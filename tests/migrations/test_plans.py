"""How the database finds what commerce asks for: by an index, however large its tables grow."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import entrepot
from entrepot import migrations
from entrepot.kernel import Prepared

ROOMS = ("catalog", "deliver", "identity", "orders", "pay", "signals")
FEW = (
    "catalog_attributes", "catalog_categories", "catalog_mergings", "orders_fees", "pay_files", "pay_payout_terms",
    "pay_tax_rates",
)  # fmt: skip
"""Tables of what people write down: some thousand rows at the most."""
WHOLE = {
    "catalog.imports.keeping _any_over",
    "catalog.imports.keeping _over",
    "catalog.joining _copy_grants",  # a person joins two products
    "deliver.coordinates _count",
    "identity.organisations _named",  # a person names a merchant on the command line
    "pay.entries _owed",  # by proofs alone, as the next
    "pay.entries _sums",
    "pay.entries _sums_under",
    "pay.paying_out _payees_locked",  # whoever may be paid is looked at
}
"""Statements that read a whole table on purpose."""
NEWEST = {
    "deliver.plans _newest",
    "orders.sales _of_all",
    "pay.chargebacks _closed",
}
"""Statements that walk a table from its end, and stop once they have enough."""


def test_no_statement_of_commerce_reads_a_table_that_grows(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "entrepot.db")
    migrations.upgrade(f"sqlite:///{tmp_path / 'entrepot.db'}")
    partial = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '% WHERE %'")}
    found = {name: scans for name, each in _statements() if (scans := _scans(connection, each, partial))}
    connection.close()
    assert {name: scans for name, scans in found.items() if name not in WHOLE | NEWEST} == {}
    assert sorted((WHOLE | NEWEST) - set(found)) == [], "no longer needed here"


def _statements() -> Iterator[tuple[str, Prepared[Any]]]:
    """Every statement of the rooms, by its module and name; proofs read everything, which is what they are for."""
    for room in ROOMS:
        package = importlib.import_module(f"entrepot.{room}")
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "proofs" not in info.name:
                yield from _statements_of(importlib.import_module(info.name))


def _statements_of(module: ModuleType) -> Iterator[tuple[str, Prepared[Any]]]:
    place = module.__name__.removeprefix(f"{entrepot.__name__}.")
    for name, value in vars(module).items():
        several = value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else [value]
        for each in several:
            if isinstance(each, Prepared):
                yield f"{place} {name}", each


def _scans(connection: sqlite3.Connection, statement: Prepared[Any], partial: set[str]) -> list[str]:
    """Where SQLite would read all of a table that grows, or of an index that has a row for each of its rows."""
    values: dict[str, str | None] = dict.fromkeys(re.findall(r":(\w+)", statement.sqlite))
    values |= dict.fromkeys(statement.sets, "[]")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", values)]
    made = {step.split()[1] for step in plan if step.startswith(("CO-ROUTINE ", "MATERIALIZE "))}
    scans = [step for step in plan if step.startswith("SCAN ") and not step.endswith(("CONSTANT ROW", "INDEX 1:"))]
    return [step for step in scans if not {*made, *partial, *FEW} & set(step.split())]
