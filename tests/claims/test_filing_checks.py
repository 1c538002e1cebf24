"""Which claims contradict another claim, and who may read that?"""

from __future__ import annotations

from typing import Any

import pytest

from claims.service import checks
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
