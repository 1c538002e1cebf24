"""Sessions live on the server, rotate and end; a view that forgets its access answers 403."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from core import clock, sessions
from core.access import Actor, allow, check
from core.db import transaction
from core.errors import NotAllowed
from core.roles import FIRST_REVIEWER
from core.sessions import SessionRow
from tests.world import World


def test_a_view_that_says_nothing_is_refused() -> None:
    with pytest.raises(NotAllowed):
        check(None)
    with pytest.raises(ValueError, match="role"):
        allow()


def test_every_view_of_the_product_declares_who_may_use_it(app) -> None:
    silent = [name for name, view in app.view_functions.items() if not getattr(view, "access", None)]
    assert silent == []


def test_the_cookie_is_not_in_the_database(client, db) -> None:
    world = World()
    world.sign_in(client, person=world.insured())
    token = client.get_cookie("huzhu").value
    row = db.session.query(SessionRow).one()
    assert token.encode() not in row.token_hash
    assert client.get("/h5/me").status_code == 200


def test_an_idle_and_an_old_session_are_over(client, db) -> None:
    """S7: members idle 30 minutes, absolute 12 hours."""
    world = World()
    world.sign_in(client, person=world.insured())
    start = clock.now()
    with time_machine.travel(start + dt.timedelta(minutes=29)):
        assert client.get("/h5/me").status_code == 200
    with time_machine.travel(start + dt.timedelta(minutes=29 + 31)):
        assert client.get("/h5/me").status_code in (302, 303)


def test_staff_sessions_are_shorter(client, db) -> None:
    world = World()
    world.sign_in(client, staff=world.staff(FIRST_REVIEWER))
    assert client.get("/admin/me").status_code == 200
    with time_machine.travel(clock.now() + dt.timedelta(minutes=16)):
        assert "/admin/login" in client.get("/admin/me").location


def test_logging_out_kills_the_session_and_a_copied_cookie(client, app, db) -> None:
    world = World()
    world.sign_in(client, staff=world.staff(FIRST_REVIEWER))
    token = client.get_cookie("huzhu-admin").value
    client.submit("/admin/logout", {}, page="/admin/me")
    thief = app.test_client()
    thief.set_cookie("huzhu-admin", token)
    assert "/admin/login" in thief.get("/admin/me").location


def test_one_browser_can_be_employee_and_staff(client, db) -> None:
    world = World()
    world.sign_in(client, person=world.insured())
    world.sign_in(client, staff=world.staff(FIRST_REVIEWER))
    assert client.get("/h5/me").status_code == 200
    assert client.get("/admin/me").status_code == 200


def test_a_staff_session_is_no_employee_session(client, db) -> None:
    world = World()
    world.sign_in(client, staff=world.staff(FIRST_REVIEWER))
    token = client.get_cookie("huzhu-admin").value
    client.set_cookie("huzhu", token)
    assert client.get("/h5/me").status_code in (302, 303)


def test_a_disabled_member_of_staff_is_out_on_the_next_request(client, db) -> None:
    """A4: rights are read on every request."""
    world = World()
    clerk = world.staff(FIRST_REVIEWER)
    world.sign_in(client, staff=clerk)
    assert client.get("/admin/me").status_code == 200
    with transaction():
        clerk.is_active = False
    assert "/admin/login" in client.get("/admin/me").location


def test_all_sessions_of_one_person_can_be_ended(client, app, db) -> None:
    world = World()
    clerk = world.staff(FIRST_REVIEWER)
    other = app.test_client()
    world.sign_in(client, staff=clerk)
    world.sign_in(other, staff=clerk)
    client.submit("/admin/me/sessions/end", {}, page="/admin/me")
    assert client.get("/admin/me").status_code == 200
    assert "/admin/login" in other.get("/admin/me").location
    assert len(sessions.of_owner("staff", clerk.id)) == 1


def test_an_actor_acting_on_their_own_has_the_owners_role() -> None:
    actor = Actor("employee", None, "", frozenset({"employee"}))
    assert actor.owning().has("owner")
    assert not actor.has("owner")


def test_answers_carry_the_headers_that_protect(client) -> None:
    answer = client.get("/h5/coverage")
    for header in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
        assert answer.headers[header]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "object-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_post_without_the_page_token_is_refused(client, db) -> None:
    """S8."""
    world = World()
    world.sign_in(client, person=world.insured())
    assert client.post("/h5/me/unbind").status_code == 400
