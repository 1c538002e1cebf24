"""What happens to unions? Records and the tree, and the people who work for them."""

from union.forms import part_of
from union.service.people import hire, reseat
from union.service.records import edit, may_name_chair
from union.service.tree import create_child, move

__all__ = ["create_child", "edit", "hire", "may_name_chair", "move", "part_of", "reseat"]
