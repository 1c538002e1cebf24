"""Which text would a spreadsheet program run, and how is it kept from that? (U6, CSV only)

xlsx cells are typed, so text is text there. CSV has no types: `=1+1` would be computed when opened.
"""

from __future__ import annotations

STARTS = "=+-@|＝＋－＠｜"  # noqa: RUF001  the full-width twins are run as well
BLANKS = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
SHIELD = "'"


def _is_run(text: str) -> bool:
    bare = text.lstrip(SHIELD)
    return bare[:1] in ("\t", "\r", "\n") or bare.lstrip(BLANKS + SHIELD)[:1] in tuple(STARTS)


def defused(text: str) -> str:
    """`text` with a `'` before it when a spreadsheet program would run it; `restored` gives it back."""
    return SHIELD + text if _is_run(text) else text


def restored(text: str) -> str:
    """The text that `defused` was given."""
    return text[1:] if text.startswith(SHIELD) and _is_run(text[1:]) else text
