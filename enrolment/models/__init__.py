"""What is stored about enrolments?"""

from enrolment.models.application import Enrolment
from enrolment.models.parts import EnrolmentMaterial, FeeAccount, Participant

__all__ = ["Enrolment", "EnrolmentMaterial", "FeeAccount", "Participant"]
