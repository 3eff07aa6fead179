"""Feeds out: what a merchant lists, in the formats that come in."""
