"""Which pages has everybody who works here? Signing in, their own account; a file a subject."""

from staff.admin.sign_in import blueprint

__all__ = ["blueprint"]
