"""Which part of WeUI do our pages need? Its colours, measures and reset; no class of its parts is used.

The whole file is 23 KB packed, two thirds of what a page may weigh. Without the rules that need a class,
which match nothing in our templates, it is under 4 KB and looks the same to the last pixel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NOTICE = re.compile(r"\A\s*/\*!.*?\*/", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def trimmed(css: str) -> str:
    """The style sheet without rules that need a class; its copyright notice stays."""
    notice = NOTICE.match(css)
    return (notice[0] if notice else "") + _kept(COMMENT.sub("", css))


def _kept(css: str) -> str:
    return "".join(_rule(head, body) for head, body in _rules(css))


def _rule(head: str, body: str) -> str:
    if head.startswith(("@media", "@supports")):
        inner = _kept(body)
        return f"{head}{{{inner}}}" if inner else ""
    if head.startswith("@"):  # movements and fonts of the parts
        return ""
    plain = ",".join(selector for selector in head.split(",") if "." not in selector)
    return f"{plain}{{{body}}}" if plain else ""


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """(what stands before the braces, what stands in them) of each outermost rule."""
    depth = start = opened = 0
    for at, letter in enumerate(css):
        if letter == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : at]
                start = at + 1
