"""What does a page's Markdown look like to a browser? Clean HTML, made once, when the page is saved.

Three gates: links and pictures are judged one by one while the Markdown is read; an allow list of tags (nh3)
goes over everything; and no picture tag is ever taken from what was typed: those are built here, afterwards.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from content.rules import PICTURE

Sizes = Mapping[str, tuple[int, int]]  # digest → width and height of the whole picture

TAGS = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "b", "i", "s", "del", "a", "blockquote", "hr",
    "br", "table", "thead", "tbody", "tr", "th", "td", "code", "pre",
}  # fmt: skip
# Gone with all they hold; other tags go and leave their words.
EMPTIED = {"script", "style", "iframe", "svg", "math", "object", "noscript", "template", "textarea", "title"}
LINK = re.compile(r"https?://[\x21-\x7e]+|tel:[0-9+-]+|mailto:[\w.@+-]+|/(?![/\\])[\w./?=&%#-]*", re.ASCII)
# Signs without a meaning: they mark where a picture will stand, and are taken out of what was typed.
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_HOLE = re.compile("\ue000([0-9]+)\ue001")
_BARE = re.compile(r"<p>\s*</p>\n?")
_NO_LINK = re.compile("<a>(.*?)</a>", re.S)
_CODE = re.compile(
    r"<\s*(img|script|style|iframe|svg|object|embed|video|audio|form|input|link|meta|base)\b", re.I
)
_TABLE = '<div class="wide" tabindex="0" role="group" aria-label="表格，可左右滑动"><table>'
PREVIEW_SIDE = 1280


@dataclass(frozen=True)
class Rendered:
    """Clean HTML, and whether something had to be left out of it."""

    html: str
    is_reduced: bool


def render(body: str, sizes: Sizes) -> Rendered:
    """The body as HTML. Pictures that are not in `sizes` are left out."""
    env: dict[str, Any] = {"sizes": sizes, "pictures": [], "left_out": 0}
    tokens = _parser.parse(_PRIVATE.sub("", body), env)
    _level(tokens)
    cleaned = _NO_LINK.sub(r"\1", _clean(_parser.renderer.render(tokens, _parser.options, env)))
    filled = _HOLE.sub(lambda hole: env["pictures"][int(hole[1])], cleaned)
    boxed = filled.replace("<table>", _TABLE).replace("</table>", "</table></div>")
    return Rendered(_BARE.sub("", boxed).strip(), env["left_out"] > 0)


def shown(clean: str) -> Markup:
    """What `render` made, for a template: the only place where text becomes markup."""
    return Markup(clean)  # noqa: S704 - the product of render(), never what a person typed


def preview_size(width: int, height: int) -> tuple[int, int]:
    """The size of the middle picture that is made of one of this size."""
    part = min(1.0, PREVIEW_SIDE / max(width, height, 1))
    return max(1, round(width * part)), max(1, round(height * part))


def _clean(raw: str) -> str:
    return nh3.clean(
        raw,
        tags=TAGS,
        clean_content_tags=EMPTIED,
        attributes={"*": set(), "a": {"href"}},
        attribute_filter=_only_links,
        url_schemes={"http", "https", "tel", "mailto"},
        link_rel=None,
        strip_comments=True,
    )


def _only_links(tag: str, name: str, value: str) -> str | None:
    return value if (tag, name) == ("a", "href") and LINK.fullmatch(value) else None


def _level(tokens: Sequence[Token]) -> None:
    """The page's title is the h1: the largest heading typed becomes h2, the next h3, the rest h4."""
    heads = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    ranks = {tag: f"h{min(rank, 4)}" for rank, tag in enumerate(sorted({head.tag for head in heads}), 2)}
    for head in heads:
        head.tag = ranks[head.tag]


Env = MutableMapping[str, Any]


def _picture(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    """A hole for one of our pictures, which was uploaded through the intake; nothing for any other."""
    token = tokens[index]
    found = PICTURE.fullmatch(str(token.attrGet("src")))
    if not found or found[1] not in env["sizes"]:
        env["left_out"] += 1
        return ""
    width, height = preview_size(*env["sizes"][found[1]])
    alt = html.escape(self.renderInlineAsText(token.children, options, env))
    env["pictures"].append(
        f'<img src="{found[0]}/preview" alt="{alt}" width="{width}" height="{height}" loading="lazy">'
    )
    return f"\ue000{len(env['pictures']) - 1}\ue001"


def _link(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    if not LINK.fullmatch(str(tokens[index].attrGet("href"))):
        env["left_out"] += 1
    return self.renderToken(tokens, index, options, env)


def _typed_html(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env
) -> str:
    env["left_out"] += len(_CODE.findall(tokens[index].content))
    return tokens[index].content


def _made_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # A refused address would stay on the page as text; it is judged by us instead.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for name, rule in (("image", _picture), ("link_open", _link)):
        parser.add_render_rule(name, rule)
    for name in ("html_block", "html_inline"):
        parser.add_render_rule(name, _typed_html)
    return parser


_parser = _made_parser()
