"""What may be changed after a claim came back, and where does it go then?"""

from __future__ import annotations

import re
from typing import Any

import pytest

from claims import queries
from claims.models import Claim
from claims.rules import WORKFLOW
from claims.service import checks, figures, filing
from claims.views.fixing import _account_again
from core.access import Actor
from core.db import db as database
from core.db import transaction
from core.errors import Missing
from core.history import STALE, Transition, perform
from core.roles import FINANCE_MAKER, FIRST_REVIEWER, GUEST, SECOND_REVIEWER, STAFF
from employee.models import Binding
from notify.models import InboxMessage
from tests.claims.paper import CARD, STAY, account, hidden, photo, says
from tests.wechat import letters
from wechat import crypto
from wechat.incoming import read_xml

OTHER_CARD = "6222021234567890136"


@pytest.fixture
def act(world: Any) -> Any:
    """Move a claim as some staff member would (their own verbs are proved elsewhere)."""
    people = {role: world.staff(role) for role in (FIRST_REVIEWER, SECOND_REVIEWER, FINANCE_MAKER)}

    def do(claim: Claim, action: str, role: str, note: str = "", **changes: Any) -> Claim:
        user = people[role]
        by = Actor("staff", user.id, user.name, frozenset({GUEST, STAFF, role}))
        with transaction():
            claim = database.session.get_one(Claim, claim.id)
            perform(WORKFLOW, claim, action, by, note, **changes)
        return claim

    return do


@pytest.fixture
def returned(worker: Any, act: Any) -> str:
    at = worker.submit()
    items = ["discharge_record", "stay"]
    act(
        worker.claim(at), "return_first", FIRST_REVIEWER, "缺少出院小结或出院记录，请补传", return_items=items
    )
    return at


@pytest.fixture
def bounced(worker: Any, act: Any) -> str:
    at = worker.submit()
    act(worker.claim(at), "pass_first", FIRST_REVIEWER)
    act(worker.claim(at), "approve", SECOND_REVIEWER, award_fen=108_252)
    act(worker.claim(at), "start_paying", FINANCE_MAKER)
    act(worker.claim(at), "bounce", FINANCE_MAKER, "户名不符", bounce_code="name_differs")
    return at


def test_a_returned_claim_opens_at_what_is_wrong(worker: Any, returned: str) -> None:
    """E12, GX-26: reason verbatim, flagged items first, everything else behind one line."""
    detail = says(worker.get(returned))
    assert "缺少出院小结或出院记录，请补传" in detail
    assert "去修改" in detail
    page = worker.get(f"{returned}/fix").get_data(as_text=True)
    assert (
        page.index('id="p-discharge_record"') < page.index("其他内容也要改") < page.index('name="hospital"')
    )
    assert page.index('name="admitted_on"') < page.index("其他内容也要改")


def test_gx_26_resubmitting_keeps_the_number_and_starts_at_the_first_level(
    worker: Any, returned: str
) -> None:
    before = worker.claim(returned)
    number, submitted_at = before.number, before.submitted_at
    data = {"discharged_on": "2026-10-09", "discharge_record": photo(50), "do": "submit"}
    answer = worker.send(f"{returned}/fix", {**STAY, **account(worker.person), **data})
    assert answer.location == f"{returned}/submitted", says(answer)
    claim = worker.claim(returned)
    assert (claim.number, claim.state) == (number, "first_review")
    assert claim.submitted_at == submitted_at, "the deadline counts from the first time"
    assert "申请已重新提交" in says(worker.get(f"{returned}/submitted"))
    assert "重新提交时间" in says(worker.get(f"{returned}/submitted"))
    assert (claim.return_items, claim.changed_parts) == ([], [])
    last = (
        database.session.query(Transition)
        .filter_by(object_id=claim.id)
        .order_by(Transition.at.desc())
        .first()
    )
    assert last.meta["changed"] == ["discharge_record", "stay"]
    assert "重新提交申请" in says(worker.get(returned))


def test_resubmitting_without_the_change_is_asked_about_not_blocked(worker: Any, returned: str) -> None:
    answer = worker.send(f"{returned}/fix", {**STAY, **account(worker.person), "do": "submit"})
    assert answer.status_code == 200
    said = says(answer)
    assert "驳回原因里提到的“出院小结或出院记录”、“入院和出院日期”还没有改动，确定要直接重新提交吗？" in said
    assert worker.claim(returned).state == "returned"
    sent = hidden(answer.get_data(as_text=True))
    assert worker.client.post(f"{returned}/fix/unchanged", data=sent).location == f"{returned}/submitted"
    assert worker.claim(returned).state == "first_review"
    assert worker.client.post(f"{returned}/fix/unchanged", data=sent).status_code == 303, "twice is once"
    assert worker.claim(returned).version == 3


def test_saving_a_returned_claim_does_not_submit_it(worker: Any, returned: str) -> None:
    answer = worker.send(f"{returned}/fix", {**STAY, "hospital": "改过的医院", "do": "save"})
    assert answer.location == f"{returned}/fix"
    claim = worker.claim(returned)
    assert (claim.state, claim.hospital, claim.changed_parts) == ("returned", "改过的医院", ["hospital"])


def test_a_returned_claim_that_is_wrong_still_is_refused_with_words(worker: Any, returned: str) -> None:
    typed = {**STAY, **account(worker.person), "discharged_on": "2026-09-01", "do": "submit"}
    answer = worker.send(f"{returned}/fix", typed)
    assert answer.status_code == 422
    assert "出院日期不能早于入院日期（2026-10-01）" in says(answer)
    assert worker.claim(returned).state == "returned"


def test_gx_29_after_a_bounce_only_the_account_changes_and_it_goes_to_finance(
    worker: Any, bounced: str
) -> None:
    detail = says(worker.get(bounced))
    assert "户名和卡号对不上，请填银行卡上的姓名" in detail
    assert "1,082.52 元还在" in detail
    page = worker.get(f"{bounced}/payee").get_data(as_text=True)
    assert 'name="hospital"' not in page
    data = {
        **account(worker.person),
        "payee_card": OTHER_CARD,
        **STAY,
        "hospital": "换一家",
        "self_paid": "99999",
    }
    answer = worker.send(f"{bounced}/payee", {**data, "do": "submit", **_sure(OTHER_CARD)})
    assert answer.location == bounced, says(answer)
    claim = worker.claim(bounced)
    assert (claim.state, claim.payee_card) == ("approved", OTHER_CARD)
    assert (claim.hospital, claim.self_paid_fen, claim.award_fen) == (STAY["hospital"], 320_630, 108_252)
    assert claim.approval_bi == figures.approval_mark(claim), "payout accepts the account the owner gave"
    kinds = [row.kind for row in database.session.query(InboxMessage).filter_by(owner_id=worker.person.id)]
    assert "payee_fixed" in kinds
    assert "已交给财务，预计 5 个工作日内重新打款" in says(worker.get(bounced))


def test_gx_29_the_account_the_bank_sent_back_is_asked_about_before_it_goes_there_again(
    worker: Any, bounced: str
) -> None:
    held = worker.claim(bounced)
    data = {**account(worker.person), "payee_name": held.payee_name, "payee_card": held.payee_card}
    asked = worker.send(f"{bounced}/payee", {**data, "do": "submit"})
    assert asked.status_code == 422 and "收款账户还没有改动" in says(asked)
    assert worker.claim(bounced).state == "pay_failed"
    sure = asked.get_data(as_text=True).split('name="sure" value="')[1].split('"')[0]
    assert worker.send(f"{bounced}/payee", {**data, "sure": sure}).location == bounced
    assert worker.claim(bounced).state == "approved"


def _sure(card: str) -> dict[str, str]:
    return {"sure": f"card-{card[-4:]}-bank_card"}  # the photo shows the new number already


@pytest.mark.parametrize("path", ["/1", "/2", "/3", "/check", "/fix", "/withdraw", "/delete"])
def test_gx_29_after_a_bounce_no_other_page_changes_anything(worker: Any, bounced: str, path: str) -> None:
    token = hidden(worker.get(f"{bounced}/payee").get_data(as_text=True))
    typed = {**token, **STAY, "hospital": "换一家", "declared": "y", "do": "confirm", "version": ""}
    answer = worker.client.post(f"{bounced}{path}", data=typed)
    assert answer.status_code in (303, 409)
    claim = worker.claim(bounced)
    assert (claim.state, claim.hospital, claim.version) == ("pay_failed", STAY["hospital"], 5)


def test_after_a_bounce_only_the_cards_photo_may_change(worker: Any, bounced: str) -> None:
    token = hidden(worker.get(f"{bounced}/payee").get_data(as_text=True))["csrf_token"]
    fetch = {"X-Requested-With": "fetch"}
    data = {"csrf_token": token, "kind": "invoice", "photo": photo(60)}
    assert worker.client.post(f"{bounced}/documents", data=data, headers=fetch).status_code == 409
    page = worker.get(f"{bounced}/payee").get_data(as_text=True)
    card_photo = page.split('data-delete="')[1].split('"')[0]
    assert worker.client.post(card_photo, data={"csrf_token": token}, headers=fetch).status_code == 204
    data = {"csrf_token": token, "kind": "bank_card", "photo": photo(61)}
    assert worker.client.post(f"{bounced}/documents", data=data, headers=fetch).status_code == 201


def test_a_wrong_account_after_a_bounce_is_refused(worker: Any, bounced: str) -> None:
    answer = worker.send(f"{bounced}/payee", {**account(worker.person), "payee_name": "李四", "do": "submit"})
    assert answer.status_code == 422
    assert "收款户名与本人姓名不同" in says(answer)
    assert worker.claim(bounced).state == "pay_failed"


def test_a_figure_of_the_first_review_is_not_called_approved(worker: Any, act: Any) -> None:
    """What the first reviewer worked out is an estimate until the second agrees."""
    at = worker.submit()
    act(worker.claim(at), "pass_first", FIRST_REVIEWER, award_fen=77_700)
    assert "核定金额" not in says(worker.get(at)) + says(worker.get("/h5/claims"))
    act(worker.claim(at), "approve", SECOND_REVIEWER, award_fen=77_700)
    assert "核定金额 777.00 元" in says(worker.get(at))
    assert "核定金额 777.00 元" in says(worker.get("/h5/claims"))


def test_an_appeal_is_made_once_and_needs_words(worker: Any, act: Any) -> None:
    at = worker.submit()
    act(
        worker.claim(at),
        "refuse_first",
        FIRST_REVIEWER,
        "住院时不在保障期内：请核对",
        refusal_code="not_covered",
    )
    assert "住院时不在保障期内：请核对" in says(worker.get(at))
    answer = worker.send(f"{at}/appeal", {"note": " "})
    assert answer.status_code == 422
    assert "请写明复议理由" in says(answer)
    assert worker.send(f"{at}/appeal", {"note": "我一直参保"}).location == at
    assert worker.claim(at).state == "second_review"
    act(worker.claim(at), "refuse_second", SECOND_REVIEWER, "维持", refusal_code="not_covered")
    assert "申请复议</a>" not in worker.get(at).get_data(as_text=True)
    assert worker.get(f"{at}/appeal").location == at


def test_what_needs_doing_is_listed_with_its_reason(worker: Any, returned: str) -> None:
    """The home page's 需要您处理, and the chat's answer."""
    worker.start()
    first, second = queries.need_action(worker.person.id)
    assert (first.state, first.reason, first.path) == (
        "returned",
        "缺少出院小结或出院记录，请补传",
        f"{returned}/fix",
    )
    assert second.state == "draft"
    lines = queries.status_lines(worker.person.id)
    came_back = (returned.rsplit("/", 1)[1], "已驳回 · 请修改后重新提交")
    assert [(number, words) for number, words, _ in lines][1] == came_back
    for page in ("/h5/claims", returned):
        assert "已驳回 · 请修改后重新提交" in says(worker.get(page)), page


def chat_says(worker: Any, words: str, message_id: str) -> str:
    """What the official account answers this person, through the callback and the product's own hooks."""
    database.session.rollback()
    openid = database.session.query(Binding).filter_by(employee_id=worker.person.id).one().openid
    letter = letters.sealed(letters.text(words, openid=openid, message_id=message_id))
    sent = worker.client.post("/wechat/callback", query_string=letter.query, data=letter.body)
    return crypto.open_sealed(read_xml(sent.data)["Encrypt"], letters.ACCOUNT).decode()


def test_the_chat_counts_and_lists_the_writers_own_applications(
    worker: Any, returned: str, new_worker: Any
) -> None:
    """Drafts do not count, nor does what waits for somebody else."""
    worker.start()
    somebody = new_worker()
    assert "您有 1 件申请需要处理" in chat_says(worker, "我的", "1")
    assert f"{returned.rsplit('/', 1)[1]} 已驳回 · 请修改后重新提交" in chat_says(worker, "进度", "2")
    assert "需要处理" not in chat_says(somebody, "我的", "3")
    assert "您还没有申请过补助" in chat_says(somebody, "进度", "4")


def test_the_claims_page_shows_the_whole_of_it_to_its_owner_alone_gx_32(worker: Any, new_worker: Any) -> None:
    """GX-32, GX-55: number, state, figure, progress with moments, what was filled in, photos; card masked."""
    at = worker.submit()
    page = worker.get(at)
    shown = says(page)
    number = at.rsplit("/", 1)[1]
    typed = (STAY["hospital"], STAY["diagnosis"], "12,000.00 元", "3,206.30 元", f"**** {CARD[-4:]}")
    for words in (number, "待初核", "预计补助金额", "办理进度", "提交申请", "单据照片", *typed):
        assert words in shown, words
    assert CARD not in shown and re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", shown)
    assert page.get_data(as_text=True).count("/thumb") == len(checks.documents_of(worker.claim(at)))
    assert new_worker().get(at).status_code == 404


def test_nobody_but_the_owner_files_withdraws_or_corrects(new_worker: Any) -> None:
    """GX-60."""
    owner, other = new_worker(), new_worker()
    at = owner.submit()
    for verb in (filing.withdraw, filing.delete_draft, filing.submit):
        with pytest.raises(Missing), transaction():
            verb(owner.claim(at), other.actor)
    assert owner.claim(at).payee_card == CARD


def test_an_account_that_was_handed_in_meanwhile_is_not_asked_for_again(
    worker: Any, bounced: str, app: Any
) -> None:
    """Two taps, two tabs: the second one reads that it is done and the way to the application."""
    data = {**account(worker.person), "do": "submit", "sure": f"card-{CARD[-4:]}-payee_card"}
    worker.send(f"{bounced}/payee", data)
    claim = worker.claim(bounced)
    assert claim.state == "approved"
    with app.test_request_context(f"{bounced}/payee", method="POST", data=data):
        page = _account_again(claim, {"": STALE})
    assert STALE in page and f'href="{bounced}"' in page
    assert 'name="payee_card"' not in page
