"""The unions of tests/union, and people of two of them."""

from tests.union.conftest import boss, sits, tree, world

__all__ = ["boss", "sits", "tree", "world"]
