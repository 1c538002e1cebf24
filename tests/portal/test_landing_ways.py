"""E15, the ways on from an SMS: in WeChat to what waits, outside to progress and one correction."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from claims.models import Claim
from core.audit import AuditEntry
from core.db import db as database
from core.db import transaction
from core.history import timeline
from tests.claims.paper import CARD, hidden, photo, says
from tests.office import Office
from tests.portal.test_landing import PHONE, WECHAT
from tests.world import World

OTHER_CARD = "6222021234567890136"


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def _with_state(office: Office, state: str, person: Any = None, **values: Any) -> Claim:
    claim = office.file(person, **values)
    with transaction():
        claim.state = state
        claim.award_fen, claim.bounce_code = 81_189, "closed" if state == "pay_failed" else ""
    return claim


# --- inside WeChat -----------------------------------------------------------------------------------------


def test_a_stranger_in_wechat_signs_in_and_comes_back_here(client: Any, db: Any) -> None:
    answer = client.get("/s/claims", headers=WECHAT)
    assert answer.location == "/wechat/oauth?next=/s/claims"
    answer = client.get("/s/coverage", headers=WECHAT)
    assert answer.location == "/wechat/oauth?next=/s/coverage"


def test_a_follower_who_is_not_bound_binds_and_comes_back_here(client: Any, world: World) -> None:
    world.sign_in(client, openid=world.follower())
    assert client.get("/s/claims", headers=WECHAT).location == "/h5/bind?next=/s/claims"


@pytest.mark.parametrize(
    ("states", "target"),
    [
        ((), "/h5/claims"),
        (("first_review",), "/h5/claims"),
        (("returned",), "/h5/claims/{0}/fix"),
        (("pay_failed",), "/h5/claims/{0}/payee"),
        (("paid", "returned"), "/h5/claims/{1}/fix"),
        (("returned", "pay_failed"), "/h5/claims"),
        (("draft", "returned"), "/h5/claims/{1}/fix"),
        (("draft",), "/h5/claims"),  # a draft is nobody's message
    ],
)
def test_in_wechat_the_link_leads_to_the_one_thing_that_waits(
    client: Any, world: World, office: Office, states: tuple[str, ...], target: str
) -> None:
    """GX-26, GX-29: the SMS leads to the page on which it is put right."""
    person = world.insured()
    world.sign_in(client, person=person)
    numbers = []
    for n, state in enumerate(states):
        claim = office.rows(1, database.session.merge(office.world.union()), state)[0]
        with transaction():
            claim.employee_id = claim.filed_by_id = person.id
            claim.bounce_code = "closed" if n else ""
        numbers.append(claim.number)
    assert client.get("/s/claims", headers=WECHAT).location == target.format(*numbers)


def test_other_kinds_lead_to_their_own_lists(client: Any, world: World) -> None:
    world.sign_in(client, person=world.insured())
    found = {
        kind: client.get(f"/s/{kind}", headers=WECHAT).location for kind in ("changes", "enrolments", "bind")
    }
    assert found == {"changes": "/h5/changes", "enrolments": "/admin/", "bind": "/h5/me"}


# --- looking changes nothing -------------------------------------------------------------------------------


def _tables() -> dict[str, tuple[int, int]]:
    """Rows of each table and the sum of who wrote them last; sessions are the visitor's own."""
    database.session.rollback()
    names = database.session.scalars(
        text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    ).all()
    return {
        name: tuple(
            database.session.execute(
                text(f'SELECT count(*), coalesce(sum(xmin::text::bigint), 0) FROM "{name}"')
            ).one()
        )
        for name in names
        if name != "session"
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        PHONE,
        WECHAT,
        {**PHONE, "Sec-Purpose": "prefetch"},
        {**PHONE, "Purpose": "prefetch"},
        {**WECHAT, "X-Moz": "prefetch"},
    ],
    ids=["desktop", "phone", "wechat", "prefetch", "old-prefetch", "moz"],
)
@pytest.mark.parametrize("who", ["nobody", "follower", "employee", "visitor", "proved", "late"])
def test_a_get_as_anybody_changes_no_table(
    app: Any, world: World, office: Office, who: str, headers: dict[str, str]
) -> None:
    """A7: phone makers fetch links ahead; every row keeps its writer."""
    person = office.person()
    world.bind(person)
    claim = _with_state(office, "pay_failed", person)
    client = app.test_client()
    if who == "follower":
        world.sign_in(client, openid=world.follower())
    elif who == "employee":
        world.sign_in(client, person=person)
    elif who != "nobody":
        world.visit(client, person, proved=who != "visitor", minutes_ago=20 if who == "late" else 0)
    paths = [
        f"/s/{kind}{page}"
        for kind in ("claims", "changes", "enrolments", "bind")
        for page in ("", "/progress")
    ]
    paths += [f"/s/claims/account/{claim.number}", "/s/lottery"]
    if who == "proved":
        paths.append(f"/h5/claims/{claim.number}/payee")
    before = _tables()
    for path in paths:
        for method in ("GET", "HEAD"):
            assert client.open(path, method=method, headers=headers).status_code in (200, 302, 303, 404)
    assert _tables() == before


# --- outside WeChat ----------------------------------------------------------------------------------------


def test_progress_tells_why_something_came_back_but_no_name_and_no_sum(
    client: Any, world: World, office: Office
) -> None:
    """GX-25 read outside WeChat: the reason is there, the person is not."""
    person = office.person(name="独孤进度")
    bounced = _with_state(office, "pay_failed", person)
    world.visit(client, person, proved=False)
    page = says(client.get("/s/claims/progress", headers=PHONE))
    assert "这张卡已经注销，请换一张" in page and bounced.number in page and "打款失败" in page
    for secret in (person.name, "811.89", CARD, person.id_number, "示例诊断", "某某市人民医院"):
        assert secret not in page
    assert "修改收款账户" in page and "要再核对一次您的证件号码" in page


def test_progress_of_changes_is_its_own(client: Any, world: World) -> None:
    world.visit(client, world.insured(), proved=False)
    page = says(client.get("/s/changes/progress"))
    assert "变更申请进度" in page and "还没有变更申请" in page


def test_a_visit_lasts_a_quarter_of_an_hour(client: Any, world: World, office: Office) -> None:
    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person, minutes_ago=16)
    assert client.get("/s/claims/progress").location == "/s/claims?over=1"
    assert client.get(f"/s/claims/account/{claim.number}").location == "/s/claims?over=1"
    assert client.get(f"/h5/claims/{claim.number}/payee").location == "/s/claims?over=1"


def test_without_the_second_proof_the_account_page_is_closed(
    client: Any, world: World, office: Office
) -> None:
    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person, proved=False)
    assert client.get(f"/h5/claims/{claim.number}/payee").status_code == 303
    assert "最后 4 位" in says(client.get(f"/s/claims/account/{claim.number}"))


def _prove(client: Any, claim: Claim, tail: str) -> Any:
    at = f"/s/claims/account/{claim.number}"
    page = client.get(at)
    assert page.status_code == 200
    return client.submit(at, {"tail": tail}, page=at)


def test_the_end_of_the_certificate_opens_the_account_page_and_every_try_is_written_down(
    client: Any, world: World, office: Office
) -> None:
    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person, proved=False)
    wrong = _prove(client, claim, "0000")
    assert wrong.status_code == 422 and "证件号码后 4 位不对" in wrong.get_data(as_text=True)
    right = _prove(client, claim, f" {person.id_number[-4:].lower()} ")
    assert right.location == f"/h5/claims/{claim.number}/payee"
    assert client.get(right.location).status_code == 200
    tried = database.session.scalars(
        select(AuditEntry.action).where(AuditEntry.object_id == str(person.id)).order_by(AuditEntry.seq)
    ).all()
    assert [one for one in tried if one.startswith("visit.")] == ["visit.refused", "visit.proved"]


def test_guessing_the_end_of_the_certificate_stops_after_five(
    client: Any, world: World, office: Office
) -> None:
    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person, proved=False)
    assert [_prove(client, claim, "0000").status_code for _ in range(6)] == [422] * 5 + [429]
    assert _prove(client, claim, person.id_number[-4:]).status_code == 429


def test_only_the_persons_own_bounced_payment_has_an_account_page(
    client: Any, world: World, office: Office
) -> None:
    person = office.person()
    foreign, returned = _with_state(office, "pay_failed"), _with_state(office, "returned", person)
    world.visit(client, person)
    for claim in (foreign, returned):
        assert client.get(f"/s/claims/account/{claim.number}").status_code == 404
    assert client.get(f"/h5/claims/{foreign.number}/payee").status_code == 404
    assert client.get(f"/h5/claims/{returned.number}/payee").location == "/s/claims/progress"
    for page in ("", "/fix", "/withdraw", "/check", "/1"):
        assert client.get(f"/h5/claims/{returned.number}{page}").location == "/s/claims?over=1"


def _fix(client: Any, claim: Claim, **values: Any) -> Any:
    at = f"/h5/claims/{claim.number}/payee"
    page = client.get(at).get_data(as_text=True)
    sent = {**hidden(page), "payee_bank": "示例银行", "payee_card": OTHER_CARD, "do": "submit", **values}
    return client.post(at, data=sent)


def _replace_photo(client: Any, claim: Claim) -> None:
    """As somebody without JavaScript: delete the old card's photo, add the new one's."""
    import re

    at = f"/h5/claims/{claim.number}/payee"
    page = client.get(at).get_data(as_text=True)
    remove = re.search(r'formaction="([^"]+/delete)"', page)[1]
    asked = hidden(page)
    assert client.post(remove, data={**asked, "do": "confirm"}).status_code == 303
    picture, name = photo(77)
    added = client.post(
        f"/h5/claims/{claim.number}/documents", data={**asked, "kind": "bank_card", "photo": (picture, name)}
    )
    assert added.status_code == 303, added.get_data(as_text=True)


def test_gx_29_a_bounced_payment_is_put_right_outside_wechat(
    client: Any, world: World, office: Office
) -> None:
    """GX-29: back to finance by the same verb, with an actor of its own kind in the history."""
    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person)
    _replace_photo(client, claim)
    answer = _fix(client, claim, payee_name=person.name)
    assert (answer.status_code, answer.location) == (303, "/s/claims/progress"), says(answer)
    assert "已交给财务" in says(client.get(answer.location))
    database.session.expire_all()
    now = database.session.get_one(Claim, claim.id)
    assert (now.state, now.payee_card) == ("approved", OTHER_CARD)
    last = timeline(claim.id)[-1]
    assert (last.action, last.actor_kind, last.actor_id) == ("fix_payee", "visitor", person.id)
    assert client.get(f"/h5/claims/{claim.number}/payee").location == "/s/claims/progress"


def test_outside_wechat_money_cannot_be_turned_to_somebody_else(
    client: Any, world: World, office: Office
) -> None:
    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person)
    page = client.get(f"/h5/claims/{claim.number}/payee").get_data(as_text=True)
    assert CARD not in page  # who only proved a phone and four digits does not read the number on file
    assert "不是本人的卡</button>" not in page
    _replace_photo(client, claim)
    answer = _fix(client, claim, payee_name=person.name, is_own_account="other")
    assert answer.status_code == 422 and "在微信外只能改成本人的卡" in says(answer)
    database.session.expire_all()
    assert database.session.get_one(Claim, claim.id).state == "pay_failed"


def test_a_visitor_sees_no_photo_on_file_and_the_one_they_bring_gx_29(
    client: Any, world: World, office: Office
) -> None:
    """GX-29, GX-32: two proofs from outside WeChat mend the account and open nothing that is on file."""
    from claims.models import ClaimDocument

    person = office.person()
    claim = _with_state(office, "pay_failed", person)
    world.visit(client, person)
    rows = database.session.scalars(select(ClaimDocument).where(ClaimDocument.claim_id == claim.id)).all()
    seen = {
        row.kind: client.get(f"/h5/claims/{claim.number}/documents/{row.id}/thumb").status_code
        for row in rows
    }
    assert set(seen.values()) == {404} and "bank_card" in seen
    card = next(row for row in rows if row.kind == "bank_card")
    page = client.get(f"/h5/claims/{claim.number}/payee").get_data(as_text=True)
    assert f"{card.id}/thumb" not in page and f"{card.id}/delete" in page
    assert "已有照片，不在这里显示" in page
    asked = client.post(f"/h5/claims/{claim.number}/documents/{card.id}/delete", data=hidden(page)).get_data(
        as_text=True
    )
    assert "确定删除这张照片吗" in asked and "/thumb" not in asked
    _replace_photo(client, claim)
    (new,) = database.session.scalars(
        select(ClaimDocument).where(
            ClaimDocument.claim_id == claim.id,
            ClaimDocument.kind == "bank_card",
            ClaimDocument.removed_at.is_(None),
        )
    )
    at = f"/h5/claims/{claim.number}/documents/{new.id}/thumb"
    assert client.get(at).status_code == 200 and at in client.get(f"/h5/claims/{claim.number}/payee").text
    elsewhere = client.application.test_client()
    world.visit(elsewhere, person)
    assert elsewhere.get(at).status_code == 404, "nor in another browser with the same proofs"


# --- the photo of a card that is not the one any more ------------------------------------------------------


def test_a_new_number_asks_for_a_new_photo_and_is_no_dead_end(
    client: Any, world: World, office: Office
) -> None:
    """GX-29: asked once; somebody who had mistyped the number goes on with the photo they have."""
    person = office.person()
    world.bind(person)
    claim = _with_state(office, "pay_failed", person)
    world.sign_in(client, person=person)
    asked = _fix(client, claim, payee_name=person.name)
    assert asked.status_code == 422 and "卡号改了，银行卡照片还是原来的" in says(asked)
    sure = __import__("re").search(r'name="sure" value="([^"]+)"', asked.get_data(as_text=True))[1]
    done = _fix(client, claim, payee_name=person.name, sure=sure)
    assert done.status_code == 303
    assert timeline(claim.id)[-1].meta == {"kept_photo": True}


def test_a_new_number_with_a_new_photo_asks_nothing(client: Any, world: World, office: Office) -> None:
    person = office.person()
    world.bind(person)
    claim = _with_state(office, "pay_failed", person)
    world.sign_in(client, person=person)
    _replace_photo(client, claim)
    assert _fix(client, claim, payee_name=person.name).status_code == 303
    assert timeline(claim.id)[-1].meta == {}


def test_the_same_number_keeps_its_photo(client: Any, world: World, office: Office) -> None:
    person = office.person()
    world.bind(person)
    claim = _with_state(office, "pay_failed", person)
    world.sign_in(client, person=person)
    asked = _fix(client, claim, payee_name=person.name, payee_card=CARD)
    assert asked.status_code == 422 and "收款账户还没有改动" in says(asked) and "卡号改了" not in says(asked)
