"""What do finance people see and press (A6), and what does nobody else?"""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
import time_machine

from core import roles
from core.context import storage
from core.db import db as database
from core.db import transaction
from core.money import shown_yuan, upper_yuan
from payout import service
from payout.jobs import sweep
from payout.models import PayoutBatch, PayoutItem, PendingResult
from payout.rules import SAME_PERSON
from payout.service.pending import GONE
from tests.claims.paper import TODAY, hidden, says
from tests.payout.conftest import PayOffice, answers, as_csv, everything, states

READERS = {roles.FINANCE_MAKER, roles.FINANCE_CHECKER, roles.ADMINISTRATOR, roles.AUDITOR}
MAKERS, FINANCE = {roles.FINANCE_MAKER}, {roles.FINANCE_MAKER, roles.FINANCE_CHECKER}
CHECKERS = {roles.FINANCE_CHECKER}
# method, path, who may, the state the batch is in
ROUTES = [
    ("get", "", READERS, "prepared"),
    ("get", "/{n}", READERS, "prepared"),
    ("get", "/prepare", MAKERS, "prepared"),
    ("post", "/prepare/confirm", MAKERS, "prepared"),
    ("post", "/prepare", MAKERS, "prepared"),
    ("get", "/{n}/check", CHECKERS, "prepared"),
    ("post", "/{n}/check", CHECKERS, "prepared"),
    ("get", "/{n}/drop", FINANCE, "prepared"),
    ("post", "/{n}/drop", FINANCE, "prepared"),
    ("get", "/{n}/export", MAKERS, "checked"),
    ("post", "/{n}/export", MAKERS, "checked"),
    ("get", "/{n}/settle", FINANCE, "exported"),
    ("post", "/{n}/settle", FINANCE, "exported"),
    ("post", "/{n}/settle/" + "0" * 32, FINANCE, "exported"),
]


def send(client: Any, path: str, data: dict[str, Any] | None = None, page: str = "", **kwargs: Any) -> Any:
    """POST what the page's form holds, with `data` typed into it."""
    shown = client.get(page or path)
    assert shown.status_code == 200, f"{page or path}: {shown.status} {says(shown)[:200]}"
    return client.post(path, data={**hidden(shown.get_data(as_text=True)), **(data or {})}, **kwargs)


def at(batch: PayoutBatch, rest: str = "") -> str:
    return f"/admin/payouts/{batch.number}{rest}"


def upload(client: Any, batch: PayoutBatch, content: bytes, name: str = "result.csv") -> Any:
    return send(client, at(batch, "/settle"), {"file": (io.BytesIO(content), name)})


@pytest.fixture
def make(office: PayOffice, desk_of: Any) -> Any:
    return desk_of(office.making)


@pytest.fixture
def look(office: PayOffice, desk_of: Any) -> Any:
    return desk_of(office.checking)


@pytest.mark.parametrize("role", [*roles.STAFF_ROLES, ""])
def test_who_may_open_what(office: PayOffice, desk_of: Any, app: Any, role: str) -> None:
    """A reviewer, an operator, an editor: 403. Readers read and change nothing."""
    found = {name: getattr(office, name)() for name in ("prepared", "checked", "exported")}
    client = desk_of(office.world.staff(role)) if role else app.test_client()
    for method, path, who, state in ROUTES:
        address = "/admin/payouts" + path.format(n=found[state].number)
        before = everything()
        app.config["WTF_CSRF_ENABLED"] = False
        try:
            answer = getattr(client, method)(address)
        finally:
            app.config["WTF_CSRF_ENABLED"] = True
        allowed = role in who
        if role:
            assert (answer.status_code != 403) == allowed, (method, path, answer.status)
        else:
            assert answer.status_code in (303, 401), "to the sign-in, or told that it is over"
        if method == "get" and allowed:
            assert answer.status_code == 200
        if not (allowed and path == "/{n}/check"):
            assert everything() == before, (method, path)


@pytest.mark.parametrize("role", [roles.ADMINISTRATOR, roles.AUDITOR])
def test_readers_see_no_buttons_and_no_full_card(office: PayOffice, desk_of: Any, role: str) -> None:
    batch = office.prepared()
    client = desk_of(office.world.staff(role))
    page = client.get(at(batch)).get_data(as_text=True)
    assert not re.search(rf'{at(batch)}/\w+"', page) and at(batch) + "/" not in page
    assert "/prepare" not in page + client.get("/admin/payouts").text
    for item in service.items_of(batch):
        assert item.payee_card and item.payee_card not in page and f"**** {item.payee_card[-4:]}" in page


def test_an_absent_batch_is_missing(make: Any) -> None:
    for path in ("/DK1", "/DK1/drop", "/DK1/export", "/DK1/settle", "/DK1/settle/" + "a" * 32):
        assert make.get("/admin/payouts" + path).status_code == 404


def test_an_empty_desk_says_so(make: Any) -> None:
    assert "没有待打款的补助。" in says(make.get("/admin/payouts"))
    assert "没有待打款的补助。" in says(make.get("/admin/payouts/prepare"))


def test_all_or_the_ticked_go_through_a_page_with_the_total(office: PayOffice, make: Any) -> None:
    claims = office.claims(3)
    listed = says(make.get("/admin/payouts"))
    total = sum(claim.award_fen for claim in claims)
    assert "待打款 3 笔" in listed and shown_yuan(total) in listed
    path = "/admin/payouts/prepare"
    asked = send(make, f"{path}/confirm", {"do": "all"}, page=path)
    assert shown_yuan(total) in says(asked) and upper_yuan(total) in says(asked)
    assert states(*claims) == ["approved"] * 3, "a page changes nothing"
    some = send(make, f"{path}/confirm", {"do": "picked", "ids": [str(c.id) for c in claims[:2]]}, page=path)
    two = claims[0].award_fen + claims[1].award_fen
    assert "2 笔" in says(some) and upper_yuan(two) in says(some)
    form = hidden(some.get_data(as_text=True))
    made = make.post(path, data=form)
    again = make.post(path, data=form)
    assert made.status_code == again.status_code == 303 and made.location == again.location, "twice is once"
    assert states(*claims) == ["paying", "paying", "approved"]
    shown = says(make.get(made.location))
    assert "已生成批次" in shown and upper_yuan(two) in shown and "待复核" in shown


def test_nothing_ticked_or_taken_meanwhile_shows_the_page_again(office: PayOffice, make: Any) -> None:
    claims = office.claims(2)
    path = "/admin/payouts/prepare"
    none = send(make, f"{path}/confirm", {"do": "picked"}, page=path)
    assert none.status_code == 422 and "请先勾选要打款的申请" in says(none)
    asked = send(make, f"{path}/confirm", {"do": "all"}, page=path)
    office.prepared(claims[0])
    late = make.post(path, data=hidden(asked.get_data(as_text=True)))
    assert late.status_code == 409 and office.maker.label in says(late)
    stale = send(make, f"{path}/confirm", {"do": "picked", "ids": [str(c.id) for c in claims]}, page=path)
    assert stale.status_code == 409 and "放进别的批次" in says(stale)
    assert states(*claims) == ["paying", "approved"]
    odd = send(make, f"{path}/confirm", {"do": "picked", "ids": "x"}, page=path)
    assert odd.status_code == 422


def test_the_maker_sees_why_not(office: PayOffice, desk_of: Any, db: Any) -> None:
    """A5: words in place of the button; the address answers with the same words."""
    both = office.world.staff(roles.FINANCE_MAKER, roles.FINANCE_CHECKER)
    from tests.world import as_staff

    batch = office.prepared(by=as_staff(both, roles.FINANCE_MAKER, roles.FINANCE_CHECKER))
    client = desk_of(both)
    page = client.get(at(batch)).get_data(as_text=True)
    assert SAME_PERSON in page and at(batch, "/check") not in page
    assert client.get(at(batch, "/check")).status_code == 403
    refused = send(client, at(batch, "/check"), page=at(batch, "/drop"))
    assert refused.status_code == 403 and SAME_PERSON in says(refused)
    db.session.expire_all()
    assert batch.state == "prepared"


def test_one_button_a_state(office: PayOffice, make: Any, look: Any) -> None:
    """What each of the two can press, from the workflow's table."""

    def buttons(client: Any, batch: PayoutBatch) -> set[str]:
        page = client.get(at(batch)).get_data(as_text=True)
        return set(re.findall(rf'class="btn[^"]*" href="{at(batch)}/(\w+)"', page))

    batch = office.prepared()
    assert buttons(make, batch) == {"drop"} and buttons(look, batch) == {"check", "drop"}
    assert send(look, at(batch, "/check")).status_code == 303
    assert buttons(make, batch) == {"drop", "export"} and buttons(look, batch) == {"drop"}
    assert "等制单人员导出" in says(look.get(at(batch))) and "等制单人员" not in says(make.get(at(batch)))
    send(make, at(batch, "/export"), {"format": "csv"})
    assert buttons(make, batch) == {"export"} and buttons(look, batch) == {"settle"}


def test_a_stale_page_is_told_who_was_first(office: PayOffice, make: Any, look: Any) -> None:
    batch = office.prepared()
    form = hidden(look.get(at(batch, "/check")).get_data(as_text=True))
    assert send(make, at(batch, "/drop"), {"note": "金额有误"}).status_code == 303
    late = look.post(at(batch, "/check"), data=form)
    assert late.status_code == 409 and f"已由 {office.maker.label} 于" in says(late)
    assert "已作废" in says(late) and "金额有误" in says(late)
    assert look.get(at(batch, "/check")).status_code == 409


def test_dropping_asks_why(office: PayOffice, make: Any) -> None:
    batch = office.prepared()
    refused = send(make, at(batch, "/drop"), {"note": " "})
    assert refused.status_code == 422 and "请写明作废原因" in says(refused)


def test_the_download_is_an_attachment_and_leaves_once(office: PayOffice, make: Any) -> None:
    batch = office.checked()
    form = hidden(make.get(at(batch, "/export")).get_data(as_text=True))
    file = make.post(at(batch, "/export"), data={**form, "format": "csv"})
    assert file.status_code == 200
    assert file.headers["Content-Disposition"] == f'attachment; filename="{batch.number}.csv"'
    assert file.headers["Cache-Control"] == "no-store"
    assert service.items_of(batch)[0].payee_card in file.data.decode("gb18030")
    second = make.post(at(batch, "/export"), data={**form, "format": "csv"})
    assert second.status_code == 422 and "这个批次已经导出过" in says(second)
    assert "再次导出的原因" in says(second) and service.items_of(batch)[0].payee_card not in second.text
    asked = make.get(at(batch, "/export"))
    assert "可能重复打款" in says(asked)
    again = send(make, at(batch, "/export"), {"format": "xlsx", "reason": "网银没收到"})
    assert again.status_code == 200 and again.data.startswith(b"PK")
    shown = says(make.get(at(batch)))
    assert shown.count("导出给银行") == 2 and "网银没收到" in shown
    assert send(make, at(batch, "/export"), {"format": "pdf", "reason": "x"}).status_code == 422


def test_the_bank_result_is_looked_at_before_it_counts(office: PayOffice, look: Any, db: Any) -> None:
    claims = office.claims(3)
    batch = office.exported(*claims)
    before = everything()
    kept = upload(look, batch, as_csv(answers(batch, {2: "账户已销户"})))
    assert kept.status_code == 303
    page = says(look.get(kept.location))
    assert "打款失败 1 笔" in page and "账户已销户" in page and "这张卡已经注销" in page
    assert service.items_of(batch)[1].payee_card not in page
    assert everything() == before
    done = send(look, kept.location)
    assert done.status_code == 303 and states(*claims) == ["paid", "pay_failed", "paid"]
    shown = says(look.get(done.location))
    assert "成功 2 笔" in shown and "部分失败" in shown and "账户已销户" in shown
    settled = everything()
    twice = upload_anyway(look, batch, as_csv(answers(batch, {2: "账户已销户"})))
    assert twice.status_code == 409 and "没有重复处理" in says(twice)
    assert everything() == settled and db.session.query(PendingResult).count() == 0


def upload_anyway(client: Any, batch: PayoutBatch, content: bytes) -> Any:
    """From a page that was open before."""
    part = {"file": (io.BytesIO(content), "result.csv")}
    return send(client, at(batch, "/settle"), part, page=at(batch))


def test_a_file_that_does_not_fit_names_its_rows_and_is_not_kept(
    office: PayOffice, look: Any, db: Any
) -> None:
    batch = office.exported()
    rows = answers(batch)
    rows[1][5] = "12300.00"
    before = everything()
    refused = upload(look, batch, as_csv(rows))
    words = says(refused)
    assert refused.status_code == 422 and "没有处理任何一笔" in words
    assert "第 3 行（序号 2）：金额与导出时不一致" in words and "金额合计与回盘文件不一致：系统" in words
    assert "确认，通知职工" not in words
    assert everything() == before and db.session.query(PendingResult).count() == 0


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "请选择银行给的回盘文件"),
        (b"x" * (5 << 20) + b"yy", 422, "文件超过 5 MB"),
        ("姓名,电话\r\n甲,1\r\n".encode(), 422, "找不到列“批次号”“序号”"),
        (b"%PDF-1.7", 415, "不是表格"),
    ],
)
def test_what_is_no_result_file_is_refused_in_words(
    office: PayOffice, look: Any, content: bytes, status: int, words: str
) -> None:
    batch = office.exported()
    refused = upload(look, batch, content)
    assert refused.status_code == status and words in says(refused)


def test_the_kept_file_is_sealed_one_persons_one_batchs_and_used_once(
    office: PayOffice, desk_of: Any, look: Any, db: Any
) -> None:
    batch, other = office.exported(), office.exported()
    key = upload(look, batch, as_csv(answers(batch))).location.rsplit("/", 1)[1]
    sealed = storage().get(f"{key}/0")
    assert (service.items_of(batch)[0].payee_card or "x").encode() not in sealed
    before = everything()
    second = desk_of(office.world.staff(roles.FINANCE_CHECKER))
    for client, where in ((second, batch), (look, other)):
        assert client.get(at(where, f"/settle/{key}")).status_code == 409
        stolen = send(client, at(where, f"/settle/{key}"), {"seen": where.version}, page=at(where, "/settle"))
        assert stolen.status_code == 409 and GONE in says(stolen)
    assert everything() == before
    form = hidden(look.get(at(batch, f"/settle/{key}")).get_data(as_text=True))
    first, second = (look.post(at(batch, f"/settle/{key}"), data=form) for _ in range(2))
    assert first.status_code == second.status_code == 303 and first.location == second.location
    assert not storage().exists(f"{key}/0")
    db.session.expire_all()
    assert batch.state == "settled"


def test_half_an_hour_later_the_kept_file_is_gone(office: PayOffice, look: Any, db: Any) -> None:
    batch = office.exported()
    where = upload(look, batch, as_csv(answers(batch))).location
    form = hidden(look.get(where).get_data(as_text=True))
    sweep()
    assert db.session.query(PendingResult).count() == 1, "not yet"
    with time_machine.travel(TODAY + dt.timedelta(minutes=31), tick=True):
        look = office.world.sign_in(look, staff=office.checking)
        late = look.post(where, data={**form, **hidden(look.get(at(batch, "/settle")).text)})
        assert late.status_code in (409, 422)
        sweep()
    assert db.session.query(PendingResult).count() == 0
    assert not storage().exists(f"{where.rsplit('/', 1)[1]}/0")
    assert batch.state == "exported"


# --- lists --------------------------------------------------------------------------------------------------


def own(asked: list[str]) -> list[str]:
    """What this feature asked, without session, actor and the frame's navigation."""
    ours = ("payout_batch", "payout_item", "bank_file", "transition", "claim.award_fen")
    return [line for line in asked if any(name in line for name in ours)]


def many(office: PayOffice, count: int) -> PayoutBatch:
    """Batches without claims, for a long list; and a long batch."""
    batch = office.exported(*office.claims(2))
    with transaction():
        for n in range(count):
            row = PayoutBatch(number=f"DKX{n:03d}", state="prepared", version=0, item_count=1, total_fen=1)
            row.maker_id, row.export_count, row.seal_bi = office.making.id, 0, b"x" * 16
            database.session.add(row)
    return batch


def test_lists_go_by_key_and_ask_little(office: PayOffice, make: Any, statements: Any, db: Any) -> None:
    many(office, 45)
    seen, url = [], "/admin/payouts"
    while url:
        page = make.get(url).get_data(as_text=True)
        seen += re.findall(r'href="/admin/payouts/(DK\w+)"', page)
        more = re.search(r'href="([^"]+)" rel="next"', page)
        url = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 46
    assert len(re.findall("DKX", make.get("/admin/payouts?state=exported").text)) == 0
    with statements() as asked:
        make.get("/admin/payouts")
    assert len(own(asked)) <= 3, asked


def test_a_long_batch_is_shown_in_parts(office: PayOffice, make: Any, statements: Any) -> None:
    batch = office.prepared(*office.claims(130))
    first = make.get(at(batch)).text
    assert first.count('data-label="序号"') == 100 and "共 130 笔" in first
    with statements() as asked:
        second = make.get(at(batch, "?after=100")).text
    assert second.count('data-label="序号"') == 30
    assert len(own(asked)) <= 5, asked
    assert make.get(at(batch, "?after=abc")).status_code == 200


def test_one_tampered_row_does_not_hide_the_others(office: PayOffice, make: Any, db: Any) -> None:
    claim, _ = office.claims(2)
    batch = office.prepared()
    with transaction():
        db.session.execute(db.text("UPDATE claim SET payee_card_ct = 'x' WHERE id = :i"), {"i": claim.id})
        db.session.execute(db.update(PayoutItem).where(PayoutItem.sequence == 1).values(payee_name_ct=b"x"))
    assert "读不出来" in says(make.get("/admin/payouts/prepare"))
    assert "读不出来" in says(make.get(at(batch)))
