"""Which claims contradict another claim, and who may read that?"""

from __future__ import annotations

from typing import Any

import pytest

from claims.models import PictureTwin
from claims.service import checks
from core.db import db as database
from core.db import transaction
from tests.claims.paper import CARD, PHOTOS, STAY, account, photo, says

OTHER_BILL = {"receipt_number": "0099999999"}


def codes(worker: Any, at: str) -> dict[str, tuple[str, bool]]:
    return {check.code: (check.level, check.blocking) for check in checks.run(worker.claim(at))}


STAYS = [
    ("2026-10-01", "2026-10-08", "这次住院已经申请过（申报号 {number}）"),
    ("2026-10-05", "2026-10-12", "入院、出院日期与您另一次住院重叠（申报号 {number}），请核对日期"),
    ("2026-09-20", "2026-10-20", "入院、出院日期与您另一次住院重叠（申报号 {number}），请核对日期"),
    ("2026-10-08", "2026-10-12", ""),
    ("2026-09-20", "2026-10-01", ""),
    ("2026-10-20", "2026-10-21", ""),
]


@pytest.mark.parametrize(("came", "left", "words"), STAYS)
def test_one_person_is_in_one_bed_at_a_time(worker: Any, came: str, left: str, words: str) -> None:
    """Out of one hospital and into the next on the same day is a transfer and fine."""
    number = worker.claim(worker.submit()).number
    at = worker.fill(upto=1)
    typed = {**STAY, **OTHER_BILL, "admitted_on": came, "discharged_on": left}
    answer = worker.send(f"{at}/2", {**typed, **worker.photos(2)})
    assert answer.status_code == (422 if words else 303)
    assert words.format(number=number) in says(answer)


def test_a_withdrawn_application_stands_in_nobodys_way(worker: Any) -> None:
    at = worker.submit()
    worker.send(f"{at}/withdraw")
    worker.submit(worker.fill())


def test_the_same_bill_twice_by_one_person_is_refused(worker: Any) -> None:
    number = worker.claim(worker.submit()).number
    at = worker.fill(upto=1)
    typed = {
        **STAY,
        "admitted_on": "2026-11-01",
        "discharged_on": "2026-11-03",
        "receipt_number": "0012 345678",
    }
    answer = worker.send(f"{at}/2", {**typed, **worker.photos(2)})
    assert answer.status_code == 422
    assert f"这张票据已经申请过（申报号 {number}），不能重复申请" in says(answer)


def test_the_same_bill_photo_and_card_of_two_people_are_for_the_reviewer_only(new_worker: Any) -> None:
    first, second = new_worker(), new_worker()
    at = first.submit()
    number = first.claim(at).number
    theirs = second.fill(upto=1)
    same = {kind: photo(n + 3) for n, kind in enumerate(PHOTOS[2])}
    assert second.send(f"{theirs}/2", {**STAY, **same}).status_code == 303
    second.serial += len(same)  # the card is a photo of its own
    second.send(f"{theirs}/3", {**account(second.person), **second.photos(3)})
    shown = says(second.get(f"{theirs}/check"))
    assert number not in shown
    second.submit(theirs)
    found = codes(second, theirs)
    assert found["receipt_elsewhere"] == ("bad", False)
    assert found["picture_elsewhere"] == ("bad", False)
    assert found["card_elsewhere"] == ("look", False)
    assert number not in says(second.get(theirs))


def test_certificate_and_card_photos_may_come_again(worker: Any) -> None:
    worker.submit()
    at = worker.start()
    worker.send(f"{at}/1", {"do": "reuse"})
    assert "pictures_new" in codes(worker, at)


def test_the_same_bill_photo_in_a_second_application_is_pointed_out(worker: Any) -> None:
    worker.submit()
    at = worker.fill(upto=1)
    same = {kind: photo(n + 3) for n, kind in enumerate(PHOTOS[2])}
    typed = {**STAY, **OTHER_BILL, "admitted_on": "2026-11-01", "discharged_on": "2026-11-03"}
    assert worker.send(f"{at}/2", {**typed, **same}).status_code == 303
    assert codes(worker, at)["picture_again"] == ("look", False)
    assert "有照片与本人的另一份申请相同" in says(worker.get(f"{at}/check"))


def test_a_claim_in_order_has_only_good_news(worker: Any) -> None:
    at = worker.submit()
    found = checks.run(worker.claim(at))
    assert {check.level for check in found} == {"ok"}
    assert {check.code for check in found} == {
        "covered",
        "in_time",
        "sums",
        "papers",
        "no_overlap",
        "receipt_new",
        "pictures_new",
        "payee_name",
        "card_own",
    }


def test_a_look_alike_name_is_named_with_its_code_points(new_worker: Any) -> None:
    worker = new_worker(name="张建国")
    at = worker.fill(upto=2)
    worker.send(f"{at}/3", {**account(worker.person), "payee_name": "张建囯", **worker.photos(3)})
    check = next(check for check in checks.run(worker.claim(at)) if check.code == "payee_name")
    assert (check.level, check.blocking) == ("bad", True)
    assert "U+56EF" in check.text
    assert "U+56FD" in check.text


def test_a_card_that_fails_luhn_is_pointed_out_to_the_reviewer(worker: Any) -> None:
    at = worker.fill(upto=2)
    card = CARD[:-1] + "0"
    sure = {"sure": f"card-{card[-4:]}"}
    worker.send(f"{at}/3", {**account(worker.person), "payee_card": card, **worker.photos(3), **sure})
    assert codes(worker, at)["card_luhn"] == ("look", False)


def test_one_picture_under_two_headings_is_pointed_out_before_and_after_filing_gx_23(worker: Any) -> None:
    """GX-23: also when it was cropped or compressed anew; then the comparison of pictures knew it again."""
    at = worker.fill()
    documents = {row.kind: row for row in checks.documents_of(worker.claim(at))}
    assert "像是同一张照片" not in says(worker.get(f"{at}/check"))
    with transaction():
        files = sorted(documents[kind].file_id for kind in ("id_front", "id_back"))
        database.session.add(PictureTwin(file_id=files[0], other_file_id=files[1], distance=3))
    found = [check for check in checks.run(worker.claim(at)) if check.code == "repeated"]
    assert [(check.level, check.blocking) for check in found] == [("look", False)]
    assert "“身份证正面”和“身份证背面”像是同一张照片，请看看是不是传错了" in says(worker.get(f"{at}/check"))


def test_the_check_page_shows_every_photo_with_its_way_back_gx_24(worker: Any) -> None:
    """GX-24: 请核对后提交 is looked at, photos too."""
    at = worker.fill()
    page = worker.get(f"{at}/check").get_data(as_text=True)
    for row in checks.documents_of(worker.claim(at)):
        assert f'src="{at}/documents/{row.id}/thumb"' in page, row.kind
    for words, step in (("证件照片", 1), ("单据照片", 2), ("收款账户的照片", 3)):
        assert f'href="{at}/{step}">修改<span class="sr">{words}</span>' in page
