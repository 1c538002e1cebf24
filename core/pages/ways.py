"""Is the way back a page of ours? Asked wherever an address or a form names the page to go on to."""

from __future__ import annotations


def own_page(path: str, *starts: str, otherwise: str = "") -> str:
    """`path` when it is on this host and begins with one of `starts`, else `otherwise` (W7)."""
    is_ours = path.startswith(starts) and "//" not in path and "\\" not in path
    return path if is_ours else otherwise
