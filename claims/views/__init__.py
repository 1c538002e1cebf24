"""Who files a claim, and which page comes next? One blueprint, a module for each part of the way."""

from claims.views import documents, filing, fixing, listing, steps
from claims.views.door import blueprint

__all__ = ["blueprint", "documents", "filing", "fixing", "listing", "steps"]
