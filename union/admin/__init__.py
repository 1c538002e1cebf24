"""Which pages keep unions and the people who work for them? A file a subject."""

from union.admin.people import blueprint as people
from union.admin.records import blueprint as records

__all__ = ["people", "records"]
