"""What happens when a person asks for a copy of their data, or takes their consent back?"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from changes import service as change_service
from changes.queries import copying as changes
from claims import queries as claims
from claims import service as claim_service
from core import bell, clock, context
from core.access import SYSTEM, Actor
from core.copies import Copy
from core.db import after_commit, db, uuid7
from core.errors import Conflict, Missing, Refused
from core.files import keeping, open_file, seal_file
from core.files.orphans import ids_of
from core.history import begin, perform
from core.limits import Limit, take
from employee import service as employees
from finder import service as finder
from notify import queries as messages
from notify import service as notify
from plans import queries as plans
from portal.rights import rules, sheet
from portal.rights.models import DataExport, Departure

EXPORT_CODE, LEAVE_CODE = "export", "leave"
PER_DAY = Limit("export_day", 3, 86400, "今天申请导出的次数已用完，请 {wait}后再试。")
BATCH = 20
WORDS = {**claim_service.WITHDRAWAL_WORDS, **change_service.WITHDRAWAL_WORDS}
STOPPED = ("delete", "stop", "waive", "change_delete", "change_stop")
STAYED = ("keep", "finish", "change_keep")
Effects = list[claim_service.Effect | change_service.Effect]


# --- 导出我的信息


def latest_export(employee_id: uuid.UUID) -> DataExport | None:
    query = select(DataExport).where(DataExport.employee_id == employee_id)
    return db.session.scalars(query.order_by(DataExport.id.desc()).limit(1)).first()


def ask_export(by: Actor) -> None:
    """Have a copy prepared. Raises `Conflict` while one waits to be opened; asking twice is one copy."""
    assert by.id  # noqa: S101 - employees have ids
    take(PER_DAY, by.key)
    table = DataExport.__table__
    values = {"id": uuid7(), "employee_id": by.id, "state": "asked", "state_at": clock.now(), "version": 0}
    statement = insert(table).values(**values, asked_at=clock.now()).on_conflict_do_nothing()
    made = db.session.execute(statement.returning(table.c.id)).scalar()
    if made is None:
        raise Conflict(rules.EXPORT_OPEN)
    begin(rules.EXPORT, db.session.get_one(DataExport, made), by)
    after_commit(lambda: bell.ring("portal.prepare_exports"))


def asked_exports() -> list[uuid.UUID]:
    query = select(DataExport.id).where(DataExport.state == "asked").order_by(DataExport.asked_at)
    return list(db.session.scalars(query.limit(BATCH)))


def prepare_export(export_id: uuid.UUID) -> None:
    """Gather, seal and keep the copy; the person is told. Whoever comes second does nothing."""
    row = db.session.scalars(
        select(DataExport)
        .where(DataExport.id == export_id, DataExport.state == "asked")
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return
    name = employees.card(row.employee_id).name
    lead = f"{name}，截至 {clock.shown(clock.now())}。其他人的姓名和账号已隐去。请妥善保管，不要转发。"
    content = sheet.page("我的个人信息", lead, copies_of(row.employee_id), _photo)
    sealed = seal_file(content, keyring=context.keyring(), aad=_place(row.id))
    context.storage().put(_key(row.id), sealed)
    until = clock.now() + dt.timedelta(days=rules.EXPORT_DAYS)
    perform(rules.EXPORT, row, "prepare", SYSTEM, expires_at=until)
    notify.send(
        "export_ready",
        employee=row.employee_id,
        about=("export", row.id, ""),
        values={"until": clock.shown(until)[:16]},
        dedupe=f"export:{row.id}",
    )


def copies_of(employee_id: uuid.UUID) -> list[Copy]:
    """Everything every feature holds about the person."""
    return [
        *employees.export_of(employee_id),
        *plans.export_of(employee_id),
        *claims.export_of(employee_id),
        *changes.export_of(employee_id),
        *messages.export_of(employee_id),
        *finder.export_of(employee_id),
        _departures(employee_id),
    ]


def open_export(export_id: uuid.UUID, code: str, by: Actor) -> None:
    """Let the person read their copy for a while. Raises `Missing` (not theirs), `Conflict`, `Refused`."""
    row = own_export(export_id, by)
    if row.state != "ready" or not row.expires_at or row.expires_at < clock.now():
        raise Conflict(rules.EXPORT_OVER)
    employees.check_own_code(EXPORT_CODE, by, code)
    perform(rules.EXPORT, row, "fetch", by.owning())
    employees.note_looks([row.employee_id], "own_export", by, once_a_day=False)


def read_export(export_id: uuid.UUID, by: Actor) -> bytes:
    """The copy, while it may be read. Raises `Missing`, `Conflict`."""
    row = own_export(export_id, by)
    is_fresh = row.state_at > clock.now() - dt.timedelta(minutes=rules.READ_MINUTES)
    if row.state != "fetched" or not is_fresh or row.erased_at:
        raise Conflict(rules.READ_OVER)
    return open_file(context.storage().get(_key(row.id)), keyring=context.keyring(), aad=_place(row.id))


def own_export(export_id: uuid.UUID, by: Actor) -> DataExport:
    """Raises `Missing`: somebody else's looks like none."""
    row = db.session.get(DataExport, export_id)
    if row is None or by.kind != "employee" or row.employee_id != by.id:
        raise Missing
    return row


def sweep_exports() -> int:
    """What was read or is too old goes from the store."""
    now = clock.now()
    read = and_(
        DataExport.state == "fetched", DataExport.state_at < now - dt.timedelta(minutes=rules.READ_MINUTES)
    )
    old = and_(DataExport.state == "ready", DataExport.expires_at < now)
    due = select(DataExport).where(
        DataExport.erased_at.is_(None), or_(read, old, DataExport.state == "expired")
    )
    # Whoever opens one at this moment is left in peace until the next sweep.
    locked = due.limit(500).with_for_update(skip_locked=True)
    rows = list(db.session.scalars(locked.execution_options(populate_existing=True)))
    for row in rows:
        if row.state == "ready":
            perform(rules.EXPORT, row, "expire", SYSTEM)
        context.storage().delete(_key(row.id))
        row.erased_at = now
    db.session.flush()
    return len(rows)


def exports_of(owners: set[str]) -> set[str]:
    """Which of these are copies that still lie in the store?"""
    live = select(DataExport.id).where(DataExport.erased_at.is_(None))
    return ids_of(owners, lambda ids: live.where(DataExport.id.in_(ids)))


def _photo(file_id: uuid.UUID) -> bytes:
    """Legible and small. A photo that is gone from the store is left out, the rest is still the person's."""
    try:
        return keeping.read(file_id, "preview")
    except Missing:
        return b""


def _key(export_id: uuid.UUID) -> str:
    return f"{export_id}/3"


def _place(export_id: uuid.UUID) -> str:
    return f"data_export|{export_id}"


# --- 撤回同意 / 注销


def foreseen(employee_id: uuid.UUID) -> list[tuple[str, str]]:
    """(申报号 or 申请单号, what would become of it), for the page that asks."""
    found: Effects = [*claim_service.foreseen(employee_id), *change_service.foreseen(employee_id)]
    return [(one.number, WORDS[one.effect]) for one in found]


def leave(kind: str, code: str, by: Actor) -> list[tuple[str, str]]:
    """撤回同意 or 注销, after a fresh code, as one action; returns what became of each application."""
    assert by.id  # noqa: S101 - employees have ids
    if kind not in rules.CHOICES:
        raise Refused(rules.NO_CHOICE, "kind")
    employees.check_own_code(LEAVE_CODE, by, code)
    effects: Effects = [*claim_service.withdraw_all(by.id, by), *change_service.withdraw_all(by.id, by)]
    if kind == rules.ACCOUNT:
        notify.forget_all(by.id)
        finder.forget(by.id)
    _tell(kind, by.id, effects)
    if kind == rules.ACCOUNT:
        employees.close_account(by)
    else:
        for purpose in claim_service.CONSENTS:
            employees.withdraw_consent(by.id, purpose, by)
    done = [[one.number, one.effect] for one in effects]
    db.session.add(Departure(employee_id=by.id, kind=kind, effects=done))
    _expire_exports(by.id)
    return [(one.number, WORDS[one.effect]) for one in effects]


def _tell(kind: str, employee_id: uuid.UUID, effects: Effects) -> None:
    """Before the binding ends: the WeChat that loses the person is told too."""
    gone = sum(one.effect in STOPPED for one in effects)
    kept = sum(one.effect in STAYED for one in effects)
    result = f"停止并删除了 {gone} 份申请" if gone else "没有需要停止的申请"
    result += f"，{kept} 份按规定保存。" if kept else "。"
    notify.send(
        "account_closed" if kind == rules.ACCOUNT else "consent_withdrawn",
        employee=employee_id,
        about=("employee", employee_id, ""),
        values={"result": result},
        dedupe=f"leave:{kind}:{uuid7()}",
    )


def _expire_exports(employee_id: uuid.UUID) -> None:
    query = select(DataExport).where(DataExport.employee_id == employee_id, DataExport.state == "ready")
    for row in db.session.scalars(query):
        perform(rules.EXPORT, row, "expire", SYSTEM)


def _departures(employee_id: uuid.UUID) -> Copy:
    rows = db.session.scalars(select(Departure).where(Departure.employee_id == employee_id))
    return Copy(
        "撤回同意和注销",
        [
            [
                ("时间", clock.shown(row.at)),
                ("办理", rules.CHOICES[row.kind][0]),
                *[(number, WORDS[effect]) for number, effect in row.effects],
            ]
            for row in rows
        ],
    )
