"""Which pages does the product have, and in which states? Walked through by its own links, over HTTP, once.

`gather(app)` loads the demo, adds people in states it lacks, follows every link that they and each role meet,
and keeps every answer with parts that its page has not shown before: that is another state. What is new is
found by itself, as soon as a link leads to it and the demo (or `_stories`) holds something to see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from werkzeug.exceptions import HTTPException

from changes.models import ChangeRequest
from claims.models import Claim
from config import demo
from core.db import db
from core.roles import FIRST_REVIEWER, SECOND_REVIEWER, STAFF_ROLES
from employee.models import Employee
from tests.journeys import behind
from tests.journeys.conftest import Staff
from tests.payout.conftest import PayOffice, answers, as_csv
from tests.world import World

if TYPE_CHECKING:
    from flask import Flask

MOST_PAGES = 400  # a walker gives up after so many answers: then something links to itself without end
MOST_ALIKE = 4  # answers of one view, same role, that are opened in search of another shape
GUEST, FOLLOWER, NOBODY = "guest", "follower", "nobody"


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
    seen: list[Seen] = field(default_factory=list)
    shapes: dict[tuple[str, int], set[tuple[str, str]]] = field(default_factory=dict)

    def from_(self, starts: list[str]) -> list[Seen]:
        waiting, known, opened = [*starts], set(starts), Counter[str]()
        while waiting and len(known) < MOST_PAGES:
            path = waiting.pop(0)
            endpoint = self._endpoint(path)
            if not endpoint or opened[endpoint] >= MOST_ALIKE * 4:
                continue
            opened[endpoint] += 1
            for link in self._links(path, self.take(path, endpoint)):
                if link not in known:
                    known.add(link)
                    waiting.append(link)
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
    walks = [_walk(app, world, who, person) for who, person in people.items()]
    for role in (NOBODY, *sorted(STAFF_ROLES)):
        walk = Walk(app, role, app.test_client(), "staff")
        if role != NOBODY:
            world.sign_in(walk.client, staff=world.staff(role))
        walks.append(walk)
    shapes: dict[tuple[str, int], set[tuple[str, str]]] = {}
    for walk in walks:
        walk.shapes = shapes  # what one has seen the next need not look at again
        starts = [path for path in addresses(app) if path.startswith("/admin") == (walk.area == "staff")]
        walk.from_(starts + _hidden(people.get(walk.who)))
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
    return {GUEST: None, FOLLOWER: None, **people}


def _filed(person: Employee, staff: Staff) -> str:
    number = behind.submitted(person).number
    behind.approve(number, staff)
    return number


def _batches(office: PayOffice) -> None:
    """A batch in every state: to be checked, to be exported, at the bank, answered."""
    office.prepared()
    office.checked()
    office.exported()
    answered = office.exported()
    office.settle(answered, as_csv(answers(answered, {1: "账户已销户"})))


def _person(id_number: str) -> Employee:
    return db.session.query(Employee).filter(Employee.id_number.matches(id_number)).one()
