"""What plays everything outside Huzhu on a developer's machine? One Flask app: `create_sandbox(settings)`."""

from sandbox.app import create_sandbox

create_app = create_sandbox  # the name that every Flask command expects

__all__ = ["create_app", "create_sandbox"]
