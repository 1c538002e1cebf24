"""Which papers of a stay in hospital does the 厦门 profile ask for, and what does it say about them?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.claims.conftest import Worker
from tests.claims.paper import STAY, photo, says
from tests.world import World

PAPERS = {
    "invoice": "住院医疗费用发票",
    "settlement": "福建省基本医疗(生育)保险结算单",
    "discharge_record": "出院小结或出院记录",
}
SHOWS = "材料需体现被保障人出入院时间和医疗项目名称"


@pytest.fixture
def at_the_stay(make_app: Callable[..., Any]) -> Iterator[tuple[Worker, str]]:
    """Somebody insured in 厦门 who has come to the step of the stay."""
    app = make_app(SCHEME="xiamen")
    with app.app_context():
        from core.db import db

        world = World()
        person = world.employee()
        world.bind(person)
        world.cover(person, "XM-2026")
        worker = Worker(world, app.test_client(), person)
        yield worker, f"{worker.fill(upto=1)}/2"
        db.session.rollback()
        db.session.remove()


def _sent(at_the_stay: tuple[Worker, str], without: str = "", **more: Any) -> Any:
    worker, at = at_the_stay
    papers = {**worker.photos(2), "application_form": photo(90), **more}
    papers.pop(without, None)
    return worker.send(at, {**STAY, **papers})


@pytest.mark.parametrize(("kind", "label"), PAPERS.items(), ids=PAPERS)
def test_each_paper_of_a_stay_is_asked_for_once_at_least_xm_101(
    at_the_stay: tuple[Worker, str], kind: str, label: str
) -> None:
    """XM-101, XM-102: 发票, 结算单, 出院小结或出院记录, 各 1 份: the missing one is named, no other."""
    answer = _sent(at_the_stay, without=kind)
    assert answer.status_code == 422
    missing = {name for name in PAPERS.values() if f"请上传{name}" in says(answer)}
    assert missing == {label}
    worker, at = at_the_stay
    assert worker.send(at, {**STAY, kind: photo(77)}).status_code == 303, "the others were kept"


def test_one_of_each_paper_is_enough_and_a_second_sheet_may_follow_xm_101(
    at_the_stay: tuple[Worker, str],
) -> None:
    """XM-101: a bill of two sheets is two photos of one paper."""
    answer = _sent(at_the_stay, invoice=[photo(80), photo(81)])
    assert answer.status_code == 303, says(answer)
    worker, at = at_the_stay
    page = worker.get(at).get_data(as_text=True)
    assert "<span data-count>2</span>" in _uploader(page, "invoice")


def test_what_the_papers_must_show_stands_beside_them_xm_102(at_the_stay: tuple[Worker, str]) -> None:
    """XM-102: 材料需体现被保障人出入院时间和医疗项目名称等, read before the photo is taken."""
    worker, at = at_the_stay
    page = worker.get(at).get_data(as_text=True)
    assert SHOWS in _uploader(page, "discharge_record")


def _uploader(page: str, kind: str) -> str:
    """The part of the page that asks for one paper."""
    found = re.search(rf'<fieldset[^>]* data-kind="{kind}".*?</fieldset>', page, re.DOTALL)
    assert found, kind
    return found[0]
