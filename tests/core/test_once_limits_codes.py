"""Sent twice, guessed six times, asked too often: each has its answer, and parallel twins count (S1, S2)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
import time_machine
from sqlalchemy import text

from core import codes, numbers
from core.access import SYSTEM, Actor
from core.db import transaction
from core.errors import Refused, TooMany
from core.limits import Limit, forgive, take, take_all, used
from core.once import Repeated, answered, new_op, once


def _together(app, count: int, act: Callable[[int], object]) -> list[object]:
    """`act` in `count` threads at the same moment; what each gave back or raised."""
    start, found = threading.Barrier(count), []

    def run(n: int) -> None:
        with app.app_context():
            start.wait()
            try:
                found.append(act(n))
            except Exception as error:  # noqa: BLE001 - the outcome is what the test looks at
                found.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_form_sent_twice_gets_the_first_answer(db) -> None:
    op = new_op()
    with transaction():
        once(op, SYSTEM, "")
        answered(op, "/h5/claims/BZ1")
    with pytest.raises(Repeated) as caught, transaction():
        once(op, SYSTEM, "")
    assert caught.value.location == "/h5/claims/BZ1"


def test_a_form_is_free_again_when_its_action_failed(db) -> None:
    op = new_op()
    with pytest.raises(RuntimeError), transaction():
        once(op, SYSTEM, "/a")
        raise RuntimeError
    with transaction():
        once(op, SYSTEM, "/a")


def test_somebody_elses_token_is_worth_nothing(db) -> None:
    op = new_op()
    with transaction():
        once(op, SYSTEM, "/secret-place")
    with pytest.raises(Refused) as caught, transaction():
        once(op, Actor("employee", None, "", frozenset(), openid="o"), "/b")
    assert not isinstance(caught.value, Repeated)


def test_ten_parallel_twins_do_the_thing_once(app, db) -> None:
    op, done = new_op(), []

    def send(n: int) -> str:
        with transaction():
            once(op, SYSTEM, "/made")
            done.append(n)
        return "made"

    found = _together(app, 10, send)
    assert found.count("made") == 1
    assert all(isinstance(one, Repeated) and one.location == "/made" for one in found if one != "made")


def test_a_limit_refuses_and_says_how_long_to_wait(db) -> None:
    limit = Limit("test", 2, 60, "请 {n} 秒后再试")
    take(limit, "13800000000")
    take(limit, "13800000000")
    with pytest.raises(TooMany) as caught:
        take(limit, "13800000000")
    assert 1 <= caught.value.seconds <= 60
    assert str(caught.value.seconds) in caught.value.text
    take(limit, "13800000001")
    assert (
        "13800000000"
        not in db.session.execute(text("SELECT string_agg(h::text, '') FROM limit_hit h")).scalar()
    )


def test_parallel_tries_count_one_each(app, db) -> None:
    limit = Limit("test", 5, 60, "{n}")
    found = _together(app, 20, lambda _: take(limit, "k"))
    assert found.count(None) == 5
    assert used(limit, "k") == 5


def test_when_one_of_several_limits_is_used_up_nothing_is_counted(db) -> None:
    narrow, wide = Limit("narrow", 1, 60, "{n}"), Limit("wide", 9, 60, "{n}")
    take_all([(narrow, "k"), (wide, "k")])
    with pytest.raises(TooMany):
        take_all([(narrow, "k"), (wide, "k")])
    assert used(wide, "k") == 1
    forgive(narrow, "k")
    take(narrow, "k")


def _code(phone: str = "13800000000", holder: str = "o1", purpose: str = "bind") -> str:
    with transaction():
        return codes.issue(purpose, phone, holder)


def test_the_right_code_works_once(db) -> None:
    code = _code()
    with pytest.raises(Refused, match="请先点"):
        codes.check("bind", "13800000000", "o2", code)
    codes.check("bind", "13800000000", "o1", code)
    with pytest.raises(Refused, match="已经用过了，请点“获取”"):
        codes.check("bind", "13800000000", "o1", code)


@pytest.mark.parametrize(
    "purpose,phone,holder",
    [("sign_in", "13800000000", "o1"), ("bind", "13800000001", "o1"), ("bind", "13800000000", "o2")],
)
def test_a_code_is_bound_to_purpose_phone_and_holder(db, purpose: str, phone: str, holder: str) -> None:
    code = _code()
    with pytest.raises(Refused):
        codes.check(purpose, phone, holder, code)


def test_the_sixth_try_fails_even_with_the_right_code(db) -> None:
    code = _code()
    wrong = "000000" if code != "000000" else "111111"
    for left in (4, 3, 2, 1):
        with pytest.raises(Refused, match=f"还可试 {left} 次"):
            codes.check("bind", "13800000000", "o1", wrong)
    with pytest.raises(Refused, match="请重新获取"):
        codes.check("bind", "13800000000", "o1", wrong)
    with pytest.raises(Refused, match="请重新获取"):
        codes.check("bind", "13800000000", "o1", code)


def test_fifty_parallel_guesses_count_as_fifty(app, db) -> None:
    code = _code()
    wrong = "000000" if code != "000000" else "111111"
    _together(app, 20, lambda _: codes.check("bind", "13800000000", "o1", wrong))
    with pytest.raises(Refused, match="请重新获取"):
        codes.check("bind", "13800000000", "o1", code)


def test_an_old_code_and_a_replaced_code_are_worth_nothing(db) -> None:
    first = _code()
    second = _code()
    if first != second:
        with pytest.raises(Refused):
            codes.check("bind", "13800000000", "o1", first)
    db.session.execute(text("UPDATE one_time_code SET sent_at = sent_at - interval '5 minutes 1 second'"))
    db.session.commit()
    with pytest.raises(Refused, match="验证码已过期，请重新获取"):
        codes.check("bind", "13800000000", "o1", second)


def test_typed_codes_are_tidied() -> None:
    assert codes.tidy(" 12 34５６ ") == "123456"


def test_numbers_decode_to_their_moment(db) -> None:
    """GX-51: the id is the printed 创建时间."""
    assert (
        numbers.moment_of("BG1344168415351173120")
        .astimezone(dt.timezone(dt.timedelta(hours=8)))
        .isoformat(timespec="milliseconds")
        == "2020-12-30T14:28:18.318+08:00"
    )
    with time_machine.travel(dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC), tick=False):
        number = numbers.numbered("BG")
    assert numbers.moment_of(number) == dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
    assert len(number) == 21


def test_parallel_numbers_never_collide(app, db) -> None:
    made = _together(app, 8, lambda _: [numbers.snowflake() for _ in range(50)])
    assert len({n for some in made for n in some}) == 400


def test_monthly_counters_have_no_gap_and_no_twin(app, db) -> None:
    def one(_: int) -> int:
        with transaction():
            return numbers.next_in("CBFW", "202408")

    assert sorted(_together(app, 12, one)) == list(range(1, 13))
    with transaction():
        assert numbers.next_in("CBFW", "202409") == 1


@pytest.mark.parametrize(
    "seconds,said", [(60, " 1 分钟"), (900, " 15 分钟"), (5400, " 90 分钟"), (86400, " 24 小时")]
)
def test_a_long_wait_is_said_in_hours(db, seconds: int, said: str) -> None:
    limit = Limit("test_wait", 1, seconds, "请{wait}后再试")
    take(limit, "someone")
    with pytest.raises(TooMany) as refused:
        take(limit, "someone")
    assert refused.value.text == f"请{said}后再试"
