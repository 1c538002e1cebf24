"""What is stored about those who work here?"""

from staff.models.people import Grant, StaffUser
from staff.models.recovery import HumanCheck, RecoveryLink, StaffAppeal
from staff.models.reminders import StaffWeChat, StaffWeChatOffer
from staff.models.signing_in import OldPassword, StaffDevice, StaffIdentity

__all__ = [
    "Grant",
    "HumanCheck",
    "OldPassword",
    "RecoveryLink",
    "StaffAppeal",
    "StaffDevice",
    "StaffIdentity",
    "StaffUser",
    "StaffWeChat",
    "StaffWeChatOffer",
]
