"""A seeted market."""
