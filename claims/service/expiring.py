"""What of a claim is erased when its time is over? `rules.KEEP` says when; the voucher's minimum stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, delete, select, update

from claims.models import AwardCut, Claim, ClaimDocument, ReturnMark
from claims.rules import KEEP, OVER
from claims.service.filing import erase_unused
from claims.service.leaving import EMPTY
from core import clock
from core.db import db
from core.fields import card_end
from core.history import Transition
from core.retention import Ids, Rule

# 编号、日期、金额、单位、姓名、卡号后四位: what a payment must be accounted for with.
VOUCHER = ("award_fen", "payee_name", "payee_bank", "payee_branch", "payee_card", "payee_relation")


def _photos_due(until: dt.datetime) -> Select[Any]:
    due = select(Claim.id).where(Claim.photos_erased_at.is_(None), Claim.state.in_(OVER))
    return due.where(Claim.state_at < until).order_by(Claim.state_at)


def _erase_photos(ids: Ids) -> None:
    """A picture that another application still shows stays until that one's time is over."""
    documents = list(db.session.scalars(select(ClaimDocument).where(ClaimDocument.claim_id.in_(ids))))
    for document in documents:
        document.removed_at = document.removed_at or clock.now()
    db.session.flush()
    erase_unused(documents)
    _note(ids, photos_erased_at=clock.now())


def _contents_due(until: dt.datetime) -> Select[Any]:
    due = select(Claim.id).where(Claim.contents_erased_at.is_(None), Claim.state.in_(OVER))
    return due.where(Claim.state_at < until).order_by(Claim.state_at)


def _erase_contents(ids: Ids) -> None:
    """Hospital, diagnosis, sums, and what reviewers wrote; of a claim that was never paid everything."""
    for claim in db.session.scalars(select(Claim).where(Claim.id.in_(ids))):
        kept = VOUCHER if claim.state == "paid" else ()
        for name, value in EMPTY.items():
            if name not in kept:
                setattr(claim, name, value)
    db.session.flush()
    papers = select(ClaimDocument.id).where(ClaimDocument.claim_id.in_(ids))
    db.session.execute(delete(ReturnMark).where(ReturnMark.document_id.in_(papers)))
    db.session.execute(delete(AwardCut).where(AwardCut.claim_id.in_(ids)))
    db.session.execute(update(Transition).where(Transition.object_id.in_(ids)).values(note_ct=None))
    _note(ids, contents_erased_at=clock.now())


def _card_due(until: dt.datetime) -> Select[Any]:
    due = select(Claim.id).where(Claim.card_cut_at.is_(None), Claim.state == "paid")
    return due.where(Claim.paid_at < until).order_by(Claim.paid_at)


def _cut_card(ids: Ids) -> None:
    """The blind index stays: one card for many people is still noticed."""
    for claim in db.session.scalars(select(Claim).where(Claim.id.in_(ids))):
        Claim.payee_card.reseal(claim, card_end(claim.payee_card))
    db.session.flush()
    _note(ids, card_cut_at=clock.now())


def _note(ids: Ids, **values: Any) -> None:
    db.session.execute(update(Claim).where(Claim.id.in_(ids)).values(**values))


RULES = (
    Rule("claims.photos", KEEP["photos"], _photos_due, _erase_photos),
    Rule("claims.contents", KEEP["contents"], _contents_due, _erase_contents),
    Rule("claims.card", KEEP["card"], _card_due, _cut_card),
)
