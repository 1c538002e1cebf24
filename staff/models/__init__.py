"""What is stored about those who work here?"""

from staff.models.people import Grant, StaffUser

__all__ = ["Grant", "StaffUser"]
