"""What is kept of a claim?"""

from claims.models.claim import Claim, ReviewHold
from claims.models.document import ClaimDocument
from claims.models.reasons import ReturnReason

__all__ = ["Claim", "ClaimDocument", "ReturnReason", "ReviewHold"]
