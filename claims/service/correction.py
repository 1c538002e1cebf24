"""How does a person put right what came back? A returned application, or a payment that bounced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.models import Claim
from claims.rules import ITEMS, PART_OF
from claims.service import checks, cuts, figures, filing
from claims.service.moving import hold, move, owning
from core.access import Actor
from core.errors import Conflict, Invalid, Refused
from core.history import STALE

# The checks that matter when only the account changes.
_ACCOUNT_PAPERS = ("bank_card", "explanation", "payee_id_front", "payee_id_back", "payee_bank_card")
NEW_NUMBER = (
    "卡号改了，银行卡照片还是原来的。请删除旧照片，上传新卡的照片；"
    "如果照片上就是现在填的卡号，请点“确认无误，继续”。"
)
SAME_ACCOUNT = (
    "收款账户还没有改动。银行刚退回了这个账户，照原样再打多半还会退回。请改正户名或卡号，或换一张卡；"
    "已经和银行办好的，请点“确认无误，继续”。"
)
ONLY_OWN_CARD = "在微信外只能改成本人的卡。要打到他人的卡，请在微信里打开公众号修改。"
_ACCOUNT_PARTS = ("payee_name", "payee_card", "payee", *_ACCOUNT_PAPERS)
_ABOUT_ACCOUNT = ("payee_name", "card", *(f"paper_{code}" for code in _ACCOUNT_PAPERS))


def unchanged_items(claim: Claim) -> list[str]:
    """What the reviewer pointed at and nobody has touched since, as people call it (E12)."""
    return [ITEMS.get(item, item) for item in claim.return_items if item not in claim.changed_parts]


def resubmit(claim: Claim, by: Actor, *, seen: int | None = None) -> bool:
    """Hand a returned application in again (GX-26), at the first level. False when it was done before."""
    owner = owning(claim, by)
    hold(claim)
    if claim.state != "returned" and seen is not None and claim.version > seen:
        return False
    cuts.forget(claim.id)
    filing.enter_review(
        claim,
        owner,
        seen=seen,
        meta={"changed": list(claim.changed_parts)},
        return_items=[],
        changed_parts=[],
        first_reviewer_id=None,
        second_reviewer_id=None,
        award_fen=None,
        approval_bi=None,
        decided_at=None,
    )
    return True


def lacks_new_photo(claim: Claim, card: str | None) -> dict[str, str]:
    """Photo → words when the number is not the one the bank sent back, but the photo is still the old one.

    Asked, not forbidden: whoever mistyped a number has the right photo already.
    """
    photo = "bank_card" if claim.is_own_account else "payee_bank_card"
    is_new = "payee_card" in claim.changed_parts or card != claim.payee_card
    return {photo: NEW_NUMBER} if is_new and photo not in claim.changed_parts else {}


def is_same_account(claim: Claim, name: str | None, card: str | None) -> dict[str, str]:
    """Question → words when the account handed in is just the one the bank sent back.

    Asked, not forbidden: a bank may have lifted a limit or corrected a name meanwhile.
    """
    is_touched = any(part in _ACCOUNT_PARTS for part in claim.changed_parts)
    is_same = not is_touched and (name, card) == (claim.payee_name, claim.payee_card)
    return {"payee_card": SAME_ACCOUNT} if is_same else {}


def fix_payee(
    claim: Claim,
    values: Mapping[str, Any],
    by: Actor,
    *,
    seen: int | None = None,
    has_looked: bool = False,
) -> None:
    """After a bounce: only the account may change, and it goes back to finance, not to review (GX-29).

    `has_looked`: the person was asked whether the photo shows the new number. Outside WeChat (a visitor) the
    money may only go to the person's own card.
    """
    owner = owning(claim, by)
    hold(claim)
    if claim.state != "pay_failed" or any(PART_OF[name] != "payee" for name in values):
        raise Conflict(STALE)
    missing = lacks_new_photo(claim, values.get("payee_card", claim.payee_card))
    filing.apply(claim, values)
    if by.kind == "visitor" and not claim.is_own_account:
        raise Refused(ONLY_OWN_CARD, "payee_name")
    stops = {} if has_looked else missing
    stops |= {
        check.code: check.text
        for check in checks.run(claim)
        if check.blocking and check.code in _ABOUT_ACCOUNT
    }
    if stops:
        raise Invalid(stops)
    mark = figures.approval_mark(claim)
    meta = {"kept_photo": True} if missing else {}
    move(claim, "fix_payee", owner, seen=seen, meta=meta, bounce_code="", approval_bi=mark, changed_parts=[])
