"""Is this the same once more? Two documents beside each other, and what was said about the pair."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims.admin import showing
from claims.admin.door import REVIEWERS, SEES_NAMES, blueprint, claim_of, me, path_of
from claims.models import Claim
from claims.queries import duplicates, likewise
from claims.service import review, suspicions
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.pages import again

SAID = {"same": "已记下：相同单据。同意前请在意见里说明。", "different": "已记下：不是同一份，以后不再提示。"}


@blueprint.get("/<number>/duplicates")
@allow(*REVIEWERS)
def duplicate_pairs(number: str) -> str:
    return _page(claim_of(number), {})


@blueprint.post("/<number>/duplicates")
@allow(*REVIEWERS)
def judge_pair(number: str) -> ResponseReturnValue:
    again(lambda errors: _page(claim_of(number), errors))
    verdict, given = request.form.get("verdict", ""), request.form
    with transaction():
        claim = claim_of(number)
        review.may_take(claim, me())
        mine, other = _id(given.get("mine", "")), _id(given.get("other", ""))
        suspicions.judge(claim, given.get("kind", ""), other, mine, verdict, me())
    flash(SAID[verdict])
    return redirect(path_of(claim, "duplicates"), 303)


def _page(claim: Claim, errors: dict[str, str]) -> str:
    pairs = duplicates.pairs_of(claim)
    others = likewise.others([pair.other_claim_id for pair in pairs], me())
    shown = [_shown(claim, pair, others.get(pair.other_claim_id)) for pair in pairs]
    return render_template(
        "claims_admin/duplicates.html",
        errors=errors,
        **showing.facts(claim),
        pairs=shown,
        mine=likewise.own_facts(claim, me().has(*SEES_NAMES)),
        may_judge=not review.why_not(claim, me()) and claim.state in review.LEVEL_ROLES,
    )


def _shown(claim: Claim, pair: duplicates.Pair, other: likewise.Other | None) -> dict[str, Any]:
    is_photo = pair.kind == duplicates.PICTURE
    mine_at = path_of(claim, f"documents/{pair.mine_id}/preview") if is_photo else ""
    other_at = ""
    if other and is_photo:
        other_at = f"{blueprint.url_prefix}/{other.number}/documents/{pair.other_id}/preview"
    return {
        "pair": pair,
        "title": duplicates.WORDS[pair.kind],
        "how": "逐字节相同" if is_photo and pair.is_exact else "外观很相似" if is_photo else "",
        "mine_url": mine_at,
        "other_url": other_at,
        "other": other,
        "anchor": f"p-{pair.kind}-{pair.other_id}",
    }


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused(suspicions.GONE, status=409) from None
