"""What does a newcomer's system hold? Fictional unions, people, staff and claims in every state, loaded once.

Everything goes through the features' own services, so that the demo can hold nothing the product could not
have made. Never loaded in production.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import click
from flask.cli import with_appcontext
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select

from changes import service as changes
from claims import service as claims
from claims.models import Claim
from claims.rules import LEVEL_ROLES
from claims.service import behalf, figures, review
from config import demo
from content import samples
from core import clock, context
from core.access import Actor
from core.db import db, transaction
from core.files import take_picture
from core.identifiers import birth_on, is_male
from core.roles import CHAIR, EMPLOYEE, FOLLOWER, GUEST, OPERATOR, STAFF
from employee import service as employees
from employee.models import Employee
from enrolment import service as enrolments
from enrolment.models import Enrolment
from enrolment.queries import paying
from enrolment.rules import LEVEL_ROLES as ENROLMENT_ROLES
from enrolment.service import confirming, invoices, receipts, vouchers
from membership import service as membership
from plans import service as plans
from plans.models import Coverage
from staff.models import Grant, StaffUser
from staff.service.sign_in import hasher
from union import service as union_service
from union.models import Union


@click.command("demo")
@click.option("--show", is_flag=True, help="Only print the sign-ins.")
@with_appcontext
def command(show: bool) -> None:
    """Load the demo data once (development only)."""
    settings = context.settings()
    if settings.is_production:
        raise click.ClickException("APP_ENV: the demo data are not for production")
    if show:
        click.echo("\n".join(sign_ins()))
    elif db.session.scalar(select(Union.id).limit(1)) is None:
        load()


def sign_ins() -> Iterator[str]:
    """The lines `make run` prints."""
    yield f"Password of every demo sign-in: {demo.PASSWORD}"
    yield f"Dynamic codes (动态码): {context.settings().sandbox_url}/codes"
    for person in demo.STAFF:
        yield f"  {person.phone}  {person.name}  {person.does}"
    roster = "、".join(f"{p.name} {p.phone}" for p in demo.PEOPLE[:3])
    yield f"Insured people to bind on the phone: {roster} …"


def load() -> None:
    """Make all of it or nothing: a start that was cut off begins again."""
    with transaction():
        unions = _unions()
        people = [_person(row, unions[demo.PLANT]) for row in demo.PEOPLE]
        staff: dict[str, Actor] = {}
        for row in demo.STAFF:
            staff.setdefault(row.roles[0], _staff(row, unions[row.union]))
        review.seed_reasons()
        samples.load(staff["administrator"])
        _claims(people, staff)
        _on_behalf(people, unions[demo.PLANT], staff["operator"])
        _changes(people, staff)
        _transfer(people, unions[demo.SHOP], staff)
        _enrolments(unions, people, staff)


def _unions() -> dict[str, Union]:
    found: dict[str, Union] = {}
    for one in demo.UNIONS:
        above = found.get(one.under)
        row = Union(name=one.name, level=one.level, path="/", parent_id=above.id if above else None)
        row.path = f"{above.path if above else '/'}{row.id}/"
        row.headcount, row.nature, row.industry = 120, "国企", one.industry or None
        row.contact_phone = "0771-0000001"
        db.session.add(row)
        db.session.flush()
        found[one.name] = row
    return found


def _person(row: demo.DemoPerson, union: Union) -> Employee:
    person = Employee(
        union_id=union.id,
        name=row.name,
        id_type="resident_id",
        id_number=row.id_number,
        phone=row.phone,
        sex="男" if is_male(row.id_number) else "女",
        born_on=birth_on(row.id_number),
        insurance_type="城镇职工基本医疗保险",
        insurance_card=f"45{row.phone[-8:]}",
        hired_on=dt.date(2015, 3, 1),
    )
    db.session.add(person)
    db.session.flush()
    for plan in plans.all_plans():
        if plan.starts_on > clock.today():
            continue  # the coming period: enrolling in it is what the demo is for
        cover = Coverage(
            employee_id=person.id,
            union_id=union.id,
            plan_code=plan.code,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
        )
        db.session.add(cover)
    return person


def _staff(row: demo.DemoStaff, union: Union) -> Actor:
    """An account; who is only at a grassroots union has the rights there, the chair by the record alone."""
    user = StaffUser(
        name=row.name,
        phone=row.phone,
        password_hash=hasher().hash(demo.PASSWORD),
        totp_secret=row.totp_secret,
        union_id=union.id,
    )
    db.session.add(user)
    db.session.flush()
    by = Actor("staff", user.id, user.name, frozenset({GUEST, STAFF, *row.roles}))
    if row.roles == (CHAIR,):
        union.chair_name, union.chair_phone = row.name, row.phone
        union_service.reseat(union.id, by)
    else:
        place = union.id if union.level == "grassroots" else None
        db.session.add_all(Grant(staff_id=user.id, role=role, union_id=place) for role in row.roles)
    return by


def _transfer(people: list[Employee], to: Union, staff: dict[str, Actor]) -> None:
    """Another union asks for somebody: the answer is the operator's."""
    person = next(one for row, one in zip(demo.PEOPLE, people, strict=True) if row.key == "sun")
    membership.ask_for_employee(
        person.name or "", person.id_number or "", to.id, "调入示例二厂", staff["administrator"]
    )


# How far each demo claim has come: (person, days in hospital, steps after submitting).
_STORIES = (
    ("zhao", 7, ()),
    ("zhao", 12, ("pass_first",)),
    ("sun", 5, ("return",)),
    ("lin", 9, ("pass_first", "approve")),
    ("wu", 15, ("pass_first", "approve")),
    ("wu", 4, ()),
)


def _claims(people: list[Employee], staff: dict[str, Actor]) -> None:
    by_key = {row.key: person for row, person in zip(demo.PEOPLE, people, strict=True)}
    cards = {row.key: row.bank_card for row in demo.PEOPLE}
    for n, (key, days, steps) in enumerate(_STORIES):
        claim = _filed(by_key[key], cards[key], n, days)
        for step in steps:
            _decide(claim.number, step, staff)


def _filed(person: Employee, card: str, n: int, days: int) -> Claim:
    roles = frozenset({GUEST, FOLLOWER, EMPLOYEE})
    by = Actor("employee", person.id, "申请人", roles, person.union_id)
    employees.give_consent(person.id, ["identity", "health", "account", "certificates"], by)
    claim = claims.start_draft("hospital", by)
    admitted = clock.today() - dt.timedelta(days=40 + 20 * n + days)
    admitted = max(admitted, dt.date(clock.today().year, 1, 2))
    self_paid = 240_000 + 83_150 * n
    values = {
        "hospital": "示例市第一人民医院",
        "hospital_grade": "三级",
        "diagnosis": "示例诊断",
        "admitted_on": admitted,
        "discharged_on": admitted + dt.timedelta(days=days),
        "total_fen": self_paid * 4,
        "pooled_fen": self_paid * 3 - 50_000,
        "self_paid_fen": self_paid,
        "own_expense_fen": 50_000,
        "bed_excess_fen": 12_000,
        "receipt": f"45060126{n:02d}-00{n:08d}",
        "payee_bank": "示例银行",
        "payee_card": card,
    }
    claims.save_step(claim, values, by, step=3)
    for paper in figures.papers_of(claim):
        if paper.min_count:
            claims.add_document(
                claim, paper.code, take_picture(receipt_picture(paper.label, person.name, n)), by
            )
    claims.submit(claim, by)
    return claim


# What the union's operator files for others: (kind, what happened).
_INJURY = {"event_on": dt.timedelta(days=150), "recognised_on": dt.timedelta(days=100)}
_DEATH = {"event_on": dt.timedelta(days=60)}


def _on_behalf(people: list[Employee], union: Union, by: Actor) -> None:
    """An injury paid to the person's own card, and a death paid to the widow's."""
    hurt = next(one for row, one in zip(demo.PEOPLE, people, strict=True) if row.key == "wang")
    card = next(row.bank_card for row in demo.PEOPLE if row.key == "wang")
    account = {"payee_name": hurt.name, "payee_bank": "示例银行", "payee_card": card}
    _filed_for(hurt, "injury", {**_days(_INJURY), "injury_grade": 7, **account}, by)
    gone = _person(demo.REMEMBERED, union)
    account = {
        "payee_name": "许家属",
        "payee_relation": "配偶",
        "payee_bank": "示例银行",
        "payee_card": demo.REMEMBERED.bank_card,
        "contact_phone": "19922220001",
        "why_other": "本人已亡故",
    }
    _filed_for(gone, "death", {**_days(_DEATH), "cause": "疾病", **account}, by)


def _days(ago: dict[str, dt.timedelta]) -> dict[str, dt.date]:
    """Days before today, but within the present period."""
    first = dt.date(clock.today().year, 1, 2)
    return {name: max(clock.today() - back, first) for name, back in ago.items()}


def _filed_for(person: Employee, kind: str, values: dict[str, Any], by: Actor) -> None:
    claim = behalf.start(kind, person.id, by, is_by_agent=True, is_informed=True)
    claims.save_step(claim, values, by)
    for n, paper in enumerate(figures.papers_of(claim)):
        if paper.min_count:
            picture = take_picture(receipt_picture(paper.label, person.name, 40 + n))
            claims.add_document(claim, paper.code, picture, by)
    behalf.submit(claim, by)


def _decide(number: str, step: str, staff: dict[str, Actor]) -> None:
    claim = review.get(number)
    if claim.state == "union_review":
        review.approve(claim, staff["operator"], claim.version)
    by = staff[LEVEL_ROLES[claim.state]]
    if step == "return":
        review.return_to_filer(claim, by, claim.version, "发票照片不清楚，请在光线好的地方重拍", ["receipt"])
    else:
        review.approve(claim, by, claim.version)


# (person, what changes, steps after handing in)
_CHANGES: tuple[tuple[str, dict[str, str], tuple[str, ...]], ...] = (
    ("li", {"name": "李秀瑛"}, ()),
    ("zhao", {"insurance_card": "4599990000012345"}, ("approve",)),
    ("lin", {"insurance_type": "城乡居民基本医疗保险"}, ("return",)),
)


def _changes(people: list[Employee], staff: dict[str, Actor]) -> None:
    by_key = {row.key: person for row, person in zip(demo.PEOPLE, people, strict=True)}
    for n, (key, wanted, steps) in enumerate(_CHANGES):
        person = by_key[key]
        roles = frozenset({GUEST, FOLLOWER, EMPLOYEE})
        by = Actor("employee", person.id, "申请人", roles, person.union_id)
        employees.give_consent(person.id, ["certificates"], by)
        picture = take_picture(receipt_picture("证件凭证", person.name, 90 + n))
        changes.add_photo(picture, by)
        now = changes.current(person.id)
        request = changes.submit({**now, **wanted}, by, seen=changes.mark_of(now))
        if "return" in steps:
            changes.send_back(request, staff["first_reviewer"], request.version, "信息不正确")
        elif "approve" in steps:
            changes.approve(request, staff["first_reviewer"], request.version)


# (union, how many of its headcount are on the roster, steps after filling in)
_ENROLMENTS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (demo.SHOP, 12, ("submit", "approve", "approve")),
    ("示例三厂工会委员会", 9, ("submit", "approve")),
    ("示例四厂工会委员会", 8, ("submit",)),
    ("示例五厂工会委员会", 6, ("submit", "return")),
    ("示例六厂工会委员会", 7, ("submit", "approve", "approve", "pay", "arrive")),
    ("示例七厂工会委员会", 5, ("submit", "approve", "approve", "pay", "arrive", "confirm", "invoice")),
)


def _enrolments(unions: dict[str, Union], people: list[Employee], staff: dict[str, Actor]) -> None:
    """The coming period, as far as its window is open: each union one step further than the next."""
    plan = next((one for one in plans.all_plans() if not plans.opening(one, clock.today())), None)
    if plan is None:
        return
    # Not by 示例一厂's operator: these unions are not theirs, so messages and 我的办件 would lead nowhere.
    by = staff["administrator"]
    by = Actor("staff", by.id, by.label, by.roles | {OPERATOR}, grants=((OPERATOR, None),))
    for n, (name, count, steps) in enumerate(_ENROLMENTS):
        union = unions.get(name) or _small_union(name, unions[demo.DISTRICT])
        _colleagues(union, count, n)
        union.headcount, union.nature = count + 2, "国企"
        union.chair_name, union.contact_name = union.chair_name or "示例主席", "示例联系人"
        row = enrolments.start(union, plan.code, by)
        enrolments.add_everybody(row, by)
        enrolments.add_account(row, union.name, f"62000000000000{n:05d}", by)
        paper = take_picture(receipt_picture("参保申请单", union.name, 200 + n))
        enrolments.add_material(row, "application_form", paper, "参保申请单.jpg", by)
        for step in steps:
            _enrol(row.number, step, by, staff)
    # 示例一厂 begins: its own operator fills it in, and finds what is missing on the record.
    enrolments.start(unions[demo.PLANT], plan.code, staff["operator"])


def _small_union(name: str, above: Union) -> Union:
    row = Union(name=name, level="grassroots", path="/", parent_id=above.id, contact_phone="0771-0000002")
    row.path = f"{above.path}{row.id}/"
    db.session.add(row)
    db.session.flush()
    return row


def _colleagues(union: Union, count: int, n: int) -> None:
    """Fictional people without accounts, so that a list has some length."""
    for k in range(count):
        db.session.add(
            Employee(
                union_id=union.id,
                name=f"{'张王李赵陈刘杨黄周吴'[k % 10]}示例{'一二三四五六七八九十'[(k + n) % 10]}",
                id_type="resident_id",
                id_number=f"4599991985{n + 1:02d}{k % 28 + 1:02d}{n:02d}{k % 10}X",
                phone=f"1990{n + 1:03d}{k:04d}",
                insurance_type="城镇职工基本医疗保险",
            )
        )
    db.session.flush()


def _enrol(number: str, step: str, by: Actor, staff: dict[str, Actor]) -> None:
    row = enrolments.get(number)
    if step == "submit":
        enrolments.submit(row, by, row.version)
    elif step == "return":
        note = "参保申请单没有加盖工会公章，请补齐后重新上传"
        enrolments.send_back(row, staff[ENROLMENT_ROLES[row.state]], row.version, note)
    elif step == "approve":
        enrolments.approve(row, staff[ENROLMENT_ROLES[row.state]], row.version)
    else:
        _pay(row, step, by, staff)


def _pay(row: Enrolment, step: str, by: Actor, staff: dict[str, Actor]) -> None:
    """From the fee to the invoice, by the people who do it."""
    due, today = row.fee_due_fen or 0, clock.today()
    if step == "pay":
        slip = take_picture(receipt_picture("银行回单", row.union_name, 300 + due % 97))
        vouchers.add(row, slip, today, due, row.union_name, by)
        vouchers.submit(row, by, row.version)
    elif step == "arrive":
        given = receipts.Transfer(f"DEMO{row.number[-4:]}", today, due, row.union_name, row.reference)
        receipts.enter(given, staff["finance_maker"])
    elif step == "confirm":
        [found] = paying.candidates(row)
        receipts.share(row, found.id, due, staff["finance_maker"])
        confirming.confirm(row, staff["finance_checker"], row.version)
    else:
        invoice = invoices.Given(f"20{row.number[-6:]}", today, due, row.union_name)
        invoices.record(row, invoice, None, staff["finance_maker"])


def receipt_picture(title: str, name: str | None, n: int) -> bytes:
    """A JPEG that looks like a photographed paper and says that it is none."""
    page = Image.new("RGB", (1080, 1440), "#5b5048")
    paper = Image.new("RGB", (940, 1300), "#fdfcf8")
    draw = ImageDraw.Draw(paper)
    lines = (
        title,
        f"姓名  {name}",
        f"编号  示例 {n:04d}",
        f"日期  {clock.today():%Y-%m-%d}",
        "样例 · 非真实票据",
    )
    for row, words in enumerate(lines):
        draw.text((80, 90 + 150 * row), words, fill="#333333", font=_font(52 if row else 64))
        draw.line((80, 190 + 150 * row, 860, 190 + 150 * row), fill="#bbbbbb", width=2)
    page.paste(paper.rotate(1.5, expand=True, fillcolor="#5b5048"), (50, 50))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=82)
    return out.getvalue()


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """A font with Chinese when the machine has one; the words are only decoration."""
    for name in ("NotoSansCJK-Regular.ttc", "PingFang.ttc", "wqy-microhei.ttc", "DejaVuSans.ttf"):
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
