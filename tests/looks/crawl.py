"""Which pages does the product have, and in which states? Walked through by its own links, over HTTP, once.

`gather(app)` loads the demo, adds people in states it lacks, follows every link that they and each role meet,
and keeps every answer with parts that its page has not shown before: that is another state. What is new is
found by itself, as soon as a link leads to it and the demo (or `_stories`) holds something to see.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from werkzeug.exceptions import HTTPException

from changes.models import ChangeRequest
from claims.models import Claim
from config import demo
from content.models import Article
from content.service import previews
from core import clock
from core.db import db, transaction
from core.files import keeping
from core.roles import ADMINISTRATOR, FIRST_REVIEWER, OPERATOR, SECOND_REVIEWER, STAFF_ROLES
from employee.models import Employee, Rebind
from employee.service import deaths, upkeep
from enrolment.models import Enrolment
from enrolment.rules import DRAFT
from finder.models import FinderFault, FinderRun, FinderStay
from notify import service as notify
from payout.models import PayoutBatch
from plans import service as plans
from staff.models import StaffUser, StaffWeChat
from tests.claims.filer import Filer
from tests.claims.test_automatic import Treasury
from tests.journeys import behind
from tests.journeys.conftest import PERIOD, Staff
from tests.looks import back_doors, fees
from tests.office import Office, picture
from tests.payout.conftest import PayOffice, answers, as_csv
from tests.world import World, as_staff
from wechat.models import MenuVersion, UnionScene
from whatif import service as trials
from whatif.models import WhatIf

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Query

PATIENCE = 4  # so many answers of a view that show one walker nothing new, and it opens that view no more
WITHIN_A_LINE = {"b", "em", "small", "span", "strong"}  # a word in another colour makes no other page
GUEST, FOLLOWER, NOBODY = "guest", "follower", "nobody"
# Answers to machines, pictures, and views that only lead on.
NO_PAGES = {
    *("static", "health.alive", "health.ready", "health.metrics", "portal.front_door"),
    *("wechat.verify", "wechat_oauth.start", "wechat_oauth.finish", "staff_sign_in.oidc_start"),
    *("claims.show_document", "claims_admin.document", "changes.show_photo", "changes_admin.document"),
    "filings.show_document",
    *("content.picture", "coverage.picture", "rebinds.photo", "wechat_admin.scene_picture"),
    *("vouchers.file", "fees.file", "invoices.preview", "enrolments.paper", "enrolments.form_pdf"),
    *("wechat_subscribe.ask", "rights.read_export", "roster.template", "finder.template"),
    *(
        "staff_sign_in.factor_picture",
        "staff_sign_in.wechat_code",
        "employee.go_on",
        "staff_appeals.photo",
        "staff_recovery.picture",
        "staff_recovery.challenge",
    ),
}


@dataclass(frozen=True)
class Seen:
    """One answer: who asked for what, and what was there."""

    who: str
    endpoint: str
    path: str
    status: int
    html: str
    headers: tuple[tuple[str, str], ...]
    cookie: tuple[str, str] | None

    @property
    def name(self) -> str:
        return f"{self.endpoint} {self.status} as {self.who} ({self.path})"

    @property
    def is_staff(self) -> bool:
        return self.path.startswith("/admin")


class Parts(HTMLParser):
    """Links, forms and the shape of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.files: list[str] = []
        self.later: set[str] = set()  # pictures that are fetched when somebody comes near them
        self.shape: set[tuple[str, str]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("type") != "hidden" and tag not in WITHIN_A_LINE:
            self.shape.add((tag, given.get("class", "") + given.get("type", "") + given.get("name", "")))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append({"method": "get", "inputs": [], "asks": 0, "buttons": 0, **given})
        elif tag in ("input", "select", "textarea") and self.forms:
            self.forms[-1]["inputs"].append(given | {"tag": tag})
            self.forms[-1]["asks"] += given.get("type") != "hidden"
        if tag == "button" and self.forms and given.get("type", "submit") == "submit":
            self.forms[-1]["buttons"] += 1
        for name in ("src", "href"):
            if given.get(name) and tag in ("script", "link", "img", "use"):
                self.files.append(given[name].partition("#")[0])
                self.later |= {given[name]} if given.get("loading") == "lazy" else set()


@dataclass
class Walk:
    """Everything one person can reach."""

    app: Flask
    who: str
    client: Any
    area: str
    only: tuple[str, ...] = ()  # looks at these alone, instead of everything that has no arguments
    seen: list[Seen] = field(default_factory=list)
    shapes: dict[tuple[str, int], set[tuple[str, str]]] = field(default_factory=dict)

    def from_(self, starts: list[str]) -> list[Seen]:
        """Ends by itself: no view has new shapes for ever. Links are not counted: one list holds hundreds."""
        waiting, known, in_vain, asked = deque(starts), set(starts), Counter[str](), {*starts}
        while waiting:
            path = waiting.popleft()
            endpoint = self._endpoint(path)
            is_enough = in_vain[endpoint] >= PATIENCE and path not in asked
            if not endpoint or endpoint in NO_PAGES or is_enough:
                continue
            before = len(self.seen)
            found = dict.fromkeys(self._links(path, self.take(path, endpoint)))
            in_vain[endpoint] = 0 if len(self.seen) > before else in_vain[endpoint] + 1
            waiting.extend(link for link in found if link not in known)
            known.update(found)
        return self.seen

    def take(self, path: str, endpoint: str, **given: Any) -> str:
        answer = self.client.open(path, **given)
        if answer.mimetype != "text/html" or answer.status_code not in (200, 422):
            return ""
        html = answer.get_data(as_text=True)
        shape, known = Parts(html).shape, self.shapes.setdefault((endpoint, answer.status_code), set())
        if shape - known:
            known |= shape
            name = self.app.session_interface.cookie_name(self.area)
            kept = self.client.get_cookie(name)
            cookie = (name, kept.value) if kept else None
            headers = tuple(answer.headers.items())
            self.seen.append(Seen(self.who, endpoint, path, answer.status_code, html, headers, cookie))
        return html

    def post_nothing(self) -> None:
        """Each form once with nothing filled in: the page with its errors is a state too."""
        for one in list(self.seen):
            for form in Parts(one.html).forms if one.status == 200 else ():
                typed = [i for i in form["inputs"] if i.get("type") not in ("hidden", "checkbox", "radio")]
                action = urlsplit(urljoin(one.path, form.get("action") or one.path)).path
                endpoint = self._endpoint(action, "POST")
                if form["method"].lower() == "post" and typed and endpoint:
                    hidden = {
                        i["name"]: i.get("value", "") for i in form["inputs"] if i.get("type") == "hidden"
                    }
                    self.take(action, endpoint, method="POST", data=hidden)

    def _links(self, path: str, html: str) -> Iterator[str]:
        for link in Parts(html).links:
            found = urlsplit(urljoin(path, link))
            ours = found.path.startswith(("/admin", "/h5", "/s/")) and not found.netloc
            if ours and found.path.startswith("/admin") == (self.area == "staff"):
                yield found.path + (f"?{found.query}" if found.query else "")

    def _endpoint(self, path: str, method: str = "GET") -> str:
        try:
            found, _ = self.app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
        except HTTPException:
            return ""
        return str(found)


def gather(app: Flask) -> list[Seen]:
    """Every shape of every page that the demo's people and staff can reach."""
    done = app.test_cli_runner().invoke(args=["demo"])
    assert done.exit_code == 0, done.output
    world = World()
    people = _stories(world)
    rooms = _rooms(world, people)
    walks = [_walk(app, world, who, person) for who, person in people.items()]
    walks += _outsiders(app, world, people, rooms)
    walks += _behind_sessions(app, world, people["wang"])
    for role in (NOBODY, *sorted(STAFF_ROLES)):
        walk = Walk(app, role, app.test_client(), "staff")
        if role != NOBODY:
            world.sign_in(walk.client, staff=(somebody := world.staff(role)))
            _told(somebody)
        walks.append(walk)
    walks.append(_filer(app, world))
    shapes: dict[tuple[str, int], set[tuple[str, str]]] = {}
    for walk in walks:
        walk.shapes = shapes  # what one has seen the next need not look at again
        starts = [path for path in addresses(app) if path.startswith("/admin") == (walk.area == "staff")]
        alone = [*walk.only] or starts + _hidden(people.get(walk.who))
        walk.from_(alone + ([] if walk.only else rooms.staff if walk.area == "staff" else rooms.guest))
    for walk in walks:
        walk.post_nothing()
    return [one for walk in walks for one in walk.seen]


def addresses(app: Flask) -> list[str]:
    """Pages that need nothing in their address."""
    skipped = ("static", "health.", "wechat")
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return sorted(r.rule for r in rules if not r.arguments and not r.endpoint.startswith(skipped))


def _hidden(person: Employee | None) -> list[str]:
    """What is reached by an SMS, by a form's answer or by the way back only."""
    claims = db.session.query(Claim.number).filter_by(employee_id=person.id) if person else ()
    changes = db.session.query(ChangeRequest.number).filter_by(employee_id=person.id) if person else ()
    parts = ("1", "2", "3", "check", "submitted")
    return [
        *("/s/claims", "/s/me"),
        *(f"/h5/claims/{number}/{part}" for (number,) in claims for part in parts),
        *(f"/h5/changes/{number}/submitted" for (number,) in changes),
    ]


def _walk(app: Flask, world: World, who: str, person: Employee | None) -> Walk:
    walk = Walk(app, who, app.test_client(), "employee")
    if who == FOLLOWER:
        world.sign_in(walk.client, openid=world.follower())
    elif person:
        world.sign_in(walk.client, person=person)
    return walk


def _stories(world: World) -> dict[str, Employee | None]:
    """People in states the demo does not show; all of them bound but the follower."""
    people = {row.key: _person(row.id_number) for row in demo.PEOPLE}
    people["not insured"] = world.employee()
    for person in people.values():
        world.bind(person)
    office = PayOffice(world)
    staff = Staff(world.staff(FIRST_REVIEWER), world.staff(SECOND_REVIEWER), office.making, office.checking)
    behind.draft(people["chen"])
    _filed(people["wang"], staff)
    behind.bounce(_filed(people["li"], staff), staff, "账户已销户")
    _batches(office)
    _unasked(world, people["wang"])
    return {GUEST: None, FOLLOWER: None, **people}


@dataclass(frozen=True)
class Rooms:
    """Where no link leads that a walker would meet: previews, comparisons, what waits for one person."""

    staff: list[str]
    guest: list[str]
    bounced: str


def _rooms(world: World, people: dict[str, Employee | None]) -> Rooms:
    draft, bounced = people["chen"], people["li"]
    assert draft and bounced
    page, office = _page(), Office(world)
    filed = office.file()
    twin = office.file(receipt=filed.receipt)
    _asked_for_help(people["wang"])
    _account(world)
    number = db.session.query(Claim.number).filter_by(employee_id=bounced.id, state="pay_failed").one()[0]
    staff = [
        *(f"/admin/content/{page}/{part}" for part in ("preview", "publish", "take-down")),
        *(f"/admin/claims/{twin.number}/{part}" for part in ("lower", "duplicates")),
        *("/admin/mine", f"/admin/claims/{twin.number}", "/admin/claims/review/hospital"),
        *("/admin/claims/review/injury?tab=done", *_trial_pages()),
        *(f"/admin/roster/people/{_died(world)}{part}" for part in ("", "/death/correct")),
        *("/admin/wechat/menu", "/admin/wechat/menu/1", "/admin/wechat/scenes", _scene_at()),
        *("/admin/wechat/templates/claim_update", f"/admin/unions/{world.union().id}/move"),
        *fees.pages(),
        *back_doors.appealed(),
        *(f"/admin/payouts/{number}" for (number,) in db.session.query(PayoutBatch.number)),
        *(f"/admin/enrolments/{number}/people/add" for (number,) in _drafts()),
        *(f"/admin/finder/runs/{_looked_back(people['wang'])}", "/admin/finder", "/admin/finder/runs"),
    ]
    return Rooms(staff, [f"/h5/preview/{previews.token_of(page)}"], number)


def _drafts() -> Query[Any]:
    return db.session.query(Enrolment.number).filter_by(state=DRAFT)


def _looked_back(person: Employee | None) -> uuid.UUID:
    """A look with a find that waits to be told, and a row that could not be read."""
    assert person
    day = clock.today() - dt.timedelta(days=30)
    with transaction():
        look = FinderRun(
            by_id=person.id, by_label="周管理", file_name="结算.xlsx", state="found", version=2, rows_read=2,
            found=1, wrong=1,
        )  # fmt: skip
        db.session.add(look)
        db.session.flush()
        db.session.add(FinderFault(run_id=look.id, row_number=15, words="没有填证件号码"))
        db.session.add(
            FinderStay(
                stay_bi=look.id.bytes,
                run_id=look.id,
                employee_id=person.id,
                union_id=person.union_id,
                plan_code="GX-2026",
                admitted_on=day,
                discharged_on=day,
                apply_until=clock.today() + dt.timedelta(days=90),
            )  # fmt: skip
        )
    return look.id


def _told(person: StaffUser) -> None:
    """A message, and a WeChat that was tied."""
    with transaction():
        db.session.add(StaffWeChat(staff_id=person.id, openid=f"oTest{person.id.hex[:20]}"))
        what = {"what": "登录密码已修改"}
        notify.send("staff_account_changed", staff=person.id, values=what, dedupe=f"told:{person.id}")


def _died(world: World) -> uuid.UUID:
    """Somebody of a roster whose death was noted."""
    person = world.employee()
    clerk = as_staff(world.staff(OPERATOR, union=None), OPERATOR)
    with transaction():
        deaths.note_death(person.id, clock.today(), upkeep.on_file(person).seen, clerk)
    return person.id


def _trial_pages() -> list[str]:
    """What a finished trial leads to."""
    (run_id,) = db.session.query(WhatIf.id).filter(WhatIf.finished_at.is_not(None)).one()
    parts = ("", "/people/more", "/people/less", "/differences")
    return [f"/admin/what-if/{run_id}{part}" for part in parts]


def _page() -> uuid.UUID:
    """An article whose time to be published has passed while it was still written on."""
    when = clock.now() - dt.timedelta(hours=1)
    row = Article(kind="article", title="示例文章", body="## 一\n\n示例的话。", publish_at=when)
    with transaction():
        db.session.add(row)
    return row.id


def _asked_for_help(person: Employee | None) -> None:
    assert person
    with transaction():
        file = keeping.store(picture(), "rebind")
        db.session.add(
            Rebind(
                state="submitted",
                employee_id=person.id,
                openid="oTestAsking",
                name=person.name,
                phone="13911110001",
                reason="lost",
                file_id=file.id,
            )  # fmt: skip
        )


def _account(world: World) -> None:
    """A menu that was saved, and the code of a union."""
    buttons = [{"name": "我要申请", "page": "claims"}, {"name": "我的", "page": "me"}]
    with transaction():
        db.session.add(MenuVersion(number=1, buttons=json.dumps(buttons), made_by="某管理员"))
        db.session.add(
            UnionScene(
                union_id=world.union("示例扫码工会").id,
                code="u-example",
                url="https://example.invalid/q/1",
                made_at=clock.now(),
            )  # fmt: skip
        )


def _scene_at() -> str:
    return f"/admin/wechat/scenes/{db.session.query(UnionScene.id).first()[0]}/print"


def _outsiders(app: Flask, world: World, people: dict[str, Employee | None], rooms: Rooms) -> list[Walk]:
    """Somebody without WeChat, before and after the second proof, and somebody who has just left."""
    bounced, left = people["li"], people["chen"]
    assert bounced and left
    at = ("/s/claims/progress", "/s/changes/progress", f"/s/claims/account/{rooms.bounced}")
    walks = []
    for who, proved in (("visitor", False), ("proved visitor", True)):
        walks.append(Walk(app, who, app.test_client(), "employee", at))
        world.visit(walks[-1].client, bounced, proved=proved)
    walks.append(Walk(app, "left", app.test_client(), "employee", ("/h5/left",)))
    words = [["BZ0000000000000000001", "停止审核，填写的内容和照片会删除，只留申报号"]]
    gone = {"openid": world.follower(), "left": {"kind": "account", "effects": words}}
    world._with_session(walks[-1].client, secrets.token_urlsafe(32), "employee", None, gone)
    return walks


def _filer(app: Flask, world: World) -> Walk:
    """An operator with filings of every kind in the states that wait for them, and people to choose from."""
    union = world.union("示例代办工会")
    desk = Filer(app, world, union)
    people = [world.employee(union) for _ in range(5)]
    for person in people:
        world.cover(person, starts_on=PERIOD[0], ends_on=PERIOD[1])
    hurt, ill, gone, late, left = people
    with transaction():
        left.is_active = False
    drafts = [desk.start(hurt, "injury"), desk.start(gone, "death"), desk.start(ill)]
    desk.filed(ill, **_days_of(1))
    for state, code in (("returned", ""), ("pay_failed", "closed"), ("refused", "")):
        one = desk.filed(late, receipt_number=f"00{len(drafts):08d}", **_days_of(len(drafts)))
        with transaction():
            one.state, one.bounce_code, one.award_fen = state, code, 100_000
        drafts.append(f"/admin/claims/filings/{one.number}")
    chosen = "&".join(f"person={person.id}" for person in people)
    parts = ("", "/form", "/check", "/payee", "/withdraw", "/delete", "/appeal")
    only = [f"/admin/claims/new?kind={kind}&{chosen}" for kind in ("hospital", "death")]
    only += ["/admin/claims/new?who=self", "/admin/claims/filings", "/admin/mine"]
    return Walk(app, "filer", desk.client, "staff", (*only, *(at + part for at in drafts for part in parts)))


def _days_of(n: int) -> dict[str, str]:
    """A stay of its own for each of one person's claims, within the period around today."""
    day = clock.today() - dt.timedelta(days=30 * n)
    return {"admitted_on": day.isoformat(), "discharged_on": (day + dt.timedelta(days=5)).isoformat()}


def _behind_sessions(app: Flask, world: World, bound: Employee | None) -> list[Walk]:
    assert bound
    walks = []
    for way in back_doors.ways(world, PayOffice(world), bound):
        walks.append(Walk(app, way.who, app.test_client(), way.area, way.pages))
        if way.staff:
            world.sign_in(walks[-1].client, staff=way.staff)
        else:
            token = secrets.token_urlsafe(32)
            world._with_session(walks[-1].client, token, way.area, None, way.session)
    return walks


def _filed(person: Employee, staff: Staff) -> str:
    number = behind.submitted(person).number
    behind.approve(number, staff)
    return number


def _unasked(world: World, person: Employee) -> None:
    """A payment that gave rise to another benefit, and trials of other figures: done, at work, given up."""
    treasury = Treasury(world)
    treasury.person = person
    treasury.pay(treasury.approved(12_000))
    by = as_staff(world.staff(ADMINISTRATOR), ADMINISTRATOR)
    plan = plans.all_plans()[0]
    typed = ({"ZYYL.deductible": "0"}, {"ZYYL.bands.0.rate": "10"}, {})
    with transaction():
        done, _, failed = [trials.start(plan, one, "示例", by) for one in typed]
        failed.failed_at = clock.now()
        while trials.lot(done.id):
            pass


def _batches(office: PayOffice) -> None:
    """A batch in every state: to be checked, to be exported, at the bank, answered."""
    office.prepared()
    office.checked()
    office.exported()
    answered = office.exported()
    office.settle(answered, as_csv(answers(answered, {1: "账户已销户"})))


def _person(id_number: str) -> Employee:
    return db.session.query(Employee).filter(Employee.id_number.matches(id_number)).one()
