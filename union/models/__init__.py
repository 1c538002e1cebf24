"""What is stored about unions?"""

from union.models.tree import Union

__all__ = ["Union"]
