"""Which pages of the outside world do people look at? Phone, inboxes, bank desk, faults, pushes."""

from sandbox.pages import bank, codes, faults, inboxes, phone, pushes  # noqa: F401 - each adds its pages
from sandbox.pages.room import pages

__all__ = ["pages"]
