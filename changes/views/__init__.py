"""Who asks for a change of their own details, and which page comes next? Pages E14."""

from changes.views import filling, listing, pictures
from changes.views.door import blueprint

__all__ = ["blueprint", "filling", "listing", "pictures"]
