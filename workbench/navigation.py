"""Which pages does this member of staff find in the side navigation, and how much waits behind each?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import g
from sqlalchemy import ColumnElement, select

from changes import queries as changes
from changes.queries import work as change_work
from claims.queries import filings, union_desk, work
from claims.service import behalf
from core import roles
from core.access import Actor, current_actor
from core.db import db
from core.pages import NavItem
from employee.service import rebinding
from enrolment import queries as enrolments
from enrolment.queries import paying as fees
from enrolment.queries.paying import rules as paying
from membership import queries as membership
from notify import queries as messages
from staff.service import appeals as staff_appeals
from union import queries as unions

REASONS = (*work.REVIEWERS, roles.ADMINISTRATOR)
MESSAGES = (
    roles.ADMINISTRATOR, roles.AUDITOR, roles.FIRST_REVIEWER, roles.SECOND_REVIEWER,
    roles.FINANCE_MAKER, roles.FINANCE_CHECKER,
)  # fmt: skip
DECIDES_REBINDS = (roles.OPERATOR, roles.CHAIR, roles.FIRST_REVIEWER)
ROSTER = (roles.OPERATOR, roles.CHAIR, roles.ADMINISTRATOR, roles.AUDITOR)
AUDIT = (roles.AUDITOR, roles.ADMINISTRATOR)
EVERYWHERE = ("payouts", "fees", "messages", "content", "audit", "what-if", "wechat", "appeals")
CONTENT = (roles.EDITOR, roles.ADMINISTRATOR)
# XM-23, XM-26: 基层业务管理 has two groups; a line is there only when its page is.
KEEPING, AID = "基层业务管理-基层工会管理", "基层业务管理-医疗互助管理"
REVIEWING = f"{AID}-补助审核"
# XM-80: where claims on behalf begin.
FILING, NEW_FILING = "业务申报平台-医疗互助", "/admin/claims/new"
KEEPS_UNIONS = (roles.OPERATOR, roles.CHAIR, roles.ADMINISTRATOR, roles.AUDITOR)
MANAGES_STAFF = (roles.CHAIR, roles.ADMINISTRATOR, roles.AUDITOR)
PAYOUTS = (*work.FINANCE, roles.ADMINISTRATOR, roles.AUDITOR)
REPORTS = (*work.READERS, *work.FINANCE)

FEES, INVOICES = paying.MONEY_READERS, paying.INVOICE_READERS


def items() -> list[NavItem]:
    """What the frame of every staff page shows; a line somebody may not open is not there."""
    actor = current_actor()
    found = counts(actor) if actor.has(*work.READERS, *work.FINANCE) else {}
    other = waiting(actor)
    lines = [
        (NavItem("work", "待办", "/admin/", own_work(actor, found)), (roles.STAFF,)),
        (NavItem("inbox", "我的消息", "/admin/inbox", other.unread), (roles.STAFF,)),
        (NavItem("claims", "补助申请", "/admin/claims"), (*work.READERS, *work.FINANCE)),
        (NavItem("rebinds", "找回绑定", "/admin/rebinds", other.rebinds), DECIDES_REBINDS),
        (NavItem("changes", "变更审核", *_change_list(actor, other)), change_work.READERS),
        (NavItem("payouts", "打款批次", "/admin/payouts", payable(actor, found)), PAYOUTS),
        (NavItem("fees", "到账核对", "/admin/vouchers", fees_waiting(actor)), FEES),
        (NavItem("reports", "数据统计", "/admin/reports"), REPORTS),
        (NavItem("finder", "回头望", "/admin/finder"), ROSTER),
        (NavItem("messages", "通知记录", "/admin/messages"), MESSAGES),
        (NavItem("reasons", "常用退回意见", "/admin/claims/reasons"), REASONS),
        (NavItem("content", "内容发布", "/admin/content"), CONTENT),
        (NavItem("appeals", "账号申诉", "/admin/appeals", other.appeals), (roles.ADMINISTRATOR,)),
        (NavItem("what-if", "方案测算", "/admin/what-if"), AUDIT),
        (NavItem("audit", "操作日志", "/admin/audit"), AUDIT),
        (NavItem("wechat", "公众号", "/admin/wechat"), (roles.ADMINISTRATOR,)),
        (NavItem("why", "为什么办不了", "/admin/why"), (roles.STAFF,)),
        (NavItem("unions", "工会", "/admin/unions", group=KEEPING), KEEPS_UNIONS),
        (NavItem("staff", "工作人员列表", "/admin/staff", group=KEEPING), MANAGES_STAFF),
        (NavItem("transfers", "会籍变更", "/admin/transfers", other.transfers, KEEPING), KEEPS_UNIONS),
        (NavItem("roster", "职工名册", "/admin/roster", group=AID), ROSTER),
        (
            NavItem(
                "enrolments",
                "工会参保",
                "/admin/enrolments",
                enrolments.own_work(actor, other.enrolments),
                AID,
            ),
            enrolments.READERS,
        ),
        (NavItem("invoices", "发票管理", "/admin/invoices", group=AID), INVOICES),
        *((item, (roles.OPERATOR,)) for item in _union_reviews(actor)),
        (
            NavItem("filing", "医疗补助申请", "/admin/claims/new", other.filings, FILING),
            behalf.FILERS,
        ),
    ]
    return [item for item, who in lines if actor.has(*who) and reaches(actor, item.key, who)]


def _union_reviews(actor: Actor) -> list[NavItem]:
    """补助审核-住院补助 / 工伤致残慰问金 / 职工亡故慰问金, where unions review (XM-91)."""
    if not actor.has(roles.OPERATOR) or not union_desk.is_there():
        return []
    found = union_desk.counts(actor)
    entries = [
        NavItem(f"review-{kind}", words, f"/admin/claims/review/{kind}", found.get(kind, 0), REVIEWING)
        for kind, words in union_desk.kinds()
    ]
    return [NavItem("review", "办理情况和流程", "/admin/claims/review", group=REVIEWING), *entries]


class Waiting(NamedTuple):
    """What waits for somebody beside the claims, and how many messages they have not read."""

    rebinds: int = 0
    transfers: int = 0
    appeals: int = 0
    filings: int = 0
    unread: int = 0
    changes: Mapping[str, int] = {}
    enrolments: Mapping[str, int] = {}


def ask(actor: Actor, change_scope: ColumnElement[bool] | None = None) -> Waiting:
    """Count it; one statement whatever it counts."""
    if actor.id is None:
        return Waiting()
    wanted = {"unread": messages.unread_of(actor.id)}
    if actor.has(*DECIDES_REBINDS):
        wanted["rebinds"] = rebinding.waiting_count(actor)
    if actor.has(*membership.DECIDES):
        wanted["transfers"] = membership.waiting_count(actor)
    if actor.has(roles.ADMINISTRATOR):
        wanted["appeals"] = staff_appeals.waiting_count()
    if actor.has(*behalf.FILERS):
        wanted["filings"] = filings.waiting(actor, unions.places_of(actor, *behalf.FILERS))
    levels = change_work.REVIEWS if actor.has(*change_work.READERS) else ()
    of_levels = [change_work.waiting_at(level, actor, change_scope) for level in levels]
    states = enrolments.waiting_states(actor)
    of_states = [enrolments.waiting_at(state, actor) for state in states]
    found = db.session.execute(select(*wanted.values(), *of_levels, *of_states)).one()
    changes_at = dict(zip(levels, found[len(wanted) :], strict=False))
    enrolled = dict(zip(states, found[len(wanted) + len(levels) :], strict=True))
    return Waiting(**dict(zip(wanted, found, strict=False)), changes=changes_at, enrolments=enrolled)


def waiting(actor: Actor) -> Waiting:
    """The counts of this request, asked for once whoever needs them."""
    if "waiting" not in g:
        g.waiting = ask(actor, g.get("change_scope"))
    found: Waiting = g.waiting
    return found


def _change_list(actor: Actor, found: Waiting) -> tuple[str, int]:
    """The list, opened where something waits for this person, and how much does."""
    waiting, levels = own_changes(actor, found), change_work.levels_of(actor)
    return f"/admin/changes?state={levels[0]}" if waiting and len(levels) == 1 else "/admin/changes", waiting


def own_changes(actor: Actor, found: Waiting) -> int:
    """How many changes of personal data wait for the actor to decide."""
    return changes.own_work(actor, dict(found.changes)) if change_work.levels_of(actor) else 0


def reaches(actor: Actor, key: str, who: tuple[str, ...]) -> bool:
    """Some pages show every union's rows and need a grant for the whole scheme."""
    return key not in EVERYWHERE or actor.unions_of(*who) is None


def counts(actor: Actor) -> dict[str, work.Count]:
    """The counts of this request, asked for once whoever needs them."""
    if "work_counts" not in g:
        g.work_counts = work.counts(actor, g.get("work_scope"))
    found: dict[str, work.Count] = g.work_counts
    return found


def levels_seen(actor: Actor) -> tuple[str, ...]:
    """Which levels' claims the actor's work list shows: their own, or all for those who only watch."""
    mine = work.levels_of(actor)
    return mine or (work.all_levels() if actor.has(*work.READERS) else ())


def own_work(actor: Actor, found: dict[str, work.Count]) -> int:
    """How much waits for the actor to decide."""
    return sum(found.get(level, work.Count()).all for level in work.levels_of(actor))


def fees_waiting(actor: Actor) -> int:
    """How many fees wait for finance's word; asked once a request."""
    if "fee_count" not in g:
        is_theirs = actor.has(*work.FINANCE) and reaches(actor, "fees", work.FINANCE)
        g.fee_count = fees.counts().get("confirming", 0) if is_theirs else 0
    found: int = g.fee_count
    return found


def payable(actor: Actor, found: dict[str, work.Count]) -> int:
    """How much waits to be put into a batch, for those who pay."""
    return found.get("approved", work.Count()).all if actor.has(*work.FINANCE) else 0
