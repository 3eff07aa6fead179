"""Tests on the tree itself: what a reviewer should not have to look for."""
