"""Whatever makers, checkers, banks and payees do in whatever order: nobody is paid twice (M4, A5, P6)."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import roles
from core.access import Actor
from core.db import db as database
from core.db import transaction
from core.errors import Refused
from payout import service
from payout.models import PayoutBatch, PayoutItem
from tests.claims.paper import CARD
from tests.payout.conftest import PayOffice, answers, as_csv
from tests.world import as_staff

ROLES = (roles.FINANCE_MAKER, roles.FINANCE_CHECKER, roles.FIRST_REVIEWER, roles.ADMINISTRATOR)
VERBS = (*("prepare", "check", "export", "settle") * 2, "replay", "fix", "drop")
Steps = list[tuple[str, int, int, int]]
STEP = st.tuples(st.sampled_from(VERBS), st.integers(0, 1), st.integers(0, 7), st.integers(0, 7))
STRAIGHT: Steps = [("prepare", 0, 0, 7), ("check", 1, 0, 0), ("export", 0, 0, 0), ("settle", 1, 0, 2)]
# Some walks begin with a paid batch and a bounce, so that what comes after is walked too.
STEPS = st.builds(list.__add__, st.sampled_from([[], STRAIGHT]), st.lists(STEP, min_size=8, max_size=20))


class Walk:
    """Two members of staff with every role, three claims, and every file the bank ever wrote."""

    def __init__(self, office: PayOffice, people: list[Any]) -> None:
        self.office = office
        self.actors = [as_staff(person, *ROLES) for person in people]
        person = office.world.insured()
        self.claims = [office.approved(10_000 * n, person, has_photo=True) for n in (1, 2, 4)]
        self.batches: list[PayoutBatch] = []
        self.files: list[bytes] = []

    def take(self, verb: str, by: Actor, which: int, bits: int) -> None:
        batch = self.batches[which % len(self.batches)] if self.batches else None
        if verb == "prepare":
            picked = [claim.id for n, claim in enumerate(self.claims) if bits & 1 << n]
            self.batches.append(service.prepare(picked, by))
        elif verb == "fix":
            self.office.fix(self.claims[which % 3], f"{CARD[:-2]}{which}{bits}")
        elif batch:
            self.on(verb, batch, by, bits)

    def on(self, verb: str, batch: PayoutBatch, by: Actor, bits: int) -> None:
        if verb == "check":
            service.check(batch, by, batch.version)
        elif verb == "drop":
            service.drop(batch, by, batch.version, "测试")
        elif verb == "export":
            service.export(batch, "csv", by, batch.version, "再来一次")
        elif verb == "replay" and self.files:
            service.settle(batch, self.files[bits % len(self.files)], by, batch.version)
        elif verb == "settle":
            failed = {n + 1: "户名不符" for n in range(3) if bits & 1 << n}
            self.files.append(as_csv(answers(batch, failed)))
            service.settle(batch, self.files[-1], by, batch.version)

    def must_hold(self) -> None:
        database.session.expire_all()
        items = (
            database.session.query(PayoutItem)
            .where(PayoutItem.claim_id.in_([c.id for c in self.claims]))
            .all()
        )
        for claim in self.claims:
            mine = [item for item in items if item.claim_id == claim.id]
            live = [item for item in mine if item.status in ("waiting", "sent", "paid")]
            assert len(live) <= 1, "one claim, one live item"
            paid = [item for item in mine if item.status == "paid"]
            assert sum(item.amount_fen for item in paid) == (claim.award_fen if claim.state == "paid" else 0)
        for batch in self.batches:
            if batch.state in ("checked", "exported", "settled"):
                assert batch.checker_id and batch.checker_id != batch.maker_id


def run(office: PayOffice, people: list[Any], steps: Steps) -> Walk:
    walk = Walk(office, people)
    for verb, who, which, bits in steps:
        made = list(walk.batches)
        try:
            with transaction():
                walk.take(verb, walk.actors[who % len(people)], which, bits)
        except Refused:
            walk.batches = made
        walk.must_hold()
    return walk


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_no_walk_pays_a_claim_twice(office: PayOffice, steps: Steps) -> None:
    run(office, [office.making, office.checking], steps)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_one_person_alone_never_pays(office: PayOffice, steps: Steps) -> None:
    """A5: with all roles together."""
    walk = run(office, [office.making], steps)
    assert "paid" not in {claim.state for claim in walk.claims}
    assert {batch.state for batch in walk.batches} <= {"prepared", "dropped"}


def test_the_walks_do_get_somewhere(office: PayOffice) -> None:
    """A straight walk pays; otherwise the laws above would hold of nothing."""
    walk = run(office, [office.making, office.checking], STRAIGHT)
    assert [claim.state for claim in walk.claims].count("paid") == 2
    fixes: Steps = [("fix", 0, n, 1) for n in range(3)]
    walk = run(office, [office.making, office.checking], [*STRAIGHT, *fixes])
    assert [claim.state for claim in walk.claims].count("approved") == 1
    with contextlib.suppress(Refused), transaction():
        walk.take("replay", walk.actors[1], 0, 0)
    walk.must_hold()
