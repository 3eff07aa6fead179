"""The double of a server elsewhere, under the name that tests know."""

from entrepot.cloud.testing import STRANGE, Double, double

__all__ = ["STRANGE", "Double", "double"]
