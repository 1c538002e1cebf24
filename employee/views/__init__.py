"""Who asks about themselves? Binding and help with it, 个人中心, settings, and who looked."""

from employee.views import binding, helping, looks, person, settings
from employee.views.door import blueprint

__all__ = ["binding", "blueprint", "helping", "looks", "person", "settings"]
