"""What faults are tried on: a home with a shop in it, on both databases."""

from tests.journeys.conftest import environ

__all__ = ["environ"]
