"""Which part of WeUI do our pages need? Its reset and the colours that reads; no class of its parts is used.

The whole file is 23 KB packed, two thirds of what a page may weigh. Without the rules that need a class,
which match nothing in our templates, and without the colours and measures that nothing reads any more, it is
under 1 KB and looks the same to the last pixel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NOTICE = re.compile(r"\A\s*/\*!.*?\*/", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
VALUE = r"(?:[^;()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*"  # a semicolon in url(…;…) does not end it
GIVEN = re.compile(rf"(--[\w-]+):{VALUE}(?:;|$)")
READ = re.compile(r"var\(\s*(--[\w-]+)")
CLASS = re.compile(r"\.|\[class")


def trimmed(css: str) -> str:
    """The style sheet without rules that need a class and what they read; its copyright notice stays."""
    notice = NOTICE.match(css)
    kept = _kept(COMMENT.sub("", css))
    while (less := _kept(kept, set(READ.findall(kept)))) != kept:
        kept = less
    return (notice[0] if notice else "") + kept


def _kept(css: str, read: set[str] | None = None) -> str:
    """With `read`: without the variables that are not in it."""
    return "".join(_rule(head, body, read) for head, body in _rules(css))


def _rule(head: str, body: str, read: set[str] | None) -> str:
    if head.startswith(("@media", "@supports")):
        inner = _kept(body, read)
        return f"{head}{{{inner}}}" if inner else ""
    if head.startswith("@"):  # movements and fonts of the parts
        return ""
    plain = ",".join(selector for selector in head.split(",") if not CLASS.search(selector))
    if read is not None:
        body = GIVEN.sub(lambda given: given[0] if given[1] in read else "", body)
    return f"{plain}{{{body}}}" if plain and body else ""


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
