"""Which pages keep a roster? 职工名册: the list, one person, the import of a table and its result."""

from roster.admin import deaths, importing, listing, people
from roster.admin.door import blueprint

__all__ = ["blueprint", "deaths", "importing", "listing", "people"]
