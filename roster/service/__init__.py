"""What happens to a roster? An upload is read, shown, confirmed and applied by a worker."""

from roster.service.applying import apply_some, cancel, confirm
from roster.service.keeping import position, waiting_words
from roster.service.reading import findings_of, read_in
from roster.service.results import result_file, template
from roster.service.telling import not_imported
from roster.service.uploading import upload

__all__ = [
    "apply_some",
    "cancel",
    "confirm",
    "findings_of",
    "not_imported",
    "position",
    "read_in",
    "result_file",
    "template",
    "upload",
    "waiting_words",
]
