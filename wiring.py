"""Which features make the application? Tables that app.py reads: a line a blueprint, job, actor, command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Flask, request, session, url_for

import changes.admin
import changes.jobs
import changes.views
import claims.admin
import claims.admin.behalf
import claims.jobs
import claims.views
import content.admin
import content.jobs
import content.views
import demo
import doctor
import employee.admin
import employee.views
import enrolment.admin
import enrolment.admin.confirming
import enrolment.admin.invoices
import enrolment.admin.receipts
import enrolment.admin.vouchers
import enrolment.jobs
import finder.admin
import finder.jobs
import finder.views
import handbook
import membership.admin
import membership.jobs
import membership.service
import notify.admin
import notify.desk
import notify.jobs
import notify.queries
import notify.receipts
import notify.views
import payout.admin
import payout.jobs
import portal.coverage
import portal.landing
import portal.rights.jobs
import portal.rights.retention
import portal.rights.views
import portal.views
import portal.visits
import reports.admin
import reports.jobs
import roster.admin
import roster.jobs
import roster.service.transfers
import schema  # noqa: F401 - every table is known before the first query
import staff.admin
import staff.admin.appealing
import staff.admin.recovering
import staff.commands
import staff.jobs
import union.admin
import wechat.admin
import wechat.commands
import wechat.jobs
import wechat.oauth
import wechat.subscribing
import wechat.views
import whatif.admin
import whatif.jobs
import workbench.admin
import workbench.jobs
import workbench.navigation
import workbench.why
from changes import queries as change_queries
from claims import queries as claim_queries
from core import commands, health
from core.access import Actor, Loader, current_actor
from core.bell import Jobs
from core.pages import returning
from employee import service as employees
from notify.recipients import crowds, recipients
from staff import service as staff_service
from wechat.hooks import product_hooks
from wechat.service import consents

BLUEPRINTS: list[Blueprint] = [
    health.blueprint,
    wechat.views.blueprint,
    wechat.oauth.blueprint,
    wechat.admin.blueprint,
    wechat.subscribing.blueprint,
    employee.views.blueprint,
    employee.admin.blueprint,
    claims.views.blueprint,
    changes.views.blueprint,
    changes.admin.blueprint,
    content.views.blueprint,
    content.admin.blueprint,
    portal.views.blueprint,
    portal.rights.views.blueprint,
    portal.coverage.blueprint,
    portal.landing.blueprint,
    payout.admin.blueprint,
    reports.admin.blueprint,
    finder.admin.blueprint,
    finder.views.blueprint,
    staff.admin.blueprint,
    staff.admin.recovering.blueprint,
    staff.admin.appealing.asking,
    staff.admin.appealing.deciding,
    workbench.admin.blueprint,
    workbench.why.blueprint,
    union.admin.records,
    union.admin.people,
    membership.admin.blueprint,
    enrolment.admin.blueprint,
    claims.admin.behalf.blueprint,
    claims.admin.blueprint,
    whatif.admin.blueprint,
    roster.admin.blueprint,
    enrolment.admin.vouchers.blueprint,
    enrolment.admin.confirming.blueprint,
    enrolment.admin.receipts.blueprint,
    enrolment.admin.invoices.blueprint,
    notify.views.blueprint,
    notify.admin.blueprint,
    notify.desk.blueprint,
    notify.receipts.blueprint,
]

# Views that machines post to; each checks a signature or secret of its own.
CSRF_EXEMPT: list[Callable[..., Any]] = [wechat.views.receive, notify.receipts.receive]


def _employee() -> Actor | None:
    openid = session.get("openid")
    found = employees.actor_of(openid) if openid else None
    return found if found and found.kind == "employee" else portal.visits.actor() or found


# How a person can be reached, for messages that name only whom they are for.
recipients.update(employee=employees.recipient, staff=staff_service.recipient)
crowds.update(employee=employees.recipients_of)
# Who of another union is asked for, from the roster's own form.
roster.service.transfers.ways.update(employee=membership.service.ask_for_employee)

# Who is asking, per area; each reads flask.session and the database once per request.
ACTORS: dict[str, Loader] = {"employee": _employee, "staff": staff.admin.actor}

# What the doorbell and the clock can run (config/schedule.py says how often).
JOBS: Jobs = {
    "core.sweep": commands.sweep,
    "changes.sweep": changes.jobs.sweep,
    "claims.release_holds": claims.jobs.release_holds,
    "content.turn_pages": content.jobs.turn_pages,
    "claims.measure_pace": claims.jobs.measure_pace,
    "claims.compare_pictures": claims.jobs.compare_pictures,
    "roster.work": roster.jobs.work,
    "roster.vouch": roster.jobs.vouch,
    "membership.sweep": membership.jobs.sweep,
    "roster.sweep": roster.jobs.sweep,
    "wechat.sweep": wechat.jobs.sweep,
    "wechat.errands": wechat.jobs.run_errands,
    "notify.drain": notify.jobs.drain,
    "notify.catch_up": notify.jobs.catch_up,
    "notify.sweep": notify.jobs.sweep,
    "enrolment.tell": enrolment.jobs.tell,
    "payout.sweep": payout.jobs.sweep,
    "finder.sweep": finder.jobs.sweep,
    "finder.work": finder.jobs.work,
    "reports.gather": reports.jobs.gather,
    "reports.refresh": reports.jobs.refresh,
    "reports.sweep": reports.jobs.sweep,
    "staff.sweep": staff.jobs.sweep,
    "workbench.remind": workbench.jobs.remind,
    "whatif.work": whatif.jobs.work,
    "whatif.sweep": whatif.jobs.sweep,
    "portal.prepare_exports": portal.rights.jobs.prepare_exports,
    "portal.sweep_rights": portal.rights.jobs.sweep,
    "portal.retain": portal.rights.jobs.retain,
}


def join_conversation(app: Flask) -> None:
    """What the account's conversation asks and tells the features."""
    hooks = product_hooks(claims=claim_queries.status_lines, todo=_todo)
    wechat.views.use_hooks(app, hooks)


def add_commands(app: Flask) -> None:
    """Command-line groups of the features."""
    app.cli.add_command(wechat.commands.group)
    app.cli.add_command(staff.commands.group)
    app.cli.add_command(demo.command)
    app.cli.add_command(doctor.command)
    app.cli.add_command(handbook.command)
    app.cli.add_command(portal.rights.retention.command)


# What /metrics shows: name → (help, label, how to count).
GAUGES: health.Gauges = {
    "huzhu_messages_in_trouble": ("Messages by status", "status", notify.queries.trouble),
}


def _person() -> str:
    actor = current_actor()
    return actor.label if actor.kind == "staff" else ""


def _open_change() -> str:
    """The state of the person's open request for a change, beside its entry in 个人中心 (E3)."""
    actor = current_actor()
    found = change_queries.open_of(actor.id) if actor.kind == "employee" and actor.id else None
    return found.label if found else ""


def _todo(person: str) -> str:
    """SQL: how much waits for a person, in one statement of the conversation."""
    return f"SELECT ({claim_queries.todo_of(person)}) + ({change_queries.todo_of(person)})"


def frame(app: Flask) -> dict[str, Any]:
    """What the page frames ask for; see `core.pages.register_pages`."""
    return {
        "admin_nav": workbench.navigation.items,
        "unread": notify.views.unread,
        "person": _person,
        "waiting": staff.admin.waiting,
        "asks_consent": lambda: bool(consents.asked_for()),
        "open_change": _open_change,
    }


def sign_in(kind: str, back: str = "") -> str:
    """Where somebody goes who must sign in first; the way back is the page they wanted, or a kept form."""
    back = back or (request.full_path.rstrip("?") if request.method == "GET" else "")
    if kind == "staff":
        return url_for("staff_sign_in.login", next=back or "/admin/")
    if kind in staff.admin.OWED_PAGES:
        return url_for(staff.admin.OWED_PAGES[kind], next=back or staff.admin.page_before())
    if portal.visits.is_outside():
        over = 1 if portal.visits.VISIT in session else None
        return url_for("landing.show", kind="changes" if "/changes" in request.path else "claims", over=over)
    if kind == "follower":
        token = parse_qs(urlsplit(back).query).get(returning.ARGUMENT, [""])[0]
        back = url_for("employee.go_on", token=token) if token else back  # WeChat's way back has no query
        return url_for("wechat_oauth.start", next=back or "/h5/")
    return url_for("employee.bind", next=back or "/h5/")
