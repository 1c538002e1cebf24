"""Every staff route × where the asker's rights hold: own union, beside, above, below, everywhere (A1, A3).

`SCOPE` says of every staff view what of a union it shows or changes; a view that is not in it fails. The
asker holds every role at once, so that nothing but the place can be the reason of a refusal. Who stands
beside or below gets the very answer of something that does not exist; and what comes into a union changes no
byte of the lists, counts and tiles of those who stand elsewhere.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from core import roles
from core.db import db as database
from core.db import transaction
from tests.access.test_matrix import ABSENT, GUEST, _address, _belongings, _methods
from tests.access.test_matrix import EXPECTED as MATRIX
from tests.world import World

# What a view is about: a thing in the address; a union or thing named in query or form (FIELDS); a list; the
# whole scheme's rows (needs a right everywhere); nothing of any union; the asker's own account.
THING, NAMED, LIST, EVERYWHERE, SHARED, SELF = "thing", "named", "list", "everywhere", "shared", "self"

SCOPE: dict[str, str] = {
    "workbench.home": LIST,
    "workbench.take_next": LIST,
    "workbench.assign": NAMED,
    "workbench.my_cases": LIST,
    "workbench.audit": EVERYWHERE,
    "workbench.verify": EVERYWHERE,
    "why.ask": NAMED,
    "claims_admin.index": LIST,
    "claims_admin.union_review": LIST,
    "claims_admin.union_review_of": LIST,
    "claims_admin.search": NAMED,
    "filings.search": NAMED,
    "filings.start": NAMED,
    "filings.take_over": THING,
    "claims_admin.reasons": SHARED,
    "claims_admin.save_reason": SHARED,
    "claims_admin.retire_reason": SHARED,
    "changes_admin.index": LIST,
    "rebinds.index": LIST,
    "transfers.index": LIST,
    "transfers.mine": SELF,
    "transfers.ask_mine": SELF,
    "transfers.new": LIST,
    "transfers.ask": NAMED,
    "enrolments.index": LIST,
    "enrolments.new": LIST,
    "enrolments.start": NAMED,
    "finder.index": LIST,
    "finder.runs": EVERYWHERE,
    "finder.template": EVERYWHERE,
    "finder.upload": EVERYWHERE,
    "finder.show": EVERYWHERE,
    "finder.tell": EVERYWHERE,
    "finder.close": EVERYWHERE,
    "reports.board": LIST,
    "reports.enrolments": LIST,
    "reports.enrolments_export": NAMED,
    "reports.enrolments_ask": NAMED,
    "reports.coverages": LIST,
    "reports.claims": LIST,
    "reports.coverages_search": NAMED,
    "reports.claims_search": NAMED,
    "reports.coverages_export": NAMED,
    "reports.coverages_ask": NAMED,
    "reports.claims_export": NAMED,
    "reports.claims_ask": NAMED,
    "reports.exports": SELF,
    "reports.download": SELF,
    "roster.index": LIST,
    "roster.template": SHARED,
    "roster.search": NAMED,
    "roster.upload": NAMED,
    "roster.upload_now": NAMED,
    "roster.imports": NAMED,
    "roster.new": NAMED,
    "roster.add": NAMED,
    "staff_people.index": LIST,
    "staff_people.new": LIST,
    "staff_people.create": NAMED,
    "invoices.index": LIST,
    **dict.fromkeys(
        [
            "invoices.new",
            "invoices.record",
            "invoices.replace_form",
            "invoices.replace",
            "invoices.upload_form",
            "invoices.upload_now",
        ],
        EVERYWHERE,
    ),
    "unions.index": LIST,
    "unions.new": NAMED,
    "unions.create": NAMED,
}
THINGS = {
    "claims_admin": "show document approve approve_now send_back send_back_now refuse refuse_now hold "
    "put_back take_over undo lower lower_now duplicate_pairs judge_pair reveal",
    "changes_admin": "show document approve approve_now send_back send_back_now reveal",
    "rebinds": "show photo approve refuse",
    "transfers": "show answer",
    "roster": "show_import confirm cancel result show_person edit save leave leave_now come_back reveal "
    "death death_now correct correct_now",
    "enrolments": "show application save_record refresh add_account remove_account agent take_over listed "
    "remove choose add add_all search materials upload remove_paper paper submit submit_now give_up "
    "give_up_now approve approve_now send_back send_back_now print_form form_pdf supplement",
    "staff_people": "show rights switch switch_now",
    "unions": "show edit save move move_now",
    "vouchers": "show add remove submit file",
    "invoices": "show preview fetch mail",
}
SCOPE |= {f"{room}.{view}": THING for room, views in THINGS.items() for view in views.split()}
ROOMS = {
    "payout": EVERYWHERE,
    "fees": EVERYWHERE,
    "bank_receipts": EVERYWHERE,
    "what_if": EVERYWHERE,
    "messages_admin": EVERYWHERE,
    "wechat_admin": EVERYWHERE,
    "staff_appeals": EVERYWHERE,
    "content_admin": SHARED,
    "staff_sign_in": SELF,
    "staff_inbox": SELF,
    "filings": SELF,
}
# In which field of the address or form a view is told of what; {name} is a value of the thing.
FIELDS: dict[str, dict[str, str]] = {
    "workbench.assign": {"ids": "{claim_id}"},
    "why.ask": {"action": "{action}", "who": "{staff_id}", "number": "{number}", "place": "上家"},
    "claims_admin.search": {"q": "{id_number}"},
    "filings.search": {"q": "{id_number}"},
    "filings.start": {"employee_id": "{employee_id}", "informed": "y", "op": "a" * 32},
    "reports.coverages_search": {"q": "{id_number}"},
    "reports.claims_search": {"q": "{id_number}"},
    "reports.enrolments_export": {"under": "{union_id}"},
    "reports.enrolments_ask": {"under": "{union_id}", "reason": "核对", "op": "0123456789abcdef01"},
    "reports.coverages_export": {"under": "{union_id}"},
    "reports.claims_export": {"under": "{union_id}"},
    "reports.coverages_ask": {"under": "{union_id}", "reason": "核对", "op": "0123456789abcdef01"},
    "reports.claims_ask": {"under": "{union_id}", "reason": "核对", "op": "0123456789abcdef01"},
    "transfers.ask": {"to": "{union_id}", "name": "张示例", "id_number": "450100196801019999"},
    "claims_admin.reveal": {"field": "id_number", "reason": "call"},
    "changes_admin.reveal": {"field": "old-phone", "reason": "call"},
    "roster.reveal": {"field": "phone", "reason": "call"},
    "unions.move_now": {"to": "{union_id}"},
    "enrolments.start": {"for_union": "{union_id}", "plan": "GX-2026"},
    "roster.search": {"q": "{id_number}"},
    "roster.upload": {"union": "{union_id}"},
    "roster.upload_now": {"union": "{union_id}"},
    "roster.imports": {"union": "{union_id}"},
    "roster.new": {"union": "{union_id}"},
    "roster.add": {"union": "{union_id}"},
    "staff_people.create": {
        "union": "{union_id}",
        "name": "张示例",
        "phone": "13911112222",
        "roles": "operator",
    },
    "unions.new": {"under": "{union_id}"},
    "unions.create": {"under": "{union_id}", "name": "示例新工会", "level": "grassroots"},
}
# What else is said in a list's address, so that it shows what it has.
SHOWN = {
    "claims_admin.index": ("", "?union=上家"),
    "changes_admin.index": ("", "?state=first_review"),
    "roster.index": ("?choose=1", "?choose=1&part=上家"),
    "enrolments.index": ("", "?state=first_review", "?union=上家"),
    "enrolments.new": ("?q=上家",),
    "unions.index": ("", "?q=上家"),
    "staff_people.index": ("", "?q=经办", "?role=operator"),
    "staff_people.new": ("?q=上家",),
    "transfers.new": ("?q=上家",),
    "transfers.index": ("", "?state=waiting"),
    "workbench.home": ("", "?union=上家", "?late=1"),
    "reports.coverages": ("", "?union=上家"),
    "reports.claims": ("", "?union=上家", "?state=open"),
}
# A thing that only some moments allow; asking for it is refused to everybody, with its own words.
PLACES = ("own", "parent", "everywhere", "sibling", "child", "spread")
MAY = ("own", "parent", "everywhere")
ALL = tuple(role for role in roles.STAFF_ROLES)


@dataclass
class Scene:
    """Somebody with every role at each place, the things of one union, and their words."""

    clients: dict[str, Any]
    values: dict[str, str]
    absent: dict[str, str]
    canaries: list[str]

    def of(self, endpoint: str, values: dict[str, str]) -> dict[str, str]:
        """The values as this endpoint's address names them."""
        if endpoint.startswith("changes_admin"):
            return {**values, "number": values["change"], "document_id": values["change_photo"]}
        if endpoint.startswith("vouchers"):
            return {**values, "number": values["owing"]}
        if endpoint.startswith("enrolments"):
            return {**values, "number": values["enrolment"]}
        if endpoint.startswith("wechat_admin"):
            return {**values, "number": "1", "scene_id": ABSENT}
        return values

    def tells(self, answer: Any) -> list[str]:
        said = answer.get_data(as_text=True) + str(answer.headers)
        return [word for word in self.canaries if word in said]


def kind_of(endpoint: str) -> str:
    return SCOPE.get(endpoint) or ROOMS.get(endpoint.partition(".")[0], "")


def staff_routes(app: Flask, *kinds: str) -> Iterator[tuple[str, str, Any]]:
    for endpoint, method, rule in _methods(app):
        if not rule.rule.startswith("/admin") or MATRIX.get(endpoint) == GUEST:
            continue
        if not kinds or kind_of(endpoint) in kinds:
            yield endpoint, method, rule


@pytest.fixture
def places(app: Flask, db, monkeypatch) -> tuple[World, dict[str, Any], dict[str, Any]]:
    """A tree of unions, and somebody with every role at each place of it."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    world = World()
    top = world.union("示例市总工会")
    parent = world.union("示例区总工会", top)
    own = world.union("上家第一工会", parent)
    at = {"own": own, "parent": parent, "everywhere": None, "sibling": world.union("邻家工会", parent),
          "child": world.union("下级小组工会", own)}  # fmt: skip
    clients = {}
    for place, union in at.items():
        clients[place] = _signed_in(app, world, world.staff(*ALL, union=union, member=union))
    # Roles that may only look hold here; those that decide hold next door.
    spread = world.staff(*ALL, union=at["sibling"], member=at["sibling"])
    _grant(spread, roles.EDITOR, own)
    clients["spread"] = _signed_in(app, world, spread)
    return world, at, clients


def _signed_in(app: Flask, world: World, who: Any) -> Any:
    client = app.test_client()
    world.sign_in(client, staff=who)
    return client


def _grant(who: Any, role: str, union: Any) -> None:
    from staff.models import Grant

    with transaction():
        database.session.add(Grant(staff_id=who.id, role=role, union_id=union.id))


def furnished(world: World, at: dict[str, Any], clients: dict[str, Any]) -> Scene:
    """One of everything a union can have, in the union called own."""
    from claims.models import Claim

    owner = world.insured(union=at["own"], name="独孤磳秘", phone="13812340001")
    values = _belongings(world, owner)
    colleague = world.staff(roles.OPERATOR, union=at["own"], member=at["own"], name="独孤经办")
    claim = database.session.query(Claim).filter_by(number=values["number"]).one()
    values |= {
        "staff_id": str(colleague.id),
        "claim_id": str(claim.id),
        "id_number": owner.id_number or "",
        "action": "approve",
    }
    _roster_file(values["import_id"], colleague)
    absent = dict.fromkeys(values, ABSENT) | {
        "number": "BZ1000000000000000000", "change": "BG1000000000000000000",
        "owing": "CBFW1990010001",
        "enrolment": "CBFW1999990001",
        "id_number": "45010019680101999X", "action": "approve",
    }  # fmt: skip
    said = [owner.name, owner.phone, owner.id_number, "独孤", values["number"], values["change"],
            colleague.phone, "独孤名册"]  # fmt: skip
    return Scene(clients, values, absent, said)


def _roster_file(import_id: str, who: Any) -> None:
    """The import waits to be confirmed, and its file has a name to be known by."""
    from roster.models import RosterImport

    with transaction():
        work = database.session.get(RosterImport, uuid.UUID(import_id))
        assert work
        work.state, work.file_name, work.new_count = "preview", "独孤名册.xlsx", 3
        work.uploaded_by_id, work.uploaded_by_label = who.id, who.name


@pytest.fixture
def scene(places) -> Scene:
    return furnished(*places)


def test_every_staff_route_says_its_scope(app: Flask) -> None:
    """A new staff view must be put into the table by hand."""
    known = {endpoint for endpoint, _, _ in staff_routes(app)}
    missing = sorted(endpoint for endpoint in known if not kind_of(endpoint))
    assert missing == [], "not in SCOPE"
    assert sorted(set(SCOPE) - known) == [], "in SCOPE, but no view"
    for endpoint, kind in SCOPE.items():
        assert kind != NAMED or endpoint in FIELDS, endpoint


def test_what_shows_the_whole_scheme_needs_a_right_everywhere(app: Flask, scene: Scene) -> None:
    """A2: a right in one union, whichever, opens no page of all unions' rows."""
    wrong = []
    for endpoint, method, rule in staff_routes(app, EVERYWHERE):
        assert getattr(app.view_functions[endpoint], "everywhere", False), endpoint
        for place in set(PLACES) - {"everywhere"}:
            answer = _asked(scene, place, endpoint, method, rule, scene.values)
            if answer.status_code != 403 or scene.tells(answer):
                wrong.append(f"{method} {rule.rule} at {place}: {answer.status} {scene.tells(answer)}")
    assert not wrong, "\n".join(wrong)


def test_beside_and_below_a_thing_looks_absent(app: Flask, scene: Scene, capsys) -> None:
    """A1: the same status and the same bytes as for something that does not exist, and not a word of it."""
    cells, wrong = 0, []
    for endpoint, method, rule in staff_routes(app, THING, NAMED):
        for place in ("sibling", "child", "spread"):
            cells += 1
            absent = _asked(scene, place, endpoint, method, rule, scene.absent)
            answer = _asked(scene, place, endpoint, method, rule, scene.values)
            if (answer.status_code, _same(answer, scene)) != (absent.status_code, _same(absent, scene)):
                wrong.append(f"{method} {rule.rule} at {place}: {answer.status} against {absent.status}")
            elif told := _told(scene, endpoint, answer):
                wrong.append(f"{method} {rule.rule} at {place}: tells {told}")
            elif kind_of(endpoint) == THING and answer.status_code not in (403, 404):
                wrong.append(f"{method} {rule.rule} at {place}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    with capsys.disabled():
        print(f"\n{cells} cells out of scope")


def test_here_and_above_it_opens(app: Flask, scene: Scene, capsys) -> None:
    """Not in vain: the same addresses lead those who stand here, above or everywhere to the thing."""
    cells, wrong = 0, []
    for method_wanted in ("GET", "POST"):  # looking first: a POST may change what there is to see
        for endpoint, method, rule in staff_routes(app, THING, NAMED):
            if method != method_wanted:
                continue
            for place in MAY:
                cells += 1
                answer = _asked(scene, place, endpoint, method, rule, scene.values)
                if answer.status_code >= 500 or (answer.status_code == 404 and not _is_file(endpoint)):
                    wrong.append(f"{method} {rule.rule} at {place}: {answer.status}")
                is_denied = answer.status_code == 403 and "您没有办理这项业务的权限" in answer.text
                if method == "GET" and kind_of(endpoint) == THING and is_denied:
                    wrong.append(f"{method} {rule.rule} at {place}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    with capsys.disabled():
        print(f"\n{cells} cells in scope")


def test_what_comes_into_a_union_shows_only_here_and_above(app: Flask, places, capsys) -> None:
    """A3: lists, counts, tiles and badges of those beside and below do not change by one byte."""
    _, _, clients = places
    pages = [(endpoint, _address(rule, {}) + more) for endpoint, method, rule in staff_routes(app, LIST)
             if method == "GET" for more in SHOWN.get(endpoint, ("",))]  # fmt: skip
    before = {(place, path): _plain(clients[place].get(path)) for place in PLACES for _, path in pages}
    scene = furnished(*places)
    wrong, changed = [], 0
    for endpoint, path in pages:
        for place in PLACES:
            answer = clients[place].get(path)
            is_same = _plain(answer) == before[place, path]
            if answer.status_code != 200:
                wrong.append(f"{path} at {place}: {answer.status}")
            elif place not in MAY and (not is_same or _told(scene, endpoint, answer)):
                wrong.append(f"{path} at {place}: shows what came next door {_told(scene, endpoint, answer)}")
            elif place in MAY and is_same and endpoint not in UNMOVED:
                wrong.append(f"{path} at {place}: shows nothing of what came")
            changed += not is_same
    assert not wrong, "\n".join(wrong)
    with capsys.disabled():
        print(f"\n{len(pages) * len(PLACES)} lists, {changed} changed")


# These list unions, or what the asker did: nothing of what came.
UNMOVED = {"unions.index", "roster.index", "staff_people.new", "transfers.new", "workbench.my_cases",
           "enrolments.new"}  # fmt: skip
UNMOVED |= {"reports.enrolments"}  # nobody enrolled anybody


def test_the_next_claim_to_take_is_one_of_ours(app: Flask, scene: Scene) -> None:
    """领取下一件 gives nobody a claim of another union."""
    for place in ("sibling", "child", "spread"):
        answer = scene.clients[place].post("/admin/next")
        assert (answer.status_code, answer.location) == (303, "/admin/"), place
    assert scene.values["number"] in scene.clients["own"].post("/admin/next").location


def _asked(scene: Scene, place: str, endpoint: str, method: str, rule: Any, values: dict[str, str]) -> Any:
    address = _address(rule, scene.of(endpoint, values))
    fields = {name: text.format(**values) for name, text in FIELDS.get(endpoint, {}).items()}
    if method == "GET":
        return scene.clients[place].get(address, query_string=fields)
    return scene.clients[place].post(address, data=fields)


def _told(scene: Scene, endpoint: str, answer: Any) -> list[str]:
    """What it says of the things; what the asker themselves typed does not count, nor unions all may see."""
    said = scene.tells(answer)
    body = answer.get_data(as_text=True)
    if "独孤" in said and not re.search('独孤[^"&<]', body):
        said.remove("独孤")
    mine = FIELDS.get(endpoint, {}).values()
    return [word for word in said if not any(scene.values.get(v.strip("{}")) == word for v in mine)]


def _is_file(endpoint: str) -> bool:
    """The photos and results of these tests have no bytes behind them."""
    return endpoint in (
        "claims_admin.document", "changes_admin.document", "rebinds.photo", "roster.result",
        "vouchers.file", "invoices.preview", "invoices.fetch", "invoices.mail",
        "enrolments.paper",
    )  # fmt: skip


def _same(answer: Any, scene: Scene) -> str:
    """The page without what was typed."""
    body = _plain(answer)
    for name in ("number", "change", "enrolment", "id_number"):
        for value in (scene.values[name], scene.absent[name]):
            body = body.replace(value, "")
    return body


def _plain(answer: Any) -> str:
    """The page without what differs between any two answers."""
    body = answer.get_data(as_text=True)
    return CHANGING.sub("", body)


CHANGING = re.compile(r'nonce="[^"]+"|value="[A-Za-z0-9._-]{20,}"|"/static/[^"]+"|B[ZG]\d+|[0-9a-f-]{36}')
