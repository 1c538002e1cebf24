"""Which documents does the code write itself? Workflows, addresses, settings, requirements (`make docs`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

import changes.rules
import claims.rules
import content.rules
import employee.rules
import enrolment.rules
import finder.rules
import membership.rules
import payout.rules
import portal.rights.rules
import reports.rules
import roster.rules.states
import staff.rules.appeals
from config.settings import ROOT, SECRETS, Settings
from core.roles import OWNER, STAFF_ROLES, VISITOR
from core.workflow import Workflow
from tools import proofs

DOCS = ROOT / "docs"
WORKFLOWS: tuple[tuple[str, Workflow], ...] = (
    ("补助申请 claim", claims.rules.WORKFLOW),
    ("打款批次 payout batch", payout.rules.WORKFLOW),
    ("个人信息变更 change", changes.rules.WORKFLOW),
    ("工会参保 enrolment", enrolment.rules.WORKFLOW),
    ("内容 content", content.rules.WORKFLOW),
    ("人工申诉 appeal", staff.rules.appeals.WORKFLOW),
    ("会籍变更 membership transfer", membership.rules.WORKFLOW),
    ("名册导入 roster import", roster.rules.states.WORKFLOW),
    ("找回绑定 rebind", employee.rules.REBIND),
    ("亡故登记 death", employee.rules.DEATH),
    ("信息导出 export", portal.rights.rules.EXPORT),
    ("报表导出 report export", reports.rules.EXPORT),
    ("回头望 finder", finder.rules.RUN),
)
WHO = {
    **STAFF_ROLES,
    OWNER: "本人",
    VISITOR: "本人（微信外，短信验证）",
    "system": "系统",
    "employee": "职工",
    "follower": "关注者",
    "guest": "所有人",
}
MADE = "<!-- Written by `make docs`; change the code, not this file. -->"


@click.command("docs")
@with_appcontext
def command() -> None:
    """Write the generated documents."""
    for name, text in documents(current_app).items():  # type: ignore[arg-type]
        (DOCS / name).write_text(text, encoding="utf-8")
        click.echo(f"docs/{name}")


def documents(app: Flask) -> dict[str, str]:
    """File name → text of every generated document."""
    writers: dict[str, Callable[[], Iterator[str]]] = {
        "workflows.md": _workflows,
        "urls.md": lambda: _urls(app),
        "settings.md": _settings,
        "requirements.md": _requirements,
    }
    return {name: "\n".join([MADE, *write(), ""]) for name, write in writers.items()}


def _workflows() -> Iterator[str]:
    yield "# Workflows\n"
    yield "Every change of state in the product is one row here; `core.history.perform` allows nothing else."
    for title, workflow in WORKFLOWS:
        yield f"\n## {title}\n"
        yield "| action | button | from | to | who | told by |"
        yield "|---|---|---|---|---|---|"
        for move in workflow.moves:
            sources = "、".join(workflow.label(state) for state in move.sources)
            who = "、".join(sorted(WHO.get(role, role) for role in move.who))
            tells = f"`{move.tells}`" if move.tells else ""
            target = workflow.label(move.target)
            yield f"| `{move.action}` | {move.label} | {sources} | {target} | {who} | {tells} |"


def _urls(app: Flask) -> Iterator[str]:
    yield "# Addresses\n"
    yield "| path | methods | who | view |"
    yield "|---|---|---|---|"
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ())))
    for rule in rules:
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        access: frozenset[str] = getattr(app.view_functions[rule.endpoint], "access", frozenset())
        who = "、".join(sorted(WHO.get(role, role) for role in access))
        yield f"| `{rule.rule}` | {methods} | {who} | `{rule.endpoint}` |"


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield "Environment variables; a secret may also come from a file named by `NAME_FILE`.\n"
    yield "| name | default | secret |"
    yield "|---|---|---|"
    for field in fields(Settings):
        is_secret = field.name in SECRETS
        default = "" if is_secret or field.default in ("", None) else f"`{field.default}`"
        yield f"| `{field.name.upper()}` | {default} | {'yes' if is_secret else ''} |"


def _requirements() -> Iterator[str]:
    wanted, proved = proofs.wanted(), proofs.proofs()
    yield "# Requirements\n"
    yield "What the two manuals of systems in service ask for, and the tests that prove it. GX is the"
    yield "employee's side, XM the union operator's. A test claims an id in its name, its docstring or the"
    yield "name of a case.\n"
    yield f"{sum(id_ in proved for id_ in wanted)} of {len(wanted)} are proved.\n"
    yield "| id | asks for | in the manual's words | state | proved by |"
    yield "|---|---|---|---|---|"
    for id_, (english, chinese) in wanted.items():
        tests = "<br>".join(f"`{test}`" for test in proved.get(id_, ()))
        yield f"| {id_} | {english} | {chinese} | {'proved' if tests else 'not yet'} | {tests} |"


def is_current(name: str, text: str, folder: Path = DOCS) -> bool:
    """Is the file what the code would write now?"""
    path = folder / name
    return path.is_file() and path.read_text(encoding="utf-8") == text
