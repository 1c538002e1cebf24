"""Is what was typed still there when a form met the door? And is nothing ever sent by itself?"""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from core import kept
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.kept import KeptForm
from core.pages.returning import BACK_AGAIN, GONE, PRESS_AGAIN
from core.roles import ADMINISTRATOR, FINANCE_CHECKER, FINANCE_MAKER, FIRST_REVIEWER, OPERATOR
from core.sessions import SessionRow
from payout import service as payouts
from staff import service as staff
from tests.changes.conftest import Person
from tests.claims.paper import hidden
from tests.payout.conftest import PayOffice
from tests.staff.arriving import totp
from tests.world import PASSWORD, World


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def sits(app: Flask, world: World) -> Any:
    def make(person: Any) -> Any:
        return world.sign_in(app.test_client(), staff=person)

    return make


def age(what: str = "second_factor_at", hours: int = 9) -> None:
    """As if the second factor had been shown so long ago."""
    database.session.execute(
        text("UPDATE session SET data = jsonb_set(data, ARRAY[:what], to_jsonb(CAST(:at AS text)))"),
        {"what": what, "at": f"2026-01-01T0{hours}:00:00+00:00"},
    )
    database.session.commit()


def run_out() -> None:
    """As if nobody had touched their browsers for an hour."""
    database.session.execute(text("UPDATE session SET seen_at = seen_at - interval '1 hour'"))
    database.session.commit()


def way_on(answer: Any) -> str:
    """Where the page that asks for more leads."""
    assert answer.status_code in (400, 401), answer.status_code
    found = re.search(r'class="btn primary" href="([^"]+)"', answer.text)
    assert found, answer.text
    return html.unescape(found[1])


def shows_factor(client: Any, way: str, step: int = 0) -> Any:
    """The code, and the page it leads back to."""
    assert "/admin/factor" in way
    page = client.get(way).text
    back = html.unescape(re.search(r'name="next" value="([^"]*)"', page)[1])  # type: ignore[index]
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page)[1]  # type: ignore[index]
    done = client.post("/admin/factor", data={"csrf_token": token, "code": totp(step), "next": back})
    assert done.status_code == 303, done.text
    return client.get(done.location)


def actions() -> list[str]:
    return [row.action for row in database.session.query(AuditEntry).order_by(AuditEntry.seq)]


# --- the second factor


def test_a_reveal_comes_back_with_its_reason_and_is_not_made(world: World, sits: Any) -> None:
    union = world.union()
    person = world.employee(union)
    client = sits(world.staff(OPERATOR, union=union))
    at = f"/admin/roster/people/{person.id}"
    client.get(at)
    age()
    answer = client.submit(f"{at}/reveal", {"field": "phone", "reason": "call"}, page=at)
    back = shows_factor(client, way_on(answer))
    assert back.status_code == 200 and BACK_AGAIN in back.text
    reasons = re.findall(r'<option value="(\w+)" selected', back.text)
    assert reasons == ["call"]
    assert person.phone not in back.text and "roster.reveal" not in actions()
    shown = client.submit(f"{at}/reveal", {"field": "phone", "reason": "call"}, page=at)
    assert shown.status_code == 200 and person.phone in shown.text, "pressed once more it is shown"


def test_a_grant_comes_back_as_it_was_ticked(world: World, sits: Any) -> None:
    union = world.union()
    clerk = world.staff(member=union)
    client = sits(world.staff(ADMINISTRATOR))
    at = f"/admin/staff/{clerk.id}"
    client.get(at)
    age()
    wanted = [f"operator@{union.id}"]
    answer = client.submit(f"{at}/rights", {"rights": wanted, "do": "confirm"}, page=at)
    back = shows_factor(client, way_on(answer))
    ticked = re.findall(r'name="rights" value="([^"]+)" checked', back.text)
    assert ticked == wanted
    assert staff.rights_of(clerk.id) == frozenset(), "do=confirm was sent, and was not done"
    assert "staff.grant" not in actions()


def test_a_new_colleague_comes_back_with_name_phone_and_union(world: World, sits: Any) -> None:
    union = world.union()
    client = sits(world.staff(ADMINISTRATOR))
    age()
    typed = {"name": "赵新来", "phone": "13911112222", "union": str(union.id), "do": "save", "op": "x" * 24}
    back = shows_factor(client, way_on(client.submit("/admin/staff/new", typed)))
    assert 'value="赵新来"' in back.text and 'value="13911112222"' in back.text
    assert "staff.create" not in actions()


def test_a_payout_that_was_checked_too_late_is_still_to_be_checked(world: World, sits: Any) -> None:
    batch = _batch(world)
    client = sits(world.staff(FINANCE_CHECKER))
    at = f"/admin/payouts/{batch.number}/check"
    page = client.get(at)
    seen = re.search(r'name="seen" value="(\d+)"', page.text)[1]  # type: ignore[index]
    age()
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    back = shows_factor(client, way_on(client.post(at, data={"csrf_token": token, "seen": seen})))
    assert back.status_code == 200 and BACK_AGAIN in back.text and batch.number in back.text
    database.session.expire_all()
    assert payouts.get(batch.number).state == "prepared"


def test_the_words_of_a_dropped_payout_are_still_there(world: World, sits: Any) -> None:
    """The role itself waits for the second factor: the check at the door keeps the form, too."""
    batch = _batch(world)
    client = sits(world.staff(FINANCE_MAKER))
    at = f"/admin/payouts/{batch.number}/drop"
    page = client.get(at)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    database.session.execute(text("UPDATE session SET data = data - 'second_factor_at'"))
    database.session.commit()
    typed = {"csrf_token": token, "seen": str(batch.version), "note": "有一笔金额要重核，财务李电话说明"}
    back = shows_factor(client, way_on(client.post(at, data=typed)))
    assert "有一笔金额要重核，财务李电话说明" in back.text
    assert payouts.get(batch.number).state == "prepared"


def test_a_reason_to_send_a_change_back_is_still_there(app: Flask, world: World, sits: Any) -> None:
    person = Person(world, app.test_client(), world.insured())
    request = person.ask(phone="13811112222")
    client = sits(world.staff(FIRST_REVIEWER))
    at = f"/admin/changes/{request.number}/return"
    page = client.get(at)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    database.session.execute(text("UPDATE session SET data = data - 'second_factor_at'"))
    database.session.commit()
    typed = {"csrf_token": token, "seen": str(request.version), "note": "身份证照片看不清，请重新拍"}
    back = shows_factor(client, way_on(client.post(at, data=typed)))
    assert "身份证照片看不清，请重新拍</textarea>" in back.text
    database.session.refresh(request)
    assert request.state == "first_review"


# --- an old password, and a session that is over


def test_an_expired_password_loses_nothing_either(world: World, sits: Any) -> None:
    union = world.union()
    client = sits(world.staff(OPERATOR, union=union))
    form = f"/admin/roster/new?union={union.id}"
    page = client.get(form)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    age("password_until")
    typed = {"csrf_token": token, "union": str(union.id), "name": "赵测试", "phone": "13911113333"}
    way = way_on(client.post("/admin/roster/new", data=typed))
    assert way.startswith("/admin/password")
    asks = client.get(way).text
    sent = dict(re.findall(r'name="(csrf_token|next)"[^>]*?value="([^"]+)"', asks))
    new = "Another-Fictional-2027"
    changed = client.post(
        "/admin/password",
        data={
            "csrf_token": sent["csrf_token"], "next": html.unescape(sent["next"]),
            "old": PASSWORD, "password": new, "again": new,
        },
    )  # fmt: skip
    assert changed.status_code == 303, changed.text
    back = client.get(changed.location)
    assert 'value="赵测试"' in back.text and 'value="13911113333"' in back.text
    assert PASSWORD not in back.text and new not in back.text


def test_after_a_night_the_form_is_still_there_for_its_owner(app: Flask, world: World, sits: Any) -> None:
    union = world.union()
    owner, other = world.staff(OPERATOR, union=union), world.staff(OPERATOR, union=union)
    client = sits(owner)
    page = client.get(f"/admin/roster/new?union={union.id}")
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    run_out()
    typed = {"csrf_token": token, "union": str(union.id), "name": "赵测试", "phone": "13911113333"}
    answer = client.post("/admin/roster/new", data=typed)
    assert "您填的内容已为您保留 30 分钟" in answer.text
    way = way_on(answer)
    assert way.startswith("/admin/login")
    kept_at = html.unescape(re.search(r"next=(.+)", way)[1]).replace("%3F", "?").replace("%3D", "=")  # type: ignore[index]
    assert client.get(kept_at).status_code == 303, "first they sign in"
    stranger = sits(other).get(kept_at)
    assert stranger.status_code == 410 and "赵测试" not in stranger.text, "nobody else's"
    world.sign_in(client, staff=owner)
    back = client.get(kept_at)
    assert 'value="赵测试"' in back.text
    again = client.get(kept_at)
    assert again.status_code == 410 and GONE in again.text and "赵测试" not in again.text, "once"


def test_a_form_from_elsewhere_is_never_kept(app: Flask, world: World, sits: Any) -> None:
    """CSRF: only what carries the token of the very session that ran out is shown to its owner again."""
    union = world.union()
    client = sits(world.staff(OPERATOR, union=union))
    client.get(f"/admin/roster/new?union={union.id}")
    run_out()
    for token in ("", "forged", "IjEyMyI.aSf1bQ.Zm9yZ2Vk"):
        answer = client.post("/admin/roster/new", data={"csrf_token": token, "name": "钓鱼"})
        assert answer.status_code == 400 and "保留" not in answer.text
    assert database.session.query(KeptForm).count() == 0


def test_who_signed_out_left_nothing_behind(world: World, sits: Any) -> None:
    union = world.union()
    client = sits(world.staff(OPERATOR, union=union))
    page = client.get(f"/admin/roster/new?union={union.id}")
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    database.session.query(SessionRow).delete()
    database.session.commit()
    client.post("/admin/roster/new", data={"csrf_token": token, "name": "赵测试"})
    assert database.session.query(KeptForm).count() == 0


def test_a_change_of_ones_own_data_survives_the_session(app: Flask, world: World) -> None:
    """The people's side: WeChat signs them in anew, and the form they sent is in front of them again."""
    client = app.test_client()
    person = world.insured()
    world.sign_in(client, openid=_openid_of(person))
    typed = {**hidden(client.get("/h5/changes/new").text), "phone": "13899990000", "note": "换了号码"}
    run_out()
    answer = client.post("/h5/changes/new", data=typed)
    way = way_on(answer)
    assert way.startswith("/wechat/oauth?next=/h5/continue/") or "%2Fh5%2Fcontinue" in way
    token = re.search(r"continue(?:/|%2F)([\w-]+)", way)[1]  # type: ignore[index]
    world.sign_in(client, openid=_openid_of(person))
    on = client.get(f"/h5/continue/{token}")
    assert on.status_code == 303 and "/h5/changes/new?kept=" in on.location
    back = client.get(on.location)
    assert back.status_code == 200 and 'value="13899990000"' in back.text and BACK_AGAIN in back.text


# --- what is kept, and for how long


def test_secrets_and_files_are_not_kept_and_the_rest_is_sealed(world: World, sits: Any) -> None:
    with transaction():
        token = kept.keep(
            "staff", world.staff().id, "/admin/x", "/admin/",
            [("name", "赵测试"), ("password", "secret-1"), ("code", "123456"), ("csrf_token", "t")],
        )  # fmt: skip
    row = database.session.query(KeptForm).one()
    assert token and "赵测试".encode() not in bytes(row.content_ct)  # type: ignore[attr-defined]
    assert row.content == '[["name", "赵测试"]]'
    assert token not in repr({c.name: getattr(row, c.key) for c in KeptForm.__table__.columns})


def test_a_form_that_never_ends_is_not_kept_and_many_are_few(world: World) -> None:
    owner = world.staff().id
    with transaction():
        assert kept.keep("staff", owner, "/admin/x", "", [("note", "长" * 30_000)]) == ""
        for n in range(9):
            assert kept.keep("staff", owner, f"/admin/{n}", "", [("note", "短")])
    paths = {row.path for row in database.session.query(KeptForm)}
    assert paths == {f"/admin/{n}" for n in range(4, 9)}


def test_what_nobody_came_back_for_goes(world: World) -> None:
    owner = world.staff().id
    with transaction():
        token = kept.keep("staff", owner, "/admin/x", "", [("note", "短")])
    database.session.execute(text("UPDATE kept_form SET kept_at = kept_at - interval '31 minutes'"))
    database.session.commit()
    with transaction():
        assert kept.take(token, "staff", owner) is None
        assert kept.sweep() == 1
    assert database.session.query(KeptForm).count() == 0


def test_a_button_without_a_form_of_its_own_asks_to_be_pressed_again(world: World, sits: Any) -> None:
    """Resetting a colleague's authenticator has nothing to type: the page it stands on, and a word."""
    clerk = world.staff(OPERATOR)
    client = sits(world.staff(ADMINISTRATOR))
    at = f"/admin/staff/{clerk.id}"
    page = client.get(at)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    age()
    answer = client.post(
        f"{at}/reset-factor", data={"csrf_token": token}, headers={"Referer": f"http://localhost{at}"}
    )
    back = shows_factor(client, way_on(answer))
    assert back.status_code == 303 and back.location == at
    assert PRESS_AGAIN in client.get(at).text
    assert "staff.reset_factor" not in actions()


def test_our_own_scripts_are_told_where_to_go(world: World, sits: Any) -> None:
    union = world.union()
    person = world.employee(union)
    client = sits(world.staff(OPERATOR, union=union))
    at = f"/admin/roster/people/{person.id}"
    page = client.get(at)
    token = re.search(r'name="csrf_token"[^>]*?value="([^"]+)"', page.text)[1]  # type: ignore[index]
    age()
    said = client.post(
        f"{at}/reveal",
        data={"csrf_token": token, "field": "phone", "reason": "call"},
        headers={"X-Requested-With": "fetch"},
    )
    assert said.status_code == 401 and said.json["url"].startswith("/admin/factor?next=")
    assert 'value="call" selected' in shows_factor(client, said.json["url"]).text


def _batch(world: World) -> Any:
    office = PayOffice(world)
    return office.prepared(office.approved())


def _openid_of(person: Any) -> str:
    from employee.models import Binding

    return str(database.session.query(Binding).filter_by(employee_id=person.id).one().openid)
