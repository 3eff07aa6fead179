"""Refusals of calls that OpenAI's clients know by a code of their own."""

from __future__ import annotations

from entrepot.kernel import Invalid, NotFound


class UnknownModel(NotFound):
    """There is no model of this name, or its version is gone."""


class TooLong(Invalid):
    """More than the model can look at."""
