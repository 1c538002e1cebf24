"""Which pages change the account's menu? Edit, look, compare, push, go back to an earlier version (GX-02)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import context
from core.access import allow, current_actor
from core.db import transaction
from core.errors import Conflict, Invalid
from core.pages import again
from wechat import menu as rules
from wechat.admin.door import KEEPERS, blueprint, told
from wechat.service import errands, menus

PAGES = (
    ("/h5/bind", "绑定信息"),
    ("/h5/me", "个人中心"),
    ("/h5/", "首页"),
    ("/h5/claims", "补助申请"),
    ("/h5/changes", "个人信息变更"),
    ("/h5/coverage", "职工参保"),
    ("/h5/messages", "消息"),
    ("/h5/notices", "公告通知"),
    ("/h5/articles", "文章资讯"),
    ("/h5/brochure", "宣传手册"),
)
ANSWERS = (
    ("progress", "申请进度"),
    ("me", "我的信息"),
    ("bind", "怎样绑定"),
    ("unbind", "怎样解绑"),
    ("claim", "怎样申请补助"),
    ("coverage", "参保记录"),
    ("change", "怎样变更信息"),
    ("news", "公告和文章"),
    ("help", "帮助"),
)
PUSHED_OTHER = "菜单刚刚又改过，现在是第 {number} 版。请看过最新的一版再推送。"
_FIELD = re.compile(r"b([1-9])(?:_([1-9]))?_(name|does|url)")


@blueprint.get("/menu")
@allow(*KEEPERS, everywhere=True)
def menu() -> str:
    return _menu_page({})


def _menu_page(errors: dict[str, str]) -> str:
    newest, pushed = menus.newest(), menus.pushed()
    buttons = menus.buttons_of(newest)
    shown, shown_at = errands.last_answer("push_menu", "read_menu")
    return render_template(
        "wechat_admin/menu.html",
        errors=errors,
        newest=newest,
        pushed=pushed,
        buttons=buttons,
        notes=notes(buttons),
        shown_at=shown_at,
        differences=None if shown is None else differences(shown, sent(buttons)),
        said=told("推送菜单", "菜单已推送", kind="push_menu"),
        read=told("读取菜单", "已读取公众号的菜单", kind="read_menu"),
        versions=[_version(row) for row in menus.versions()],
    )


def differences(shown: menus.Buttons, wanted: menus.Buttons) -> list[dict[str, str]]:
    """What would change by pushing: place by place, empty when nothing would."""
    if rules.plain(shown) == rules.plain(wanted):
        return []
    there, here = rules.lines(shown), rules.lines(wanted)
    rows = [(place, there.get(place, ""), here.get(place, "")) for place in sorted({*there, *here})]
    return [{"label": place, "old": old, "new": new} for place, old, new in rows]


def sent(buttons: menus.Buttons) -> menus.Buttons:
    """The buttons as WeChat gets them."""
    return rules.as_sent(buttons, context.settings().public_url)


def notes(buttons: menus.Buttons) -> list[str]:
    """Names that WeChat takes and a phone has no room for."""
    long = [b["name"] for b in buttons if len(b["name"]) > rules.SHOWN_NAME]
    items = [i["name"] for b in buttons for i in b.get("items", ()) if len(i["name"]) > rules.SHOWN_ITEM_NAME]
    found = [f"“{name}”超过 {rules.SHOWN_NAME} 个字，有的手机上会显示不全。" for name in long]
    return found + [f"“{name}”超过 {rules.SHOWN_ITEM_NAME} 个字，有的手机上会显示不全。" for name in items]


def _version(row: Any) -> dict[str, Any]:
    return {
        "number": f"第 {row.number} 版",
        "made_at": row.made_at,
        "made_by": row.made_by,
        "why": f"恢复自第 {row.restored_from} 版" if row.restored_from else "",
        "pushed_at": row.pushed_at,
        "pushed_by": row.pushed_by,
        "url": url_for(".menu_version", number=row.number),
    }


# --- editing -----------------------------------------------------------------------------------------------


@blueprint.get("/menu/edit")
@allow(*KEEPERS, everywhere=True)
def edit_menu() -> str:
    return _edit_page({}, typed_of(menus.buttons_of(menus.newest())))


@blueprint.post("/menu/edit")
@allow(*KEEPERS, everywhere=True)
def save_menu() -> ResponseReturnValue:
    again(lambda errors: _edit_page(errors, request.form))
    buttons, places = buttons_typed(request.form)
    if errors := _errors(buttons, places):
        raise Invalid(errors)
    with transaction():
        number = menus.save(buttons, seen=_seen(), by=current_actor())
    flash(f"已保存为第 {number} 版，还没有推送。看过预览后再推送到公众号。")
    return redirect(url_for(".menu"), 303)


def _edit_page(errors: dict[str, str], typed: Mapping[str, str]) -> str:
    newest = menus.newest()
    number = newest.number if newest else 0
    return render_template(
        "wechat_admin/menu_edit.html",
        errors=errors,
        values=typed,
        number=number,
        is_overtaken=request.method == "POST" and _seen() != number,
        newest_lines=list(rules.lines(sent(menus.buttons_of(newest))).items()),
        pages=PAGES,
        answers=ANSWERS,
        tops=_rows(typed, 1, rules.MOST_BUTTONS),
        subs=_rows(typed, 2, rules.MOST_ITEMS),
        hosts=context.scheme().link_hosts,
    )


def _rows(typed: Mapping[str, str], level: int, most: int) -> range:
    """The rows of the form: as many as are allowed, and any more that came, so that they can be taken out."""
    found = [int(row[level] or 0) for name in typed if (row := _FIELD.fullmatch(name))]
    return range(1, max([most, *found]) + 1)


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


Place = tuple[int, ...]


def buttons_typed(form: Mapping[str, str]) -> tuple[menus.Buttons, dict[Place, str]]:
    """The buttons in the form, and which row of the form each place of the menu was typed into."""
    rows: dict[tuple[int, int], dict[str, str]] = {}
    for name, text in form.items():
        if found := _FIELD.fullmatch(name):
            rows.setdefault((int(found[1]), int(found[2] or 0)), {})[found[3]] = text.strip()[:1100]
    used = {place: row for place, row in sorted(rows.items()) if row.get("does") or row.get("name")}
    buttons: menus.Buttons = []
    places: dict[Place, str] = {}
    for (n, m), row in used.items():
        if m:
            continue
        place = (len(buttons),)
        places[place] = f"b{n}"
        button: dict[str, Any] = {"name": row.get("name", ""), **_does(row)}
        if row.get("does") == "sub":
            below = [(k, used[n, k]) for (top, k) in used if top == n and k]
            button["items"] = [{"name": sub.get("name", ""), **_does(sub)} for _, sub in below]
            places |= {(*place, i): f"b{n}_{k}" for i, (k, _) in enumerate(below)}
        buttons.append(button)
    return buttons, places


def _does(row: Mapping[str, str]) -> dict[str, str]:
    does, url = row.get("does", ""), row.get("url", "")
    kind, _, value = does.partition(":")
    if kind in ("page", "key") and value:
        return {kind: value}
    if does == "url" and url:
        path = url.removeprefix(context.settings().public_url)
        return {"page": path} if path.startswith("/") else {"url": url}
    return {}


def _errors(buttons: menus.Buttons, places: dict[Place, str]) -> dict[str, str]:
    """What is wrong, by the field of the form it was typed into."""
    found: dict[str, str] = {}
    settings = context.settings()
    for fault in rules.faults(buttons, settings.public_url, context.scheme().link_hosts):
        row = places.get(fault.place, "")
        part = {"name": "name", "target": "does", "": "does"}[fault.part]
        if part == "does" and request.form.get(f"{row}_does") == "url":
            part = "url"
        found.setdefault(f"{row}_{part}" if row else "", fault.words)
    return found


def typed_of(buttons: menus.Buttons) -> dict[str, str]:
    """The form of a menu."""
    typed: dict[str, str] = {}
    for n, button in enumerate(buttons, 1):
        typed |= _row(f"b{n}", button)
        for m, item in enumerate(button.get("items", ()), 1):
            typed |= _row(f"b{n}_{m}", item)
    return typed


def _row(place: str, button: Mapping[str, Any]) -> dict[str, str]:
    page, url = str(button.get("page") or ""), str(button.get("url") or "")
    does = "sub" if "items" in button else f"page:{page}" if page in dict(PAGES) else "url"
    if button.get("key"):
        does = f"key:{button['key']}"
    typed = url or page if does == "url" else ""
    return {f"{place}_name": str(button["name"]), f"{place}_does": does, f"{place}_url": typed}


# --- pushing, reading, going back --------------------------------------------------------------------------


@blueprint.post("/menu/push")
@allow(*KEEPERS, everywhere=True)
def push_menu() -> ResponseReturnValue:
    again(_menu_page)
    with transaction():
        newest = menus.newest()
        number = newest.number if newest else 0
        if number != _seen():
            raise Conflict(PUSHED_OTHER.format(number=number))
        if newest is None:  # the profile's menu becomes the first version, so that what was pushed is known
            number = menus.save(menus.buttons_of(None), seen=0, by=current_actor())
        errands.ask("push_menu", str(number), current_actor())
    return redirect(url_for(".menu"), 303)


@blueprint.post("/menu/read")
@allow(*KEEPERS, everywhere=True)
def read_menu() -> ResponseReturnValue:
    with transaction():
        errands.ask("read_menu", "", current_actor())
    return redirect(url_for(".menu"), 303)


@blueprint.get("/menu/<int:number>")
@allow(*KEEPERS, everywhere=True)
def menu_version(number: int) -> str:
    return _version_page(number, {})


def _version_page(number: int, errors: dict[str, str]) -> str:
    row, newest = menus.version(number), menus.newest()
    buttons = menus.buttons_of(row)
    return render_template(
        "wechat_admin/menu_version.html",
        errors=errors,
        row=row,
        buttons=buttons,
        lines=list(rules.lines(sent(buttons)).items()),
        newest=newest,
    )


@blueprint.post("/menu/<int:number>/restore")
@allow(*KEEPERS, everywhere=True)
def restore_menu(number: int) -> ResponseReturnValue:
    again(lambda errors: _version_page(number, errors))
    buttons = menus.buttons_of(menus.version(number))
    with transaction():
        made = menus.save(buttons, seen=_seen(), by=current_actor(), restored=number)
    flash(f"已把第 {number} 版恢复为第 {made} 版，还没有推送。")
    return redirect(url_for(".menu"), 303)
