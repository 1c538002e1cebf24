"""What is stored about enrolments?"""

from enrolment.models.application import Enrolment
from enrolment.models.parts import EnrolmentMaterial, FeeAccount, Participant
from enrolment.models.paying import BankReceipt, Confirmation, Invoice, ReceiptShare, Voucher

__all__ = [
    "BankReceipt",
    "Confirmation",
    "Enrolment",
    "EnrolmentMaterial",
    "FeeAccount",
    "Invoice",
    "Participant",
    "ReceiptShare",
    "Voucher",
]
