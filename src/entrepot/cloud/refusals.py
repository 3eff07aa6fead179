"""Refusals of calls that OpenAI's clients know by a code of their own."""

from __future__ import annotations

from entrepot.kernel import Invalid, NotFound, TooMany


class UnknownModel(NotFound):
    """There is no model of this name, or its version is gone."""


class TooLong(Invalid):
    """More than the model can look at."""


class Busy(TooMany):
    """The model is busy: whoever calls now would wait too long."""
