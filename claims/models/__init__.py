"""What is kept of a claim?"""

from claims.models.claim import Claim, ReviewHold
from claims.models.document import ClaimDocument
from claims.models.judgement import AwardCut, PairVerdict, ReturnMark
from claims.models.pace import ClaimPace
from claims.models.reasons import ReturnReason

__all__ = [
    "AwardCut",
    "Claim",
    "ClaimDocument",
    "ClaimPace",
    "PairVerdict",
    "ReturnMark",
    "ReturnReason",
    "ReviewHold",
]
