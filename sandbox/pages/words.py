"""How does a phone show what was said? Links in chats and codes in SMS, with everything else escaped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

from markupsafe import Markup, escape

from sandbox.state import Sms

ANCHOR = re.compile(r"<a\s[^>]*?href\s*=\s*[\"']([^\"']+)[\"'][^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
ADDRESS = re.compile(r"https?://[^\s<>\"'，。；、）”]+")
CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")


def chat_text(text: str, is_from_account: bool) -> Markup:
    """WeChat shows <a> of an account as a link, bare addresses of anybody, and no other HTML."""
    if not is_from_account:
        return _linked(text)
    return _pieces(ANCHOR, text, lambda m: link_to(unescape(m[1]), unescape(m[2])), _linked)


def _linked(text: str, person: str = "") -> Markup:
    return _pieces(ADDRESS, text, lambda m: link_to(m[0], m[0], person), escape)


def _pieces(
    pattern: re.Pattern[str],
    text: str,
    found: Callable[[re.Match[str]], Markup],
    rest: Callable[[str], Markup],
) -> Markup:
    out, at = Markup(""), 0
    for match in pattern.finditer(text):
        out += rest(text[at : match.start()]) + found(match)
        at = match.end()
    return out + rest(text[at:])


def link_to(url: str, words: str, person: str = "") -> Markup:
    """A link that opens in the browser of a phone; without JavaScript the page comes back with it open."""
    if not url.startswith(("http://", "https://")):
        return escape(words)
    page = "/phone?" + urlencode(({"as": person} if person else {}) | {"open": url})
    return Markup('<a href="{}" data-open="{}">{}</a>').format(page, url, words)


def code_in(text: str) -> str:
    """The verification code of an SMS, "" when it holds none."""
    found = CODE.search(text) if "验证码" in text else None
    return found[0] if found else ""


def sms_text(sms: Sms, person: str = "") -> Markup:
    """As a phone shows it: signature, words, a code as a button that copies it, links that open there."""
    text = sms.text if sms.text.startswith("【") or not sms.sign else f"【{sms.sign}】{sms.text}"
    code = code_in(text)
    if not code:
        return _linked(text, person)
    before, _, after = text.partition(code)
    button = Markup('<button type="button" class="code" data-copy="{0}">{0}</button>').format(code)
    return escape(before) + button + escape(after)
