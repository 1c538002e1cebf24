"""What happens to reports? A table is asked for, gathered, fetched; figures are worked out anew."""

from reports.service.exporting import ask, exports_of, fetch, own
from reports.service.figures import refresh

__all__ = ["ask", "exports_of", "fetch", "own", "refresh"]
