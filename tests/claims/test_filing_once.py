"""Is one application one application, however often, from however many tabs, it is sent?"""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest

from claims.models import Claim
from core.history import Transition
from notify.models import InboxMessage
from tests.claims.paper import STAY, account, hidden, says


def test_submitting_twice_gives_the_same_answer(worker: Any, db: Any) -> None:
    at = worker.fill()
    sent = {**hidden(worker.get(f"{at}/check").get_data(as_text=True)), "declared": "y"}
    answers = [worker.client.post(f"{at}/check", data=sent) for _ in range(3)]
    assert [(a.status_code, a.location) for a in answers] == [(303, f"{at}/submitted")] * 3
    assert "申请已提交" in says(worker.get(answers[0].location))
    claim = worker.claim(at)
    assert (
        db.session.query(Transition).filter_by(object_id=claim.id, action="submit_to_first_review").count()
        == 1
    )
    assert db.session.query(InboxMessage).filter_by(owner_id=worker.person.id).count() == 1


@pytest.mark.parametrize("is_same_form", [True, False])
def test_eight_submissions_at_once_make_one(worker: Any, app: Any, db: Any, is_same_form: bool) -> None:
    """The same form eight times, and eight tabs with a form each."""
    at = worker.fill()
    pages = [worker.get(f"{at}/check").get_data(as_text=True) for _ in range(8)]
    forms = [{**hidden(pages[0 if is_same_form else n]), "declared": "y"} for n in range(8)]
    clients = [app.test_client() for _ in range(8)]
    for client in clients:
        worker.world.sign_in(client, person=worker.person)
    tokens = [hidden(c.get(f"{at}/check").get_data(as_text=True))["csrf_token"] for c in clients]
    gate, answers = threading.Barrier(8), [None] * 8

    def send(n: int) -> None:
        gate.wait()
        answers[n] = clients[n].post(f"{at}/check", data={**forms[n], "csrf_token": tokens[n]})

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {(a.status_code, a.location) for a in answers} == {(303, f"{at}/submitted")}
    claim = worker.claim(at)
    assert (claim.state, claim.version) == ("first_review", 1)
    assert db.session.query(InboxMessage).filter_by(owner_id=worker.person.id).count() == 1


def test_two_drafts_of_one_stay_handed_in_at_once_leave_one(worker: Any, app: Any, db: Any) -> None:
    addresses = [worker.fill(), worker.fill()]
    clients = [app.test_client() for _ in addresses]
    forms = []
    for at, client in zip(addresses, clients, strict=True):
        worker.world.sign_in(client, person=worker.person)
        forms.append({**hidden(client.get(f"{at}/check").get_data(as_text=True)), "declared": "y"})
    gate, statuses = threading.Barrier(2), []

    def send(n: int) -> None:
        gate.wait()
        statuses.append(clients[n].post(f"{addresses[n]}/check", data=forms[n]).status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(statuses) == [303, 422]
    db.session.rollback()
    assert db.session.query(Claim).filter_by(state="first_review").count() == 1


def test_the_start_button_pressed_twice_makes_one_draft(worker: Any, db: Any) -> None:
    sent = hidden(worker.get("/h5/claims/new").get_data(as_text=True))
    answers = [worker.client.post("/h5/claims/new", data=sent) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert db.session.query(Claim).count() == 1


@pytest.mark.parametrize("page", ["1", "2", "3", "check"])
def test_back_after_submitting_says_so(worker: Any, page: str) -> None:
    at = worker.submit()
    answer = worker.get(f"{at}/{page}", follow_redirects=True)
    assert answer.status_code == 200
    assert "这份申请已经提交过了，不用再交。" in says(answer)
    assert "查看进度" in says(answer)


def test_a_step_sent_after_submitting_changes_nothing(worker: Any) -> None:
    at = worker.fill()
    old = hidden(worker.get(f"{at}/2").get_data(as_text=True))
    worker.submit(at)
    answer = worker.client.post(f"{at}/2", data={**old, **STAY, "hospital": "另一家医院"})
    assert answer.location == f"{at}/submitted?again=1"
    assert worker.claim(at).hospital == STAY["hospital"]


def test_the_second_tab_cannot_overwrite_the_first(worker: Any) -> None:
    at = worker.fill(upto=1)
    tabs = [hidden(worker.get(f"{at}/2").get_data(as_text=True)) for _ in range(2)]
    first = {**STAY, "hospital": "甲医院", **worker.photos(2)}
    assert worker.client.post(f"{at}/2", data={**tabs[0], **first}).status_code == 303
    answer = worker.client.post(f"{at}/2", data={**tabs[1], **STAY, "hospital": "乙医院"})
    assert answer.status_code == 409
    assert "这条记录刚刚被修改过，已为您显示最新内容，请核对后再操作。" in says(answer)
    assert 'value="甲医院"' in answer.get_data(as_text=True)
    assert worker.claim(at).hospital == "甲医院"


def test_autosave_and_next_of_one_tab_do_not_disturb_each_other(worker: Any) -> None:
    at = worker.fill(upto=1)
    tab = hidden(worker.get(f"{at}/2").get_data(as_text=True))
    fetch = {"X-Requested-With": "fetch"}
    for typed in ("某", "某某医院"):
        saved = worker.client.post(f"{at}/draft", data={**tab, "hospital": typed}, headers=fetch)
        assert (saved.status_code, saved.data) == (204, b"")
    assert worker.claim(at).hospital == "某某医院"
    assert worker.client.post(f"{at}/2", data={**tab, **STAY, **worker.photos(2)}).status_code == 303


def test_what_the_check_page_did_not_show_is_not_handed_in(worker: Any) -> None:
    at = worker.fill()
    shown = hidden(worker.get(f"{at}/check").get_data(as_text=True))
    worker.send(f"{at}/2", {**STAY, "self_paid": "9000"})
    answer = worker.client.post(f"{at}/check", data={**shown, "declared": "y"})
    assert answer.status_code == 409
    assert "9,000.00" in says(answer)
    assert worker.claim(at).state == "draft"


def test_a_session_that_ends_in_step_3_keeps_the_draft(worker: Any, app: Any) -> None:
    at = worker.fill(upto=2)
    form = {**hidden(worker.get(f"{at}/3").get_data(as_text=True)), **account(worker.person)}
    gone = app.test_client()
    answer = gone.post(f"{at}/3", data=form)
    assert answer.status_code in (303, 400)
    assert worker.claim(at).hospital == STAY["hospital"]
    fetched = gone.post(f"{at}/draft", data=form, headers={"X-Requested-With": "fetch"})
    assert fetched.status_code in (400, 401)
    assert fetched.get_json()["error"] == "登录已过期，请重新打开公众号菜单进入。您填的内容已存为草稿。"
    assert worker.get(f"{at}/3").status_code == 200


def test_an_unfinished_application_is_offered_before_a_new_one(worker: Any) -> None:
    at = worker.fill(upto=1)
    page = worker.get("/h5/claims/new")
    assert "您有一份没写完的申请（11-21 保存），要继续吗？" in says(page)
    assert f'href="{at}/1"' in page.get_data(as_text=True)
    assert "开始填写" in says(worker.get("/h5/claims/new?again=1"))


def test_step_back_and_save_and_leave_keep_what_was_typed(worker: Any) -> None:
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/2", {"hospital": "某院", "self_paid": "abc", "do": "back"})
    assert answer.location == f"{at}/1"
    assert worker.claim(at).hospital == "某院"
    answer = worker.send(f"{at}/1", {"do": "leave"})
    assert answer.location == "/h5/claims"


def test_a_draft_can_be_deleted_and_a_submitted_one_withdrawn(worker: Any, db: Any) -> None:
    at = worker.fill(upto=1)
    assert "删除后不能恢复" in says(worker.get(f"{at}/delete"))
    assert worker.send(f"{at}/delete").location == "/h5/claims"
    assert db.session.query(Claim).count() == 0
    at = worker.submit()
    assert worker.send(f"{at}/withdraw").location == at
    assert worker.claim(at).state == "withdrawn"
    assert "已撤回" in says(worker.get(at))
    assert worker.get(f"{at}/withdraw").location == at, "there is nothing to withdraw any more"


def test_what_can_no_longer_be_taken_back_is_not_asked_again(worker: Any) -> None:
    """The reviewer was first: no page that still offers 撤回, but the way to the application."""
    at = worker.submit()
    worker.send(f"{at}/withdraw")
    answer = worker.send(f"{at}/withdraw", page="/h5/claims/new?again=1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409 and at in page
    assert "确定撤回吗" not in page


def test_a_step_with_three_large_photos_without_scripts_loses_nothing(worker: Any) -> None:
    """The photos come with the step itself; together they may be larger than one photo may be."""
    at = worker.fill(upto=1)
    photos = [(io.BytesIO(b"\xff\xd8" + bytes(5_000_000)), f"{n}.jpg") for n in range(3)]
    answer = worker.send(f"{at}/2", {**STAY, "invoice": photos}, content_type="multipart/form-data")
    assert answer.status_code in (415, 422)
    assert STAY["hospital"] in answer.get_data(as_text=True)
    assert worker.claim(at).hospital == STAY["hospital"]
