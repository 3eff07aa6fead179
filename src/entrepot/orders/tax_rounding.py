"""Where the tax of an order is rounded, as the operator has it."""

from __future__ import annotations

from typing import cast

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Invalid, Snapshot, Tx, find_fact, write_fact

from .tax import Rounding

ROUNDING_FACT = "orders.tax_rounding"


def tax_rounding(snapshot: Snapshot) -> Rounding:
    """Where tax is rounded: for each line, as long as the operator says nothing else."""
    return cast(Rounding, find_fact(snapshot, ROUNDING_FACT) or "line")


def set_tax_rounding(tx: Tx, scope: Scope, rounding: Rounding) -> None:
    """Round tax for each line, or once for each rate and merchant of an order; for the operator."""
    require_operator(scope)
    if rounding not in ("line", "order"):
        raise Invalid("Tax is rounded by line or by order", fields={"rounding": "line or order"})
    write_fact(tx, ROUNDING_FACT, rounding)
    audit(tx, scope, "orders.tax_rounding", rounding, {})
