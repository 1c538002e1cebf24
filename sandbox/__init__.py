"""What plays everything outside Huzhu on a developer's machine? One Flask app: `create_sandbox(settings)`."""

from sandbox.app import create_sandbox

__all__ = ["create_sandbox"]
