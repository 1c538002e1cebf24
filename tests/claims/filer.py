"""An operator at the union's desk: walks the pages as a browser without JavaScript would."""

from __future__ import annotations

from typing import Any

from claims.models import Claim
from core.access import Actor
from core.db import db as database
from core.roles import OPERATOR
from employee.models import Employee
from staff.models import StaffUser
from tests.claims.paper import CARD, STAY, hidden, photo
from tests.world import World, as_staff
from union.models import Union

NEW = "/admin/claims/new"
ID = ("id_front", "id_back")
AGENT = ("agent_id_front", "agent_id_back")
OTHER = ("explanation", "payee_id_front", "payee_id_back", "payee_bank_card")
PAPERS = {
    "hospital": (*ID, "invoice", "settlement", "discharge_record"),
    "injury": (*ID, "injury_decision", "grade_decision"),
    "death": ("death_certificate",),
}
EVENTS = {
    "hospital": STAY,
    "injury": {"event_on": "2026-03-01", "recognised_on": "2026-05-06", "injury_grade": "7"},
    "death": {"event_on": "2026-06-18", "cause": "疾病"},
}
RELATIVE = {
    "is_own_account": "other",
    "payee_name": "李家属",
    "payee_relation": "配偶",
    "why_other": "本人已亡故",
    "contact_phone": "13700001111",
    "payee_bank": "示例银行",
    "payee_card": CARD,
}


class Filer:
    """One operator of a union with a signed-in browser."""

    def __init__(self, app: Any, world: World, union: Union, *roles: str, **values: Any) -> None:
        self.app, self.world, self.union = app, world, union
        self.user: StaffUser = world.staff(*(roles or (OPERATOR,)), union=union, member=union, **values)
        self.client = world.sign_in(app.test_client(), staff=self.user)
        self.serial = self.user.phone and int(self.user.phone[-3:]) * 100 or 0
        self.extra: tuple[str, ...] = ()  # papers the profile asks for besides

    @property
    def by(self) -> Actor:
        return as_staff(self.user, OPERATOR, union_id=self.union.id)

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def send(self, path: str, data: dict[str, Any] | None = None, *, page: str = "") -> Any:
        """POST what a page's form holds, with `data` typed into it."""
        shown = self.client.get(page or path)
        assert shown.status_code == 200, f"{page or path}: {shown.status} {shown.location}"
        return self.client.post(path, data={**hidden(shown.get_data(as_text=True)), **(data or {})})

    def look_up(self, typed: str, kind: str = "hospital") -> Any:
        return self.send(NEW, {"q": typed}, page=f"{NEW}?kind={kind}")

    def begin(self, person: Employee, kind: str = "hospital", who: str = "agent", **data: str) -> Any:
        at = f"{NEW}?kind={kind}&who={who}&person={person.id}"
        given = {"kind": kind, "who": who, "employee_id": str(person.id), "informed": "y", **data}
        return self.send(f"{NEW}/start", given, page=at)

    def start(self, person: Employee, kind: str = "hospital", who: str = "agent") -> str:
        answer = self.begin(person, kind, who)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        assert answer.location.endswith("/form")
        return str(answer.location).removesuffix("/form")

    def photos(self, *kinds: str) -> dict[str, Any]:
        found = {}
        for kind in kinds:
            self.serial += 1
            found[kind] = photo(self.serial)
        return found

    def fill(
        self, at: str, kind: str, data: dict[str, str], papers: tuple[str, ...], do: str = "next"
    ) -> Any:
        typed = {**EVENTS[kind], **data}
        return self.send(f"{at}/form", {**typed, **self.photos(*papers, *self.extra), "do": do})

    def filled(self, person: Employee, kind: str, who: str = "agent", **data: str) -> str:
        """Everything typed and uploaded; the check page is next."""
        at = self.start(person, kind, who)
        agent = AGENT if who == "agent" else ()
        if kind == "death":
            answer = self.fill(at, kind, {**RELATIVE, **data}, (*PAPERS[kind], *agent, *OTHER))
        else:
            account = {"payee_name": person.name, "payee_bank": "示例银行", "payee_card": CARD}
            papers = (*PAPERS[kind], *agent, "bank_card")
            answer = self.fill(at, kind, {**account, **data}, papers)
        assert answer.location == f"{at}/check", answer.get_data(as_text=True)
        return at

    def hand_in(self, at: str) -> Any:
        return self.send(f"{at}/check", {"declared": "y"})

    def filed(self, person: Employee, kind: str = "hospital", who: str = "agent", **data: str) -> Claim:
        """The whole way."""
        at = self.filled(person, kind, who, **data)
        answer = self.hand_in(at)
        assert (answer.status_code, answer.location) == (303, at), answer.get_data(as_text=True)
        return self.claim(at)

    def claim(self, at: str) -> Claim:
        database.session.rollback()
        database.session.expire_all()
        return database.session.query(Claim).filter_by(number=at.rsplit("/", 1)[1]).one()
