"""Who lives in the tests? Obviously fictional unions, people and staff, made through the models.

world = World()                      in an app context
union = world.union("测试一厂工会")
person = world.employee(union)       employee number 1, 2, 3 … each with unique values (see CANARY)
world.cover(person)                  insured for 2026 under GX-2026
world.bind(person, "oTest…")         openid bound
clerk = world.staff(FIRST_REVIEWER)  password `PASSWORD`, TOTP secret `TOTP_SECRET`
world.sign_in(client, person=…|staff=…|openid=…)   writes a live session and sets the client's cookie
"""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
import uuid
from typing import Any

from flask import current_app

from core import clock
from core.access import Actor
from core.db import db, transaction
from core.roles import EMPLOYEE, FOLLOWER, GUEST, STAFF
from core.sessions import SessionRow, _hash
from employee.models import Binding, Employee
from plans.models import Coverage
from staff.models import Grant, StaffUser
from union.models import Union
from wechat.models import Follower

PASSWORD = "Fictional-Pass-2026"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SURNAMES = "张王李赵陈刘杨黄周吴"
# Valid check digits, fictional area 450000 (Guangxi), born 1968-01-01 onwards.
_SERIAL = itertools.count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(serial: int, born: dt.date = dt.date(1968, 1, 1)) -> str:
    """A resident identity number with a right check digit; the birthday moves with `serial`."""
    body = f"450100{born + dt.timedelta(serial // 1000):%Y%m%d}{serial % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


class World:
    """Makes things; every verb commits, so that other connections (HTTP, workers) see them."""

    @property
    def serial(self) -> int:
        """A new number at every look: two worlds in one test share no phone and no certificate."""
        return next(_SERIAL)

    def union(self, name: str = "测试一厂工会委员会", parent: Union | None = None) -> Union:
        with transaction():
            row = Union(
                name=name,
                level="grassroots",
                path="/",
                parent_id=parent.id if parent else None,
                headcount=100,
            )
            row.path = f"{parent.path if parent else '/'}{row.id}/"
            db.session.add(row)
        return row

    def employee(self, union: Union | None = None, **values: Any) -> Employee:
        n = self.serial
        values.setdefault("name", f"{SURNAMES[n % 10]}测试{'甲乙丙丁戊己庚辛壬癸'[n % 10]}")
        values.setdefault("id_number", id_number(n))
        values.setdefault("phone", f"1380000{n:04d}")
        union = union or self.union()
        with transaction():
            row = Employee(
                union_id=union.id,
                id_type="resident_id",
                sex="男",
                born_on=dt.date(1968, 1, 1),
                insurance_type="城镇职工基本医疗保险",
                insurance_card=f"4501{n:08d}",
                **values,
            )
            db.session.add(row)
        return row

    def cover(self, person: Employee, plan_code: str = "GX-2026", **values: Any) -> Coverage:
        values.setdefault("starts_on", dt.date(2026, 1, 1))
        values.setdefault("ends_on", dt.date(2026, 12, 31))
        with transaction():
            row = Coverage(employee_id=person.id, union_id=person.union_id, plan_code=plan_code, **values)
            db.session.add(row)
        return row

    def follower(self, openid: str | None = None) -> str:
        openid = openid or f"oTest{secrets.token_hex(11)}"[:28]
        with transaction():
            db.session.add(
                Follower(
                    openid=openid, is_subscribed=True, subscribed_at=clock.now(), last_event_at=clock.now()
                )
            )
        return openid

    def bind(self, person: Employee, openid: str | None = None) -> Binding:
        openid = self.follower(openid)
        with transaction():
            row = Binding(employee_id=person.id, openid=openid)
            db.session.add(row)
        return row

    def insured(self, **values: Any) -> Employee:
        """An employee who is covered and bound."""
        person = self.employee(**values)
        self.cover(person)
        self.bind(person)
        return person

    def staff(
        self, *roles: str, union: Union | None = None, name: str = "", member: Union | None = None
    ) -> StaffUser:
        """Somebody with `roles` at `union` (None: the whole scheme) whose 会籍 is in `member`."""
        from argon2 import PasswordHasher

        n = self.serial
        with transaction():
            row = StaffUser(
                name=name or f"{SURNAMES[n % 10]}员工{n}",
                phone=f"1390000{n:04d}",
                id_number=id_number(n, dt.date(1980, 1, 1)),
                password_hash=PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD),
                totp_secret=TOTP_SECRET,
                union_id=member.id if member else None,
            )
            db.session.add(row)
            db.session.flush()
            for role in roles:
                db.session.add(Grant(staff_id=row.id, role=role, union_id=union.id if union else None))
        return row

    def sign_in(
        self, client: Any, *, person: Employee | None = None, staff: StaffUser | None = None, openid: str = ""
    ) -> Any:
        """A live session without walking through the sign-in pages."""
        token = secrets.token_urlsafe(32)
        if staff is not None:
            data: dict[str, Any] = {
                "staff_id": str(staff.id),
                "epoch": staff.auth_epoch,
                "second_factor_at": clock.now().isoformat(),
            }
            area, owner = "staff", staff.id
        else:
            binding = (
                db.session.query(Binding).filter_by(employee_id=person.id, ended_at=None).first()
                if person
                else None
            )
            openid = openid or (binding.openid if binding else "")
            data = {"openid": openid} | ({"employee_id": str(person.id)} if person else {})
            area, owner = "employee", person.id if person else None
        return self._with_session(client, token, area, owner, data)

    def visit(self, client: Any, person: Employee, *, proved: bool = True, minutes_ago: int = 0) -> Any:
        """Somebody outside WeChat who gave the code, and the second proof too unless `proved` is False."""
        at = clock.now().timestamp() - minutes_ago * 60
        data = {"visit": {"person": str(person.id), "at": at, "proved": proved}}
        return self._with_session(client, secrets.token_urlsafe(32), "employee", None, data)

    def _with_session(self, client: Any, token: str, area: str, owner: Any, data: dict[str, Any]) -> Any:
        with transaction():
            db.session.add(
                SessionRow(token_hash=_hash(token), area=area, owner_id=owner, data=data, device="测试",
                           created_at=clock.now(), seen_at=clock.now())
            )  # fmt: skip
        client.set_cookie(current_app.session_interface.cookie_name(area), token)
        return client


def as_employee(person: Employee) -> Actor:
    """The actor a signed-in employee is, for calling services."""
    return Actor("employee", person.id, "申请人", frozenset({GUEST, FOLLOWER, EMPLOYEE}), person.union_id)


def as_staff(user: StaffUser, *roles: str, union_id: uuid.UUID | None = None) -> Actor:
    grants = tuple((role, union_id) for role in roles)
    return Actor("staff", user.id, user.name, frozenset({GUEST, STAFF, *roles}), grants=grants)


__all__ = ["PASSWORD", "TOTP_SECRET", "World", "as_employee", "as_staff", "id_number"]
