"""The words and rules the demo market is made of: kinds of products, taxonomy, attributes, names, reviews."""

from entrepot.simulation.grammar import clothing, electronics, gadgetry, household, pantry, rooms, wearables
from entrepot.simulation.grammar.kind import Kind

KINDS: tuple[Kind, ...] = (
    *electronics.KINDS,
    *gadgetry.KINDS,
    *clothing.KINDS,
    *wearables.KINDS,
    *pantry.KINDS,
    *rooms.KINDS,
    *household.KINDS,
)

__all__ = ["KINDS", "Kind"]
