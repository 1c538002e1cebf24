"""Which pages lie behind a session that no link leads into? A lost account, a newcomer, a file just uploaded.

Each `Way` is somebody in the middle of something, and the pages they can then look at.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
from dataclasses import asdict
from typing import Any, NamedTuple

from core import clock, context
from core.db import db, transaction
from core.roles import ADMINISTRATOR, OPERATOR
from employee.models import Employee
from payout import service as payouts
from roster import jobs
from roster import service as roster
from staff.models import RecoveryLink, StaffAppeal, StaffUser
from staff.service import appeals, recovery
from staff.service.completing import Vouched
from tests.office import picture
from tests.payout.conftest import PayOffice, answers, as_csv
from tests.roster.conftest import filled, number
from tests.world import World, as_staff

RECOVER = "/admin/recover"


class Way(NamedTuple):
    """`session`: what it holds besides; `staff`: who is signed in, if anybody; `pages`: what is looked at."""

    who: str
    area: str
    pages: tuple[str, ...]
    session: dict[str, Any]
    staff: StaffUser | None = None


def ways(world: World, office: PayOffice, bound: Employee) -> list[Way]:
    """Somebody in the middle of each of these things."""
    clerk = world.staff(OPERATOR)
    now = clock.now()
    until = (now + dt.timedelta(minutes=10)).isoformat()
    lost = {"recovery": {"who": str(clerk.id), "key": "test", "until": until}}
    step = {"second_step": {"staff": str(clerk.id), "phone": clerk.phone, "at": now.timestamp()}}
    back = tuple(
        f"{RECOVER}/{page}" for page in ("ways", "phone", "mail", f"mail/{_link(clerk)}", "mail/dead")
    )
    moving = {
        "openid": world.follower(),
        "binding_move": {"employee": str(bound.id), "at": now.timestamp()},
    }
    return [
        Way("a lost password", "staff", back, lost),
        Way("a new browser", "staff", ("/admin/login/second",), step),
        Way("a newcomer", "staff", ("/admin/complete",), _newcomer(Vouched(phone="13911112222"))),
        Way("a newcomer from the provider", "staff", ("/admin/complete",), _newcomer(_vouched())),
        Way("a new phone", "employee", ("/h5/bind/move",), moving),
        Way("an operator", "staff", *_imports(world)),
        Way("a maker", "staff", (_result(office),), {}, office.making),
    ]


def _link(clerk: StaffUser) -> str:
    token = secrets.token_urlsafe(16)
    with transaction():
        db.session.add(
            RecoveryLink(
                staff_id=clerk.id, token_hash=recovery._hash(token), password_of=clerk.password_changed_at
            )
        )
    return token


def _vouched() -> Vouched:
    return Vouched(subject="test-subject", issuer="test-issuer", name="示例新人")


def _newcomer(vouched: Vouched) -> dict[str, Any]:
    facts = {**asdict(vouched), "staff_id": ""}
    sealed = context.keyring().seal(json.dumps(facts).encode(), b"staff.newcomer")
    kept = {"at": clock.now().timestamp(), "is": base64.b64encode(sealed).decode()}
    return {"newcomer": kept, "newcomer_next": "/admin/"}


def appealed() -> tuple[str, ...]:
    """One that waits, one that was refused."""
    found = []
    for n in range(2):
        person = World().staff(OPERATOR)
        with transaction():
            sides = [appeals.keep_photo(picture()) for _ in range(2)]
            row = StaffAppeal(
                number=f"SS{n:019d}", problem="手机丢了", name=person.name, id_type="resident_id",
                id_number=person.id_number, phone=f"1991234{n:04d}", front_id=sides[0], back_id=sides[1],
                state="pending", version=0,
            )  # fmt: skip
            appeals._insert(row)
        found.append(row)
    boss = as_staff(World().staff(ADMINISTRATOR), ADMINISTRATOR)
    with transaction():
        appeals.refuse(found[1], boss, "证件照片不清楚", found[1].version)
    at = [f"/admin/appeals/{row.number}" for row in found]
    return ("/admin/appeals", at[0], f"{at[0]}/approve", at[1])


def _imports(world: World) -> tuple[tuple[str, ...], dict[str, Any], StaffUser]:
    """One to be confirmed with good and bad rows, one that was cancelled, one that waits for the worker."""
    city = world.union("示例名册城工会")
    clerk = world.staff(OPERATOR, union=city)
    by = as_staff(clerk, OPERATOR, union_id=city.id)
    good = ["示例甲", "居民身份证", number(71), None, None, "13900000071"]
    bad = ["示 例乙", "居民身份证", "123", None, None, "1"]
    at: list[str] = []
    files = {"有错": filled([good, bad]), "取消": filled([good]), "稍后": filled([good])}
    for name, content in files.items():
        union = world.union(f"示例名册{len(at)}厂工会", city)
        with transaction():
            made = roster.upload(union.id, content, f"{name}.xlsx", by)
        if name == "取消":
            jobs.work()
            with transaction():
                roster.cancel(made, by, made.version)
        at += [f"/admin/roster/imports?union={union.id}", f"/admin/roster/imports/{made.id}"]
    return tuple(at), {}, clerk


def _result(office: PayOffice) -> str:
    """A bank's answer that was uploaded and not confirmed yet."""
    batch = office.exported()
    content = as_csv(answers(batch, {1: "账户已销户"}))
    with transaction():
        key = payouts.keep(batch, content, office.maker)
    return f"/admin/payouts/{batch.number}/settle/{key}"
