"""How do files come in, stay secret and stay put? Pictures, sealing, storage."""

from core.files.pictures import Picture, hash_distance, take_picture
from core.files.sealing import open_file, rewrap_file, seal_file
from core.files.storage import Storage, open_storage

__all__ = [
    "Picture",
    "Storage",
    "hash_distance",
    "open_file",
    "open_storage",
    "rewrap_file",
    "seal_file",
    "take_picture",
]
