"""Bugs, as patches: each must turn the test that it names red."""
