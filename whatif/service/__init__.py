"""What happens to a trial of other figures? It is asked for, worked through lot by lot, and forgotten."""

from whatif.service.asking import JOB, start
from whatif.service.expiring import RULES
from whatif.service.working import due, is_unheard, lot, stumbled

__all__ = ["JOB", "RULES", "due", "is_unheard", "lot", "start", "stumbled"]
