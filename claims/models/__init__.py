"""What is kept of a claim?"""

from claims.models.automatic import AutomaticGrant
from claims.models.claim import Claim, ReviewHold
from claims.models.document import ClaimDocument
from claims.models.judgement import AwardCut, PairVerdict, ReturnMark
from claims.models.likeness import PictureLook, PictureTwin, PictureWord
from claims.models.pace import ClaimPace
from claims.models.reasons import ReturnReason

__all__ = [
    "AutomaticGrant",
    "AwardCut",
    "Claim",
    "ClaimDocument",
    "ClaimPace",
    "PairVerdict",
    "PictureLook",
    "PictureTwin",
    "PictureWord",
    "ReturnMark",
    "ReturnReason",
    "ReviewHold",
]
