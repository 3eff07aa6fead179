"""Entrepot: a marketplace of many merchants and a metered AI cloud, one catalogue, one ledger."""

__version__ = "0.1.0"
