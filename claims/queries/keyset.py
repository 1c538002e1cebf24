"""Which page of a list is this? See `core.keyset`, where every feature finds it."""

from core.keyset import Turn, turn

__all__ = ["Turn", "turn"]
