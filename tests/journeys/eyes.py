"""Can everybody read and press this page? axe, sizes and widths, on the very pages people walk through.

`eyes.look("name")` looks at each name once per screen; `JOURNEY_PICTURES=folder` keeps a picture of each.
What is wrong is gathered and told at the end of the test, all of it at once.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
NARROW = {"width": 320, "height": 844}
VIOLATIONS = """tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(r => r.violations
    .filter(v => v.impact === 'serious' || v.impact === 'critical')
    .map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(' | ')))"""
UNSTICK = "document.querySelectorAll('.bar').forEach(bar => { bar.style.position = 'static'; })"
# A label counts as the target of its tick box; a link inside a sentence needs no size (WCAG 2.5.8).
MEASURE = """isPhone => {
    const small = [], thin = [];
    for (const e of document.querySelectorAll('a,button,input:not([type=hidden]),select,textarea,summary')) {
        const style = getComputedStyle(e), box = (e.closest('label') || e).getBoundingClientRect();
        const inText = e.tagName === 'A' && style.display === 'inline';
        if (!box.width || inText || e.matches('.enter,.skip')) continue;
        if (box.height < 43.5 || box.width < 43.5) small.push(e.outerHTML.slice(0, 120));
        if (isPhone && e.matches('button:not(.link),.btn') && parseFloat(style.fontSize) < 17)
            thin.push(e.outerHTML.slice(0, 120));
    }
    const labels = [...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
        .filter(i => !i.labels.length && !i.getAttribute('aria-label')).map(i => i.name);
    return {small, thin, unlabelled: labels, heads: document.querySelectorAll('h1').length,
            empty: [...document.querySelectorAll('h1')].some(h => !h.textContent.trim()),
            lang: document.documentElement.lang,
            viewport: document.querySelector('meta[name=viewport]').content};
}"""
WIDE = "document.documentElement.scrollWidth - innerWidth"


@lru_cache(1)
def _axe() -> str:
    return AXE.read_text("utf-8")


class Eyes:
    """Looks at the pages of one person; `seen` is shared, so that no page is looked at twice alike.

    Without screens it looks at nothing: a page without JavaScript cannot be asked.
    """

    def __init__(
        self, page: Page, screens: tuple[dict[str, int], ...], seen: set[str], look: str = ""
    ) -> None:
        self.page, self.screens, self.seen, self.kind = page, screens, seen, look
        self.faults: dict[str, Any] = {}
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._fault("script", str(error)))

    def _said(self, message: Any) -> None:
        # a script or style that the policy refuses is only told to the console
        if "Content Security" in message.text:
            self._fault("policy", message.text)

    def _fault(self, where: str, what: Any) -> None:
        self.faults.setdefault(f"{where} {self.page.url.rsplit('/', 1)[-1]}", what)

    def look(self, name: str) -> None:
        """Everything about the page as it is now, on each of this person's screens."""
        for screen in self.screens:
            key = f"{name}-{self.kind}{screen['width']}"
            if key in self.seen:
                continue
            self.seen.add(key)
            self.page.set_viewport_size(screen)
            if wrong := self._wrong(screen["width"] < 600):
                self.faults[key] = wrong
            self._keep(key)
        for screen in self.screens[:1]:
            self.page.set_viewport_size(screen)

    def _wrong(self, is_phone: bool) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(MEASURE, is_phone)
        wrong = {key: found[key] for key in ("small", "thin", "unlabelled", "empty") if found[key]}
        if found["heads"] != 1 or found["lang"] != "zh-CN" or "user-scalable" in found["viewport"]:
            wrong["frame"] = found
        if (over := self.page.evaluate(WIDE)) > 0:
            wrong["wide"] = over
        self.page.evaluate(_axe())
        self.page.evaluate(UNSTICK)  # what lies under the bar now is one scroll away
        if violations := self.page.evaluate(VIOLATIONS, TAGS):
            wrong["axe"] = violations
        if is_phone:
            before = self.page.viewport_size
            self.page.set_viewport_size(NARROW)
            if (over := self.page.evaluate(WIDE)) > 0:
                wrong["wide at 320"] = over
            self.page.set_viewport_size(before)  # type: ignore[arg-type]
        self.page.evaluate("document.querySelectorAll('.bar').forEach(bar => { bar.style.position = ''; })")
        return wrong

    def _keep(self, key: str) -> None:
        """The whole page for reading, and the first screen as it is met."""
        if not (folder := os.environ.get("JOURNEY_PICTURES")):
            return
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        number = len(list(place.glob("*-all.png"))) + 1
        self.page.screenshot(path=place / f"{number:03d}-{key}.png")
        self.page.screenshot(path=place / f"{number:03d}-{key}-all.png", full_page=True)
