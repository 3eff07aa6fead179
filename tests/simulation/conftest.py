"""One demo market for all tests of the simulation; it takes a second to build."""

import pytest

from entrepot.simulation.catalogue import DemoCatalogue, build


@pytest.fixture(scope="session")
def market() -> DemoCatalogue:
    return build(7)
