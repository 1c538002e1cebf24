"""Can everybody read and press every macro in every state? axe, sizes and widths on every gallery page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.looks.gallery import page_names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ERRORS = [f"errors/{look}/{status}" for look in ("h5", "admin") for status in (403, 404, 409, 500, 503)]
PAGES = [name + query for name in page_names() if name != "h5/_index" for query in ("", "?wrong=1")] + ERRORS
# width, theme, 大字版
SCREENS = [
    (390, "light", False),
    (390, "dark", False),
    (320, "light", True),
    (1280, "light", False),
    (1280, "dark", False),
]
VIOLATIONS = """tags => axe.run(document, {runOnly: tags}).then(r => r.violations.map(
    v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(' | ')))"""
UNSTICK = "document.querySelectorAll('.bar').forEach(bar => { bar.style.position = 'static'; })"
# A label counts as the target of its tick box; a link inside a sentence needs no size (WCAG 2.5.8).
MEASURE = """() => {
    const small = [], thin = [];
    for (const e of document.querySelectorAll('a,button,input:not([type=hidden]),select,textarea,summary')) {
        const style = getComputedStyle(e);
        const target = e.closest('label') || e;
        const box = target.getBoundingClientRect();
        const inText = e.tagName === 'A' && style.display === 'inline';
        if (!box.width || inText || e.matches('.enter,.skip')) continue;
        if (box.height < 43.5 || box.width < 43.5) small.push(e.outerHTML.slice(0, 90));
        if (e.matches('button,.btn') && parseFloat(style.fontSize) < 17) thin.push(e.outerHTML.slice(0, 90));
    }
    return {small, thin, wide: document.documentElement.scrollWidth - innerWidth,
            heads: document.querySelectorAll('h1').length, lang: document.documentElement.lang,
            viewport: document.querySelector('meta[name=viewport]').content, title: document.title};
}"""


def _open(browser: Browser, width: int, theme: Any, is_big: bool, base: str) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
    if is_big:
        context.add_cookies([{"name": "big", "value": "1", "url": base}])
    page, said = context.new_page(), list[str]()
    # a script or style the policy refuses is only told to the console
    page.on("console", lambda m: said.append(m.text) if "Content Security" in m.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


@pytest.mark.parametrize(("width", "theme", "is_big"), SCREENS)
def test_every_macro_can_be_read_and_pressed(
    browser: Browser, gallery: str, width: int, theme: str, is_big: bool
) -> None:
    page, said = _open(browser, width, theme, is_big, gallery)
    faults: dict[str, Any] = {}
    for name in PAGES:
        page.goto(f"{gallery}/{name}")
        found = page.evaluate(MEASURE)
        page.evaluate(UNSTICK)  # what lies under the bar now is one scroll away
        if AXE.exists():
            page.evaluate(AXE.read_text("utf-8"))
            found["axe"] = page.evaluate(VIOLATIONS, TAGS)
        wrong = {key: found[key] for key in ("small", "thin", "axe") if found.get(key)}
        if found["wide"] > 0 or found["heads"] != 1 or found["lang"] != "zh-CN" or said:
            wrong |= {"wide": found["wide"], "heads": found["heads"], "said": list(said)}
        if "user-scalable" in found["viewport"] or found["title"].startswith("出错：") != name.endswith(
            "wrong=1"
        ):
            wrong |= {"title": found["title"], "viewport": found["viewport"]}
        if wrong:
            faults[name] = wrong
    page.context.close()
    assert not faults
