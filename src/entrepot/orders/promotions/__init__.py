"""Promotions: what merchants and the platform take off a price, under which conditions, how often, at whose cost."""
