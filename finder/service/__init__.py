"""What happens in 回头望? A table is read and matched, people are told once, old finds are forgotten."""

from finder.service.expiring import RULES
from finder.service.keeping import export_of, forget
from finder.service.telling import close, tell
from finder.service.uploading import again, template, upload

__all__ = ["RULES", "again", "close", "export_of", "forget", "tell", "template", "upload"]
