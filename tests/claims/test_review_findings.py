"""What reviewers add: places in photos, lower sums, same or different (GX-25, GX-26, GX-61, GX-62)."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from flask import Flask

from claims import service
from claims.models import AwardCut, Claim, ClaimDocument, PairVerdict, ReturnMark
from claims.queries import duplicates
from claims.queries.progress import last_return
from claims.rules import PLACES
from claims.service import checks, cuts, figures, lowering, marks, review, suspicions
from core.db import db as database
from core.db import transaction
from core.errors import Conflict, NotAllowed, Refused
from core.files.models import StoredFile
from core.history import timeline
from core.money import shown_yuan
from core.roles import FIRST_REVIEWER, SECOND_REVIEWER
from employee.models import Employee
from tests.claims.paper import says
from tests.office import Office, actor, fresh
from tests.world import World, as_employee


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


@pytest.fixture
def first(office: Office) -> Any:
    return actor(office.world.staff(FIRST_REVIEWER, name="王审核"), FIRST_REVIEWER)


def photo(claim: Claim, kind: str = "invoice") -> ClaimDocument:
    return next(row for row in checks.documents_of(claim) if row.kind == kind)


# --- places in photos --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "area"),
    [
        ("all", (0, 0, 1, 1)),
        ("00", (0, 0, 0.3333, 0.3333)),
        ("22", (0.6667, 0.6667, 0.3333, 0.3333)),
        ("0.1,0.2,0.3,0.4", (0.1, 0.2, 0.3, 0.4)),
        ("0.9,0.9,0.5,0.5", (0.9, 0.9, 0.1, 0.1)),
        ("-1,-1,0.5,0.5", (0, 0, 0.5, 0.5)),
    ],
)
def test_a_place_is_fractions_of_the_upright_picture(place: str, area: tuple[float, ...]) -> None:
    assert marks.area(place) == pytest.approx(area)


@pytest.mark.parametrize(
    "place", ["", "33", "1,2,3", "0.1,0.2,0,0", "nan,0,1,1", "0,0,nan,1", "a,b,c,d", "inf,0,1,1"]
)
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(Refused, match="请选择照片上的位置"):
        marks.area(place)


def test_the_ninths_cover_the_picture() -> None:
    assert len(PLACES) == 10
    assert [place.words for place in PLACES.values()][:4] == ["整张照片", "左上", "上方", "右上"]
    assert sum(w * h for key, (_, (_, _, w, h)) in PLACES.items() if key != "all") == pytest.approx(
        1, abs=0.01
    )


def test_the_person_sees_that_very_place_and_its_words_gx_26(app: Flask, office: Office) -> None:
    """GX-25, GX-26: E12 shows the photo with the rectangle; what was pointed at is an item to change."""
    person = office.person()
    office.world.bind(person)
    claim = office.file(person)
    clerk = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER))
    row = photo(claim)
    answer = clerk.submit(
        f"/admin/claims/{claim.number}/return",
        {
            "seen": claim.version, "note": "金额看不清", "mark_document": [str(row.id), "", ""],
            "mark_place": ["0.125,0.25,0.5,0.2", "all", "all"], "mark_note": ["这里的合计", "", ""],
        },
    )  # fmt: skip
    assert answer.status_code == 303, says(answer)
    claim = fresh(claim)
    assert claim.return_items == ["invoice"]
    phone = office.world.sign_in(app.test_client(), person=person)
    page = phone.get(f"/h5/claims/{claim.number}/fix").get_data(as_text=True)
    places = re.findall(
        r'<rect class="m-line" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', page
    )
    assert places == [("0.125", "0.25", "0.5", "0.2")] * 2, "a thumbnail and the large picture"
    assert f"documents/{row.id}/preview" in page
    assert "这里的合计" in page
    shown = phone.get(f"/h5/claims/{claim.number}").get_data(as_text=True)
    assert f"documents/{row.id}/thumb" in shown
    assert "m-line" in shown


def test_words_of_a_place_are_sealed(office: Office, first: Any) -> None:
    claim = office.file()
    row = photo(claim)
    with transaction():
        spot = marks.Spot(row.id, row.kind, 0, 0, 0.5, 0.5, "诊断写错了")
        review.return_to_filer(claim, first, claim.version, "请改", [], [spot])
    kept = database.session.query(ReturnMark).one()
    assert "诊断".encode() not in kept.note_ct
    assert kept.note == "诊断写错了"


def test_a_place_in_somebody_elses_photo_is_refused(office: Office) -> None:
    claim, other = office.file(), office.file()
    with pytest.raises(Refused):
        marks.read(claim, [str(photo(other).id)], ["all"], [""])


def test_a_photo_that_was_changed_takes_its_places_along(office: Office, first: Any) -> None:
    person = office.person()
    claim = office.file(person)
    row = photo(claim)
    with transaction():
        spots = [marks.Spot(row.id, row.kind, 0, 0, 0.5, 0.5, "")]
        review.return_to_filer(claim, first, claim.version, "请重拍", [], spots)
    step = last_return(timeline(claim.id))
    assert len(marks.of_return(step)) == 1
    with transaction():
        service.remove_document(
            fresh(claim), row.id, as_employee(database.session.get_one(Employee, person.id))
        )
    assert marks.of_return(step) == []


# --- lower, never higher -----------------------------------------------------------------------------------


def test_a_line_may_be_lowered_with_a_reason_the_person_reads_gx_62(
    app: Flask, office: Office, first: Any
) -> None:
    person = office.person()
    office.world.bind(person)
    claim = office.file(person)
    line = figures.estimate(claim).lines[0]
    total, less = figures.estimate(claim).total_fen, line.amount_fen - 10_000
    with transaction():
        lowering.lower(claim, first, claim.version, line.benefit, less, "发票里有 100 元不属于住院费用")
    award = figures.estimate(fresh(claim))
    assert award.total_fen == total - 10_000
    assert (
        f"审核核减：由 {shown_yuan(line.amount_fen)} 元调低到 {shown_yuan(less)} 元" in award.lines[0].steps
    )
    assert award.usage.of(line.benefit).paid_fen == less, "caps remember what was really awarded"
    second = office.world.staff(SECOND_REVIEWER)
    for by in (first, actor(second, SECOND_REVIEWER)):
        with transaction():
            review.approve(fresh(claim), by, fresh(claim).version)
    claim = fresh(claim)
    assert claim.award_fen == total - 10_000
    assert claim.award is not None
    assert claim.award["total_fen"] == claim.award_fen
    shown = says(office.world.sign_in(app.test_client(), person=person).get(f"/h5/claims/{claim.number}"))
    assert "调低的原因：发票里有 100 元不属于住院费用" in shown
    assert "审核时调低了金额：发票里有 100 元不属于住院费用" in shown, "not only behind 怎么算的"


@pytest.mark.parametrize(
    ("change", "why", "words"),
    [(+1, "原因", "核定金额不能超过系统计算的金额"), (-1, " ", "请写明调低的原因，申请人要看到")],
)
def test_never_more_and_never_without_a_reason(
    office: Office, first: Any, change: int, why: str, words: str
) -> None:
    claim = office.file()
    line = figures.estimate(claim).lines[0]
    with pytest.raises(Refused, match=words), transaction():
        lowering.lower(claim, first, claim.version, line.benefit, line.amount_fen + change, why)
    assert figures.estimate(fresh(claim)).lines[0] == line


def test_the_second_reviewer_sees_it_may_go_lower_and_not_higher(
    app: Flask, office: Office, first: Any
) -> None:
    claim = office.file()
    line = figures.estimate(claim).lines[0]
    with transaction():
        lowering.lower(claim, first, claim.version, line.benefit, line.amount_fen - 500, "扣除伙食费")
        review.approve(claim, first, claim.version)
    second = office.world.staff(SECOND_REVIEWER)
    shown = says(office.world.sign_in(app.test_client(), staff=second).get(f"/admin/claims/{claim.number}"))
    assert "调低的原因：扣除伙食费" in shown
    by = actor(second, SECOND_REVIEWER)
    with pytest.raises(Refused, match="不能超过前面审核已调低的金额"), transaction():
        lowering.lower(fresh(claim), by, fresh(claim).version, line.benefit, line.amount_fen - 499, "")
    with transaction():
        lowering.lower(fresh(claim), by, fresh(claim).version, line.benefit, 1, "另扣")
    assert figures.estimate(fresh(claim)).lines[0].amount_fen == 1


def test_ones_own_cut_can_be_put_back_and_ends_when_the_claim_comes_anew(office: Office, first: Any) -> None:
    person = office.person()
    claim = office.file(person)
    line = figures.estimate(claim).lines[0]
    with transaction():
        lowering.lower(claim, first, claim.version, line.benefit, 1, "试试")
        lowering.lower(claim, first, claim.version, line.benefit, line.amount_fen, "")
    assert figures.estimate(fresh(claim)).lines[0] == line
    with transaction():
        lowering.lower(claim, first, claim.version, line.benefit, 1, "试试")
        review.return_to_filer(claim, first, claim.version, "请改", [])
    with transaction():
        service.resubmit(fresh(claim), as_employee(person))
    assert cuts.of_claim(claim.id) == []
    assert figures.estimate(fresh(claim)).lines[0] == line


def test_nobody_lowers_what_is_not_theirs_to_decide(office: Office) -> None:
    claim = office.file()
    benefit = figures.estimate(claim).lines[0].benefit
    second = actor(office.world.staff(SECOND_REVIEWER), SECOND_REVIEWER)
    with pytest.raises((NotAllowed, Conflict)), transaction():
        lowering.lower(claim, second, claim.version, benefit, 1, "原因")
    assert database.session.query(AwardCut).count() == 0


# --- the same once more ------------------------------------------------------------------------------------


def alike(office: Office, kind: str, **where: Any) -> tuple[Claim, Claim]:
    """Two claims that look alike in one way."""
    person = office.person(**where)
    other_person = person if kind == duplicates.STAY else office.person()
    july = {"admitted_on": dt.date(2026, 7, 1), "discharged_on": dt.date(2026, 7, 8)}
    mine, other = office.file(person), office.file(other_person, **(july if kind == duplicates.STAY else {}))
    with transaction():
        if kind == duplicates.RECEIPT:
            other.receipt = mine.receipt
        elif kind == duplicates.STAY:
            other.admitted_on, other.discharged_on = mine.admitted_on, mine.discharged_on
        elif kind == duplicates.PICTURE:
            file = database.session.get_one(StoredFile, photo(other).file_id)
            file.content_bi = database.session.get_one(StoredFile, photo(mine).file_id).content_bi
    return fresh(mine), fresh(other)


def pairs(claim: Claim, kind: str) -> list[duplicates.Pair]:
    return [pair for pair in duplicates.pairs_of(claim) if pair.kind == kind]


@pytest.mark.parametrize("kind", [duplicates.RECEIPT, duplicates.STAY, duplicates.CARD, duplicates.PICTURE])
def test_what_looks_alike_is_found_from_both_sides(office: Office, kind: str) -> None:
    mine, other = alike(office, kind)
    assert [pair.other_claim_id for pair in pairs(mine, kind)] == [other.id]
    assert [pair.other_claim_id for pair in pairs(other, kind)] == [mine.id]


def judge(claim: Claim, kind: str, verdict: str, by: Any) -> None:
    pair = pairs(claim, kind)[0]
    with transaction():
        suspicions.judge(claim, kind, pair.other_id, pair.mine_id, verdict, by)


@pytest.mark.parametrize("kind", [duplicates.RECEIPT, duplicates.PICTURE])
def test_different_is_remembered_for_the_pair_and_not_asked_again(
    office: Office, first: Any, kind: str
) -> None:
    mine, other = alike(office, kind)
    assert [check for check in suspicions.for_reviewer(mine) if check.level == "bad"]
    judge(mine, kind, "different", first)
    judge(fresh(other), kind, "different", first)
    row = database.session.query(PairVerdict).one()
    assert row.first_id < row.second_id, "once, in order, from whichever side"
    assert (row.verdict, row.by_label) == ("different", "王审核")
    for claim in (fresh(mine), fresh(other)):
        assert not [check for check in suspicions.for_reviewer(claim) if check.level == "bad"]
        assert any("已核对不是同一份（王审核）" in check.text for check in suspicions.for_reviewer(claim))


def test_same_blocks_until_the_note_says_why(office: Office, first: Any) -> None:
    mine, _ = alike(office, duplicates.CARD)
    assert not [check for check in suspicions.for_reviewer(mine) if check.level == "bad"], (
        "alike blocks nothing"
    )
    judge(mine, duplicates.CARD, "same", first)
    mine = fresh(mine)
    with pytest.raises(Refused, match="还有 1 项“不符”没有处理，请在意见里说明"), transaction():
        review.approve(mine, first, mine.version)
    with transaction():
        review.approve(fresh(mine), first, fresh(mine).version, "夫妻共用一张卡，已电话核实")
    assert fresh(mine).state == "second_review"


def test_a_pair_that_is_none_cannot_be_judged(office: Office, first: Any) -> None:
    claim = office.file()
    with pytest.raises(Refused, match="这一对已经没有了"), transaction():
        suspicions.judge(claim, "receipt", uuid.uuid4(), claim.id, "same", first)
    mine, _ = alike(office, duplicates.CARD)
    with pytest.raises(Refused, match="请选"):
        judge(mine, duplicates.CARD, "perhaps", first)


def test_the_other_claim_is_shown_masked_and_only_in_ones_scope(app: Flask, office: Office) -> None:
    here = office.world.union("红星测试厂工会委员会")
    mine, other = alike(office, duplicates.RECEIPT, union=here)
    wide = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER))
    narrow = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER, union=here))
    at = f"/admin/claims/{mine.number}/duplicates"
    shown, hidden = says(wide.get(at)), says(narrow.get(at))
    other_name = database.session.get_one(Employee, other.employee_id).name or ""
    assert other.number in shown
    assert other_name not in shown + hidden
    assert other.number not in hidden
    assert "这份申请在别的单位，不在您负责的范围内" in hidden
    assert "请联系上级工会的审核人员" in hidden
    pair = pairs(mine, duplicates.RECEIPT)[0]
    form = {"kind": "receipt", "mine": str(pair.mine_id), "other": str(pair.other_id), "verdict": "different"}
    assert wide.submit(at, form).status_code == 303
    assert "不是同一份" in says(wide.get(at))


def test_one_comparison_a_claim_says_what_is_the_same_and_what_is_not_gx_61(
    app: Flask, office: Office
) -> None:
    """GX-61: same bill, card and photo of one other claim: one comparison, one word; five on a page."""
    mine, other = alike(office, duplicates.RECEIPT)
    with transaction():
        other.hospital = "另一家医院"
        file = database.session.get_one(StoredFile, photo(other).file_id)
        file.content_bi = database.session.get_one(StoredFile, photo(mine).file_id).content_bi
    for _ in range(6):
        office.file()  # the same card
    desk = office.world.sign_in(app.test_client(), staff=office.world.staff(FIRST_REVIEWER))
    at = f"/admin/claims/{mine.number}/duplicates"
    pages = {n: desk.get(f"{at}?page={n}").get_data(as_text=True) for n in (1, 2)}
    assert [page.count('class="card pair"') for page in pages.values()] == [5, 2]
    assert "下一页" in pages[1] and "上一页" in pages[2]
    whole = "".join(pages.values())
    card = next(part for part in whole.split('class="card pair"') if f">{other.number}</a>" in part)
    shown = re.sub(r"<[^>]+>", " ", card)
    assert whole.count(f'/admin/claims/{other.number}"') == 1, "once, whatever is alike in it"
    same, rest = shown.split("不一样的", 1)
    assert "票据号码" in same and "收款卡" in same and "就诊医院" not in same
    assert "就诊医院" in rest and "另一家医院" in rest and "姓名" in rest
    form = {
        **{name: re.findall(f'name="{name}" value="([^"]+)"', card) for name in ("kind", "mine", "other")},
        "verdict": "different",
    }
    assert sorted(form["kind"]) == ["card", "picture", "receipt"]
    assert desk.submit(at, form).status_code == 303
    assert {row.verdict for row in database.session.query(PairVerdict)} == {"different"}
    assert database.session.query(PairVerdict).count() == 3
    assert f">{other.number}</a>" in desk.get(f"{at}?page=2").get_data(as_text=True), (
        "what is done comes last"
    )


def test_the_pairs_cost_the_same_however_many_there_are(office: Office, statements: Any) -> None:
    mine = office.file()
    counted = []
    for more in (1, 6):
        for _ in range(more):
            office.file()  # the same card in all of them
        mine = fresh(mine)
        with statements() as seen:
            assert duplicates.pairs_of(mine)
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 6
