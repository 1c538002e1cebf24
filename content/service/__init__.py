"""What happens to what the scheme tells everybody? Articles, their pictures, their previews."""

from content.service.articles import (
    SYSTEM,
    create,
    get,
    html_of,
    is_past,
    page_of,
    pin,
    publish,
    published_page,
    save,
    schedule,
    take_down,
    turn_pages,
    unschedule,
)
from content.service.rendering import preview_size, shown

__all__ = [
    "SYSTEM",
    "create",
    "get",
    "html_of",
    "is_past",
    "page_of",
    "pin",
    "preview_size",
    "publish",
    "published_page",
    "save",
    "schedule",
    "shown",
    "take_down",
    "turn_pages",
    "unschedule",
]
