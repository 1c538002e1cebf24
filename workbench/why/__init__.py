"""Why can this person not do that, and who can change it? A page of answers (XM-24 … XM-26)."""

from workbench.why.views import blueprint

__all__ = ["blueprint"]
