"""Does what is typed reach a browser only as words, our pictures and honest links? (C1)"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.service.rendering import TAGS, render

OURS = "ab" * 16
SIZES = {OURS: (2000, 1000)}
PICTURE = f"/h5/pictures/{OURS}"
TAG = f'<img src="{PICTURE}/preview" alt="图" width="1280" height="640" loading="lazy">'


class Reader(HTMLParser):
    """Every tag with its attributes, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def is_harmless(text: str) -> bool:
    """Only known tags; no attribute but an honest link's address and those of our own pictures and tables."""
    for tag, attrs in Reader(text).found:
        if tag == "img":
            if not re.fullmatch(r"/h5/pictures/[0-9a-f]{32}/preview", attrs.get("src") or ""):
                return False
            if set(attrs) != {"src", "alt", "width", "height", "loading"}:
                return False
        elif tag == "div":
            if attrs.get("class") != "wide" or set(attrs) != {"class", "tabindex", "role", "aria-label"}:
                return False
        elif (
            tag not in TAGS
            or set(attrs) - ({"href"} if tag == "a" else set())
            or tag == "a"
            and not re.match(r"https?://|tel:|mailto:|/(?![/\\])", attrs["href"] or "")
        ):
            return False
    return True


HOSTILE = [
    ("<script>window.__x=1</script>后面", "后面"),
    ("<ScRiPt src=//evil.example/x.js></sCrIpT>后面", "后面"),
    ("<style>body{display:none}</style>后面", "后面"),
    ("<img src=x onerror=alert(1)>", ""),
    ('<img src="https://evil.example/x.png">', ""),
    ("![外面的图](https://evil.example/x.png)字", "<p>字</p>"),
    ("![外面的图](//evil.example/x.png)字", "<p>字</p>"),
    ("![图](data:image/png;base64,iVBORw0KGgo=)字", "<p>字</p>"),
    ("![图](javascript:alert(1))字", "<p>字</p>"),
    (f"![图]({PICTURE}/../../admin)字", "<p>字</p>"),
    (f"![图](/h5/pictures/{'cd' * 16})字", "<p>字</p>"),
    (f'<img src="{PICTURE}" onload=alert(1)>', ""),
    ("[点这里](javascript:alert(1))", "<p>点这里</p>"),
    ("[点这里](JaVaScRiPt:alert(1))", "<p>点这里</p>"),
    ("[点这里](&#106;avascript:alert(1))", "<p>点这里</p>"),
    ("[点这里](java\tscript:alert(1))", None),
    ("[点这里](data:text/html,<script>alert(1)</script>)", None),
    ("[点这里](vbscript:x)", "<p>点这里</p>"),
    ("[点这里](//evil.example)", "<p>点这里</p>"),
    ("[点这里](/\\evil.example)", '<p><a href="/%5Cevil.example">点这里</a></p>'),
    ("<javascript:alert(1)>", "<p>javascript:alert(1)</p>"),
    ('<a href="javascript:alert(1)" onclick="alert(1)" title="x">点</a>', "<p>点</p>"),
    ('<iframe src="https://evil.example"></iframe>后面', "后面"),
    ("<svg onload=alert(1)><script>alert(1)</script></svg>后面", "<p>后面</p>"),
    ("<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", None),
    ("<object data=x></object><embed src=x>后面", "<p>后面</p>"),
    ('<p style="position:fixed" class="btn" id="errors">字</p>', "<p>字</p>"),
    ("<form action=//evil.example><input name=a><button>交</button></form>", None),
    ("<base href=//evil.example><meta http-equiv=refresh content=0><link rel=stylesheet href=x>", ""),
    ("<video src=x><audio src=x><template><b>", None),
    ("<!-- 注释 --><p>字</p>", "<p>字</p>"),
    ("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", None),
    (f'<div><a title="\n\n![" onerror="alert(1)]({PICTURE})\n\n">', None),
    (f'![" onerror="alert(1)]({PICTURE})', None),
    ("\ue0000\ue001 ![x](https://evil.example)", None),
    ("<h1>大</h1><marquee>字</marquee>", None),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "shown"), HOSTILE)
def test_gx_06_what_could_harm_a_reader_is_taken_out(typed: str, shown: str | None) -> None:
    made = render(typed, SIZES).html
    assert is_harmless(made), made
    assert shown is None or made == shown


GOOD = [
    ("# 大\n\n## 小", "<h2>大</h2>\n<h3>小</h3>"),
    ("### 只有小的", "<h2>只有小的</h2>"),
    ("一\n\n**二** *三* ~~四~~", "<p>一</p>\n<p><strong>二</strong> <em>三</em> <s>四</s></p>"),
    ("- 甲\n- 乙", "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>"),
    ("> 提示", "<blockquote>\n<p>提示</p>\n</blockquote>"),
    ("[看](https://example.org/a?b=1)", '<p><a href="https://example.org/a?b=1">看</a></p>'),
    ("[申请](/h5/claims)", '<p><a href="/h5/claims">申请</a></p>'),
    ("[打电话](tel:12351)", '<p><a href="tel:12351">打电话</a></p>'),
    (f"![图]({PICTURE})", f"<p>{TAG}</p>"),
    ("3 < 5 & 7", "<p>3 &lt; 5 &amp; 7</p>"),
    ("生僻字 㛃𬭎，买买提·艾力", "<p>生僻字 㛃𬭎，买买提·艾力</p>"),
]


@pytest.mark.parametrize(("typed", "shown"), GOOD)
def test_what_editors_need_comes_through(typed: str, shown: str) -> None:
    assert render(typed, SIZES).html == shown


def test_a_wide_table_scrolls_by_itself_and_not_the_page() -> None:
    made = render("|甲|乙|\n|-|-:|\n|1|2|", {}).html
    assert made.startswith('<div class="wide" tabindex="0"') and made.endswith("</table></div>")
    assert "style" not in made


@pytest.mark.parametrize(
    ("typed", "is_told"),
    [("<script>1</script>", True), ("![a](http://a.example/b)", True), ("[a](javascript:1)", True),
     (f"![图]({PICTURE})", False), ("3 < 5", False), ("[a](https://example.org)", False)],
)  # fmt: skip
def test_the_editor_is_told_when_something_was_left_out(typed: str, is_told: bool) -> None:
    assert render(typed, SIZES).is_reduced is is_told


PIECES = st.sampled_from(
    ["<", ">", '"', "'", "script", "img", " src=", "onerror=", "javascript:", "![", "](", ")", PICTURE,
     "\n\n", "<a href=", "<div>", "title=", "`", "|", "-", "&#x3c;", "\ue000", "0", "\ue001", "<!--", "-->",
     "<![CDATA["]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=3), max_size=30))
def test_whatever_is_put_together_stays_harmless(parts: list[str]) -> None:
    assert is_harmless(render("".join(parts), SIZES).html)
