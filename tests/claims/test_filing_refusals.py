"""Which answers are refused while filing, in which words, with which status? One row a rule."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest

from claims.models import Claim, ClaimDocument
from core.db import db as database
from core.db import transaction
from employee import service as employees
from tests.claims.paper import CARD, STAY, account, says

STAY_ROWS = [
    ({"hospital": " "}, "请填写就诊医院"),
    ({"diagnosis": ""}, "请填写疾病诊断"),
    ({"admitted_on": ""}, "请选择入院日期"),
    ({"discharged_on": ""}, "请选择出院日期"),
    ({"admitted_on": "十月一号"}, "入院日期没有看懂，请按 2026-10-01 这样填写"),
    ({"admitted_on": "2026-02-30"}, "入院日期没有看懂，请按 2026-10-01 这样填写"),
    ({"discharged_on": "2026-09-08"}, "出院日期不能早于入院日期（2026-10-01）"),
    ({"discharged_on": "2026-12-08"}, "出院日期不能晚于今天"),
    ({"admitted_on": "2026-12-01", "discharged_on": "2026-12-08"}, "入院日期不能晚于今天"),
    (
        {"admitted_on": "2024-03-01", "discharged_on": "2024-03-05"},
        "入院日期不在保障期内，请核对日期",
    ),
    ({"total": ""}, "请填写医疗总费用"),
    ({"self_paid": ""}, "请填写个人自付金额"),
    ({"self_paid": "3206.305"}, "金额请填数字，最多两位小数，例如 3206.30"),
    ({"total": "很多"}, "金额请填数字，最多两位小数，例如 3206.30"),
    ({"total": "-5"}, "金额请填数字，最多两位小数，例如 3206.30"),
    ({"total": "99999999"}, "金额不能超过 10,000,000 元，请核对"),
    ({"receipt_number": ""}, "请输入票据号码"),
    ({"receipt_code": "123"}, "票据代码应为 8 位、10 位或 12 位数字，现在是 3 位"),
    ({"receipt_check_code": "12"}, "校验码应为 6 位数字或字母，请对照票据核对"),
    ({"hospital": "院" * 61}, "就诊医院最多 60 个字，现在是 61 个字"),
]


@pytest.mark.parametrize(("change", "words"), STAY_ROWS, ids=[words for _, words in STAY_ROWS])
def test_a_stay_that_cannot_be_is_refused_and_keeps_what_was_typed(
    worker: Any, change: dict[str, str], words: str
) -> None:
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/2", {**STAY, **worker.photos(2), **change})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<title>出错：" in page
    assert page.count(words) >= 2, "the summary and the field say the same"
    assert 'value="某某市人民医院"' in page or "hospital" in change


def test_everything_wrong_on_step_2_is_said_at_once_gx_23(worker: Any) -> None:
    """GX-23: answers, the bill used before, sums that do not fit, spoiled and missing photos: one round."""
    earlier = worker.submit().rsplit("/", 1)[1]
    at = worker.fill(upto=1)
    typed = {**STAY, "hospital": "", "diagnosis": "新的诊断", "total": "5000"}
    spoiled = {**worker.photos(2), "discharge_record": (io.BytesIO(b"no picture"), "a.jpg")}
    del spoiled["settlement"]
    page = worker.send(f"{at}/2", {**typed, **spoiled}).get_data(as_text=True)
    said = [
        "请填写就诊医院",
        f"这次住院已经申请过（申报号 {earlier}）",
        f"这张票据已经申请过（申报号 {earlier}），不能重复申请",
        "比医疗总费用 5,000.00 元多",
        "请上传基本医疗(生育)保险结算单",
        "这个文件不是照片，请上传 JPG 或 PNG",
    ]
    summary = page[page.index('id="errors"') : page.index("</ul>", page.index('id="errors"'))]
    assert [words for words in said if words not in summary] == []
    assert summary.index(said[0]) < summary.index(said[1]) < summary.index(said[2]), "as on the page"
    assert 'value="新的诊断"' in page, "nothing typed is lost"
    kept = {
        row.kind
        for row in database.session.query(ClaimDocument)
        if str(row.claim_id) == str(worker.claim(at).id)
    }
    assert "invoice" in kept and "discharge_record" not in kept, "the good photo is kept"


def test_no_cover_is_said_with_the_rest_and_gets_its_page_when_alone_gx_23(new_worker: Any) -> None:
    worker = new_worker()
    worker.world.employee()
    at = worker.fill(upto=1)
    early = {"admitted_on": "2025-11-01", "discharged_on": "2025-11-08"}
    page = worker.send(f"{at}/2", {**STAY, **early, "hospital": ""})
    assert page.status_code == 422 and "请填写就诊医院" in says(page)
    assert "没有参保记录" in says(page) or "不在您的保障期内" in says(page)


PAYEE_ROWS = [
    ({"payee_name": ""}, "请填写收款户名"),
    ({"payee_bank": ""}, "请填写开户行"),
    ({"payee_card": ""}, "请输入银行卡号"),
    ({"payee_card": "62220212345"}, "银行卡号应为 12 至 19 位数字，现在是 11 位"),
    ({"payee_card": "6222a212345678"}, "银行卡号有误，请对照卡面核对"),
    ({"payee_name": "李四"}, "收款户名与本人姓名不同。如果确实要打到他人账户，请选“不是本人的卡”并上传说明"),
    ({"payee_name": "王 测试乙"}, "户名中间不能有空格或数字"),
]


@pytest.mark.parametrize(("change", "words"), PAYEE_ROWS, ids=[words for _, words in PAYEE_ROWS])
def test_an_account_that_cannot_be_is_refused(worker: Any, change: dict[str, str], words: str) -> None:
    at = worker.fill(upto=2)
    answer = worker.send(f"{at}/3", {**account(worker.person), **worker.photos(3), **change})
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count(words) >= 2


def test_a_look_alike_character_in_the_name_is_named(new_worker: Any) -> None:
    """张建囯 is not 张建国, though no eye sees it."""
    worker = new_worker(name="张建国")
    at = worker.fill(upto=2)
    answer = worker.send(f"{at}/3", {**account(worker.person), **worker.photos(3), "payee_name": "张建囯"})
    assert answer.status_code == 422
    assert "“囯”和“国”不是同一个字，请核对" in says(answer)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (1, ["请上传身份证正面照片", "请上传身份证背面照片"]),
        (2, ["请上传住院医疗费用发票", "请上传基本医疗(生育)保险结算单", "请上传出院小结或出院记录"]),
        (3, ["请上传本人有效工会卡或其他银行卡"]),
    ],
)
def test_missing_photos_are_asked_for(worker: Any, step: int, words: list[str]) -> None:
    """XM-101, XM-105, XM-111."""
    at = worker.fill(upto=step - 1)
    answer = worker.send(f"{at}/{step}", {**STAY, **account(worker.person)})
    assert answer.status_code == 422
    for line in words:
        assert line in says(answer)


def test_a_card_that_fails_luhn_is_a_warning_only(worker: Any) -> None:
    at = worker.fill(upto=2)
    typed = {**account(worker.person), "payee_card": CARD[:-1] + "0"}
    answer = worker.send(f"{at}/3", {**typed, **worker.photos(3)})
    assert answer.status_code == 422
    assert "银行卡号有误，请对照卡面核对" in says(answer)
    assert "确认无误，继续" in says(answer)
    page = answer.get_data(as_text=True)
    sure = page.split('name="sure" value="')[1].split('"')[0]
    answer = worker.send(f"{at}/3", {**typed, "sure": sure})
    assert answer.location == f"{at}/check"


def test_sums_that_do_not_fit_are_asked_about_once(worker: Any) -> None:
    at = worker.fill(upto=1)
    typed = {**STAY, "total": "9000"}
    answer = worker.send(f"{at}/2", {**typed, **worker.photos(2)})
    assert answer.status_code == 422
    assert "加起来是 11,206.30 元，比医疗总费用 9,000.00 元多" in says(answer)
    sure = answer.get_data(as_text=True).split('name="sure" value="')[1].split('"')[0]
    assert worker.send(f"{at}/2", {**typed, "total": "8000", "sure": sure}).status_code == 422
    assert worker.send(f"{at}/2", {**typed, "sure": sure}).location == f"{at}/3"


MESSY = [
    ("admitted_on", "２０２６．１０．１", dt.date(2026, 10, 1)),
    ("admitted_on", "20261001", dt.date(2026, 10, 1)),
    ("admitted_on", "2026年10月1日", dt.date(2026, 10, 1)),
    ("admitted_on", "2026/10/1", dt.date(2026, 10, 1)),
    ("total_fen", "１２,０００．５", 1_200_050),
    ("total_fen", "¥ 12000元", 1_200_000),
    ("receipt", "0012-3456 78", "45060126+0012345678"),
]


@pytest.mark.parametrize(("column", "typed", "kept"), MESSY)
def test_messy_input_is_understood(worker: Any, column: str, typed: str, kept: Any) -> None:
    at = worker.fill(upto=1)
    name = {"total_fen": "total", "receipt": "receipt_number"}.get(column, column)
    answer = worker.send(f"{at}/2", {**STAY, **worker.photos(2), name: typed})
    assert answer.status_code == 303, says(answer)
    assert getattr(worker.claim(at), column) == kept


def test_sums_that_do_not_fit_name_only_what_was_filled_in(worker: Any) -> None:
    at = worker.fill(upto=1)
    typed = {**STAY, "total": "9000", "self_paid": "9999", "pooled": "", "own_expense": ""}
    shown = says(worker.send(f"{at}/2", {**typed, **worker.photos(2)}))
    assert "个人自付是 9,999.00 元，比医疗总费用 9,000.00 元多" in shown


def test_a_card_number_may_have_spaces_and_full_width_digits(worker: Any) -> None:
    at = worker.fill(upto=2)
    typed = {**account(worker.person), "payee_card": "６２２２ ０２１２-3456 7890 128"}
    assert worker.send(f"{at}/3", {**typed, **worker.photos(3)}).location == f"{at}/check"
    assert worker.claim(at).payee_card == CARD


@pytest.mark.parametrize("kind", ["injury", "death", "nonsense"])
def test_gx_21_only_hospital_claims_start_from_wechat(worker: Any, kind: str) -> None:
    """GX-21: enforced on the server, also when posted by hand."""
    answer = worker.send("/h5/claims/new", {"kind": kind})
    assert answer.status_code == 422
    assert "职工客户端只能申请住院医疗补助" in says(answer)
    assert not worker.client.get("/h5/claims").get_data(as_text=True).count("申报号")


def test_who_was_never_insured_reads_what_to_do(new_worker: Any) -> None:
    """E6: a page, not an error."""
    stranger = new_worker(is_covered=False)
    answer = stranger.get("/h5/claims/new")
    assert answer.status_code == 200
    assert "没有查到您的参保记录" in says(answer)


def test_a_stay_without_cover_gets_a_page_with_what_to_do(new_worker: Any) -> None:
    worker = new_worker(is_covered=False)
    worker.world.cover(worker.person, "GX-2025", starts_on=dt.date(2025, 1, 1), ends_on=dt.date(2025, 12, 31))
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/2", {**STAY, **worker.photos(2)})
    assert answer.status_code == 422
    assert "您在 2026-10-01 没有参保记录，不能申请本项补助" in says(answer)
    assert "联系本单位工会" in says(answer)
    assert worker.claim(at).hospital == STAY["hospital"], "the draft keeps what was typed"


def test_too_late_is_refused(new_worker: Any) -> None:
    worker = new_worker(is_covered=False)
    worker.world.cover(worker.person, "GX-2025", starts_on=dt.date(2025, 1, 1), ends_on=dt.date(2025, 12, 31))
    at = worker.fill(upto=1)
    late = {**STAY, "admitted_on": "2025-03-01", "discharged_on": "2025-03-05"}
    answer = worker.send(f"{at}/2", {**late, **worker.photos(2)})
    assert "申请截止日是 2026-08-31，已经过了，不能再申请" in says(answer)


def test_nothing_is_kept_without_the_three_consents(new_worker: Any, db: Any) -> None:
    worker = new_worker(has_consented=False)
    page = worker.get("/h5/claims/new").get_data(as_text=True)
    assert page.count('type="checkbox"') == 3
    assert "checked" not in page
    answer = worker.send("/h5/claims/new", {"consent_health": "y", "consent_account": "y"})
    assert answer.status_code == 422
    assert "请先阅读并勾选全部同意项" in says(answer)
    assert db.session.query(Claim).count() == 0
    ticks = {f"consent_{key}": "y" for key in ("health", "account", "certificates")}
    assert worker.send("/h5/claims/new", ticks).status_code == 303
    assert 'type="checkbox"' not in worker.get("/h5/claims/new?again=1").get_data(as_text=True)


def test_withdrawing_consent_stops_the_draft(worker: Any) -> None:
    at = worker.fill(upto=1)
    with transaction():
        employees.withdraw_consent(worker.person.id, "health", worker.actor)
    answer = worker.send(f"{at}/2", STAY)
    assert answer.status_code == 422
    assert "请先阅读并勾选全部同意项" in says(answer)
    assert worker.claim(at).hospital is None


def test_the_declaration_must_be_ticked(worker: Any) -> None:
    at = worker.fill()
    answer = worker.send(f"{at}/check")
    assert answer.status_code == 422
    assert "请先勾选“以上内容和单据真实，如有虚假愿承担责任”" in says(answer)
    assert worker.claim(at).state == "draft"


def test_an_incomplete_draft_cannot_be_handed_in_by_hand(worker: Any) -> None:
    at = worker.fill(upto=1)
    answer = worker.send(f"{at}/check", {"declared": "y"})
    assert answer.status_code == 422
    assert "还不能提交" in says(answer)
    assert worker.claim(at).state == "draft"


def test_another_persons_card_asks_for_its_papers(worker: Any) -> None:
    """XM-114: 情况说明, certificate and card of the payee; and the relation."""
    at = worker.fill(upto=2)
    worker.send(f"{at}/3", {"do": "other"})
    page = says(worker.get(f"{at}/3"))
    assert "打到他人的卡" in page
    answer = worker.send(f"{at}/3", {**account(worker.person), "payee_name": "赵某某", "do": "next"})
    assert answer.status_code == 422
    for words in ("请选择与被保障人的关系", "请上传情况说明", "请上传收款人身份证正面", "请上传收款人银行卡"):
        assert words in says(answer)
