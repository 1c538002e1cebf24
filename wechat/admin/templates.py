"""Which pages say by which template each message goes to WeChat, and which field holds which value?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import db, transaction
from core.errors import Invalid, Missing
from core.pages import again
from notify import queries as messages
from notify.queries import ByWeChat
from wechat import fields as rules
from wechat.admin.door import KEEPERS, blueprint, told
from wechat.client import Template
from wechat.service import errands, mappings
from wechat.service.mappings import FIXED, Mapped

GROUPS = {"claim_update": "补助申请的进度", "account_update": "账号变动", "change_update": "信息变更的进度"}
VALUES = {
    "number": "申请编号",
    "state": "当前进度",
    "time": "时间",
    "note": "说明",
    "what": "事项",
    "name": "姓名",
}
KINDS = {"template": "模板消息", "subscription": "订阅通知（同意一次发一条）", "long_term": "长期订阅通知"}
SOURCES = {"kind": "单独配置", "group": "本组配置", "profile": "系统预设"}
NO_TEMPLATE = "请选择模板。"
UNKNOWN = "公众号里没有这个模板，请先点“读取公众号的模板”。"
NOT_CHOSEN = "请选择这一项填什么。"
FIXED_EMPTY = "请填写固定文字。"
FIXED_LONGEST = 40


@dataclass(frozen=True)
class Scope:
    """What one mapping is about: a group of messages, or one kind alone."""

    key: str
    label: str
    group: str
    kinds: list[ByWeChat]

    @property
    def is_group(self) -> bool:
        return self.key == self.group

    @property
    def now(self) -> Mapped | None:
        kind = "" if self.is_group else self.key
        return mappings.carrier(kind, self.group, db.session.connection())


def scopes() -> list[Scope]:
    """Every group with its kinds behind it."""
    found: list[Scope] = []
    every = messages.by_wechat()
    for group in dict.fromkeys(one.group for one in every):
        members = [one for one in every if one.group == group]
        found.append(Scope(group, GROUPS.get(group, group), group, members))
        found += [Scope(one.kind, one.label, group, [one]) for one in members]
    return found


def scope_of(key: str) -> Scope:
    found = next((scope for scope in scopes() if scope.key == key), None)
    if found is None:
        raise Missing
    return found


def known() -> tuple[dict[str, Template], Any]:
    """The account's templates as they were read last, and when."""
    rows, at = errands.last_answer("read_templates")
    return {row["id"]: Template(**row) for row in rows or ()}, at


# --- the list ----------------------------------------------------------------------------------------------


@blueprint.get("/templates")
@allow(*KEEPERS, everywhere=True)
def templates() -> str:
    found, at = known()
    return render_template(
        "wechat_admin/templates.html",
        rows=[_line(scope, found, at is not None) for scope in scopes()],
        read_at=at,
        account=[{"title": t.title, "kind": KINDS[t.kind], "id": t.id} for t in found.values()],
        read=told("读取模板", "已读取公众号的模板", kind="read_templates"),
    )


def _line(scope: Scope, found: Mapping[str, Template], is_read: bool) -> dict[str, Any]:
    now = scope.now
    lost = is_read and now is not None and now.template_id not in found
    title = found[now.template_id].title if now and now.template_id in found else ""
    return {
        "label": scope.label,
        "is_group": scope.is_group,
        "way": "只发短信和站内信" if now is None else KINDS.get(now.kind, now.kind),
        "template": "公众号里没有这个模板，发不出去" if lost else title or (now.template_id if now else ""),
        "trouble": lost or now is None,
        "source": SOURCES[now.source] if now else "没有配置",
        "cuts": sum(row["is_bad"] for row in shown_as(scope, now)) if now else 0,
        "url": url_for(".template", key=scope.key),
    }


@blueprint.post("/templates/read")
@allow(*KEEPERS, everywhere=True)
def read_templates() -> ResponseReturnValue:
    with transaction():
        errands.ask("read_templates", "", current_actor())
    return redirect(url_for(".templates"), 303)


# --- one mapping -------------------------------------------------------------------------------------------


@blueprint.get("/templates/<key>")
@allow(*KEEPERS, everywhere=True)
def template(key: str) -> str:
    return page(scope_of(key), {})


@blueprint.post("/templates/<key>")
@allow(*KEEPERS, everywhere=True)
def save_template(key: str) -> ResponseReturnValue:
    scope = scope_of(key)
    again(lambda errors: page(scope, errors))
    if request.form.get("does") == "off":
        kind, template_id, fields = mappings.TEMPLATE, "", dict[str, str]()
    else:
        kind, template_id, fields = _typed(scope)
    with transaction():
        mappings.choose(key, kind, template_id, fields, seen=_seen(), by=current_actor())
    flash(f"“{scope.label}”的配置已保存，从下一条消息起生效。")
    return redirect(url_for(".template", key=key), 303)


def _typed(scope: Scope) -> tuple[str, str, dict[str, str]]:
    """What was chosen. Raises `Invalid` for all that WeChat would refuse."""
    chosen = request.form.get("template_id", "")
    found, _ = known()
    if chosen not in found:
        raise Invalid({"template_id": UNKNOWN if chosen else NO_TEMPLATE})
    fields: dict[str, str] = {}
    errors: dict[str, str] = {}
    for _, field in rules.fields_of(found[chosen].content):
        value = request.form.get(f"v_{field}", "")
        if value == FIXED:
            value += request.form.get(f"t_{field}", "").strip()[:FIXED_LONGEST]
        fields[field] = value
        if words := _wrong(scope, field, value):
            errors[f"{'t' if value.startswith(FIXED) else 'v'}_{field}"] = words
    if errors:
        raise Invalid(errors)
    return found[chosen].kind, chosen, fields


def _wrong(scope: Scope, field: str, value: str) -> str:
    """Why this value cannot go into this field, for any message of the scope."""
    if value == FIXED:
        return FIXED_EMPTY
    if not value.startswith(FIXED) and not all(value in one.values for one in scope.kinds):
        return NOT_CHOSEN
    for one in scope.kinds:
        raw = mappings.filled({field: value}, one.values)[field]
        text = raw if value.startswith(FIXED) else messages.as_wechat_accepts(field, raw)
        if words := rules.complaint(field, text):
            return f"“{one.label}”在这里是“{text}”，微信不接受：{words}。"
    return ""


@blueprint.post("/templates/<key>/reset")
@allow(*KEEPERS, everywhere=True)
def reset_template(key: str) -> ResponseReturnValue:
    scope = scope_of(key)
    again(lambda errors: page(scope, errors))
    with transaction():
        mappings.give_back(key, seen=_seen(), by=current_actor())
    flash(f"“{scope.label}”已改回原来的配置。")
    return redirect(url_for(".template", key=key), 303)


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def page(scope: Scope, errors: dict[str, str]) -> str:
    """The page of one mapping; `?template=` or what was typed says which template is being looked at."""
    found, at = known()
    own, now = mappings.chosen(scope.key), scope.now
    wanted = request.form.get("template_id") or request.args.get("template", "")
    chosen = wanted or (now.template_id if now else "")
    shown = found.get(chosen)
    current = now.fields if now and now.template_id == chosen else {}
    typed = request.form if "seen" in request.form else _as_typed(current, scope)
    return render_template(
        "wechat_admin/template.html",
        errors=errors,
        scope=scope,
        now=now,
        kinds=KINDS,
        source=SOURCES[now.source] if now else "",
        own=own,
        seen=own.version if own else 0,
        read_at=at,
        options=[(t.id, f"{t.title}（{KINDS[t.kind]}）") for t in found.values()],
        chosen=chosen,
        shown=shown,
        is_lost=bool(chosen) and at is not None and shown is None,
        fields=_fields(shown) if shown else [],
        choices=_choices(scope),
        values=typed,
        rows=shown_as(scope, now) if now else [],
        columns=_columns(now, found.get(now.template_id) if now else None),
        said=told("测试发送", "测试消息已交给微信，请在手机上看", kind="test_send", subject=scope.key),
        test_kinds=[(one.kind, one.label) for one in scope.kinds],
    )


def _fields(shown: Template) -> list[dict[str, str]]:
    return [
        {"field": field, "label": label, "rule": rules.rule_words(field)}
        for label, field in rules.fields_of(shown.content)
    ]


def _choices(scope: Scope) -> list[tuple[str, str]]:
    names = dict.fromkeys(name for one in scope.kinds for name in one.values)
    return [*((name, VALUES.get(name, name)) for name in names), (FIXED, "固定文字（填在下面）")]


def _as_typed(fields: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """The mapping in force as the form's values."""
    typed = {}
    for field, value in fields.items():
        is_fixed = value.startswith(FIXED)
        typed[f"v_{field}"] = FIXED if is_fixed else value
        typed[f"t_{field}"] = value[len(FIXED) :] if is_fixed else ""
    return typed


def shown_as(scope: Scope, now: Mapped) -> list[dict[str, Any]]:
    """What each message would say in each field, and what WeChat would cut or refuse."""
    rows = []
    for one in scope.kinds:
        values = mappings.filled(now.fields, one.values)
        cells = {field: _cell(field, raw) for field, raw in values.items()}
        rows.append(
            {"kind": one.label, "cells": cells, "is_bad": sum(cell["is_bad"] for cell in cells.values())}
        )
    return rows


def _cell(field: str, raw: str) -> dict[str, Any]:
    text = messages.as_wechat_accepts(field, raw)
    bad = rules.complaint(field, text)
    cut = "" if text == raw else f"太长，会截成这样。原文：{raw}"
    check = f"微信不接受：{bad}" if bad else cut
    return {"text": text, "check": check, "is_bad": bool(check)}


def _columns(now: Mapped | None, shown: Template | None) -> list[dict[str, str]]:
    labels = {field: label for label, field in rules.fields_of(shown.content)} if shown else {}
    fields = [
        {"key": field, "label": labels.get(field, field), "kind": "own"}
        for field in (now.fields if now else ())
    ]
    return [{"key": "kind", "label": "消息"}, *fields]
