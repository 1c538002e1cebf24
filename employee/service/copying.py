"""What do we hold about a person in this room? For the copy they may ask for."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core.copies import Copy, facts
from core.db import db
from core.history import Transition
from core.identifiers import ID_TYPES
from employee.models import Binding, Consent, DataLook, Employee, Rebind
from employee.rules import CONSENTS, REBIND
from employee.service.looks import line_of
from union import queries as unions

PERSON = {
    "name": "姓名",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "phone": "手机号码",
    "sex": "性别",
    "born_on": "出生日期",
    "insurance_type": "社保类型",
    "insurance_card": "社保卡号",
    "hired_on": "入职日期",
    "left_on": "离开日期",
    "note": "备注",
    "is_deceased": "是否亡故",
    "is_active": "名册中有效",
    "wants_sms": "接收短信通知",
    "wants_big": "使用大字版",
    "wants_hints": "接收可能可以申请的补助提醒",
    "created_at": "登记时间",
}
BINDING = {
    "openid": "微信标识",
    "bound_at": "绑定时间",
    "ended_at": "解除时间",
    "ended_why": "解除原因",
}
ENDED = {
    "unbound": "本人解绑",
    "moved": "改绑到另一个微信",
    "replaced": "改绑他人",
    "revoked": "微信撤回授权",
}
ENDED |= {"rebind": "找回绑定", "closed": "注销账号"}
CONSENT = {
    "purpose": "用途",
    "text_version": "文本版本",
    "given_at": "同意时间",
    "withdrawn_at": "撤回时间",
}
REBINDING = {
    "name": "填写的姓名",
    "phone": "填写的手机号码",
    "reason": "原因",
    "openid": "提交的微信标识",
    "state": "状态",
    "asked_at": "提交时间",
    "decided_at": "办理时间",
}


def export_of(employee_id: uuid.UUID) -> list[Copy]:
    """Everything this room knows, in chapters."""
    person = db.session.get_one(Employee, employee_id)
    union = unions.names_of([person.union_id]).get(person.union_id, "")
    purposes = {purpose.key: purpose.title for purpose in CONSENTS}
    me = [("参保单位", union), *facts(person, PERSON, {"id_type": ID_TYPES})]
    return [
        Copy("个人信息", [me]),
        Copy("微信绑定", [facts(row, BINDING, {"ended_why": ENDED}) for row in _own(Binding, employee_id)]),
        Copy("同意记录", [facts(row, CONSENT, {"purpose": purposes}) for row in _own(Consent, employee_id)]),
        _rebinds(employee_id),
        Copy("谁看过我的资料", _looks(employee_id)),
    ]


def _own(model: Any, employee_id: uuid.UUID) -> list[Any]:
    query = select(model).where(model.employee_id == employee_id).order_by(model.id)
    return list(db.session.scalars(query))


def _rebinds(employee_id: uuid.UUID) -> Copy:
    """Somebody else may have asked in the person's name: their phone is told, their photo is not shown."""
    rows = _own(Rebind, employee_id)
    notes: dict[uuid.UUID, str] = {}
    query = select(Transition).where(Transition.object_id.in_([row.id for row in rows]))  # type: ignore[attr-defined]
    for step in db.session.scalars(query):
        notes[step.object_id] = step.note or notes.get(step.object_id, "")
    return Copy(
        "找回绑定",
        [
            [*facts(row, REBINDING, {"state": REBIND.labels}), ("办理意见", notes.get(row.id, ""))]  # type: ignore[attr-defined]
            for row in rows
        ],
    )


def _looks(employee_id: uuid.UUID) -> list[list[tuple[str, str]]]:
    query = (
        select(DataLook, unions.name_of(DataLook.union_id))
        .where(DataLook.employee_id == employee_id)
        .order_by(DataLook.at, DataLook.id)
    )
    lines = [line_of(row, union) for row, union in db.session.execute(query)]
    return [
        [*facts(line, {"at": "时间", "who": "谁", "what": "看了什么", "about": "有关"})] for line in lines
    ]
