"""Is what we leave out of WeUI really what no page needs?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.weui import trimmed

ROOT = Path(__file__).resolve().parents[2]
WHOLE = ROOT / "node_modules" / "weui" / "dist" / "style" / "weui.min.css"


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("/*! (c) */body{a:1}.weui-btn{color:red}", "/*! (c) */body{a:1}"),
        (".wx-root,body,page{a:1}", "body,page{a:1}"),
        ("a:active{b:c}/* x */.a a,a img{b:d}", "a:active{b:c}a img{b:d}"),
        ('[class^="weui-"],p[class*=" weui-"]{a:b}', ""),
        ("@media (a){body:not([b]){c:d}.e{f:g}}", "@media (a){body:not([b]){c:d}}"),
        ("@media (a){.e{f:g}}@keyframes a{0%{b:c}to{b:d}}body{e:f}", "body{e:f}"),
    ],
)
def test_only_rules_that_need_a_class_go(css: str, kept: str) -> None:
    assert trimmed(css) == kept


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        ("a{--b:1;c:var(--b)}", "a{--b:1;c:var(--b)}"),
        ("a{--b:var(--c);--c:2;--d:3}p{e:var( --b, 0)}", "a{--b:var(--c);--c:2;}p{e:var( --b, 0)}"),
        ("a{--b:var(--c);--c:var(--d);--d:1}p{e:f}", "p{e:f}"),
        (".z{e:var(--b)}a{--b:1}", ""),
        ("a{--b:url(x;y);--c:calc((1em - var(--d)) / 2);e:f}", "a{e:f}"),
        ("@media (a){a{--b:1}}", ""),
    ],
)
def test_a_measure_stays_as_long_as_something_that_stays_reads_it(css: str, kept: str) -> None:
    assert trimmed(css) == kept


def test_no_page_uses_a_class_of_weui() -> None:
    """Otherwise trimming would take its look away: bring the class into app.css instead."""
    used = {}
    for path in [*(ROOT / "templates_h5").rglob("*.html"), *(ROOT / "static").glob("*.js")]:
        if found := re.findall(r"(?<!data-)(?<!-)\bweui-(?!mode)[a-z][\w-]*", path.read_text("utf-8")):
            used[path.name] = found
    assert not used


def test_every_measure_our_own_style_takes_from_it_is_kept() -> None:
    if not WHOLE.exists():
        pytest.skip("node_modules is not here")
    kept, ours = trimmed(WHOLE.read_text("utf-8")), (ROOT / "static" / "app.css").read_text("utf-8")
    assert "MIT license" in kept
    assert len(kept) < 2_000
    assert [name for name in set(re.findall(r"var\((--weui-[\w-]+)", ours)) if f"{name}:" not in kept] == []
    assert "body[data-weui-mode" in kept and "prefers-color-scheme:dark" in kept.replace(" ", "")
