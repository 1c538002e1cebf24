"""Who writes what the scheme tells everybody, and which page comes next? One blueprint (A12)."""

from content.admin import desk, writing
from content.admin.door import blueprint

__all__ = ["blueprint", "desk", "writing"]
