"""Is this the same once more? One comparison for each claim that looks alike, and what was said about it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from claims.admin import showing
from claims.admin.door import REVIEWERS, SEES_NAMES, blueprint, claim_of, me, path_of
from claims.models import Claim
from claims.queries import duplicates, likewise
from claims.queries.duplicates import PICTURE, WORDS, Pair
from claims.service import review, suspicions
from core.access import allow
from core.db import transaction
from core.errors import Refused
from core.pages import again

SAID = {"same": "已记下：相同单据。同意前请在意见里说明。", "different": "已记下：不是同一份，以后不再提示。"}
PAGE = 5  # comparisons on a page


@blueprint.get("/<number>/duplicates")
@allow(*REVIEWERS)
def duplicate_pairs(number: str) -> str:
    return _page(claim_of(number), {})


@blueprint.post("/<number>/duplicates")
@allow(*REVIEWERS)
def judge_pair(number: str) -> ResponseReturnValue:
    """One word about two claims holds for all that looked alike in them."""
    again(lambda errors: _page(claim_of(number), errors))
    verdict, given = request.form.get("verdict", ""), request.form
    rows = list(zip(given.getlist("kind"), given.getlist("mine"), given.getlist("other"), strict=False))
    with transaction():
        claim = claim_of(number)
        if not rows:
            raise Refused(suspicions.GONE, status=409)
        review.may_take(claim, me())
        for kind, mine, other in rows:
            suspicions.judge(claim, kind, _id(other), _id(mine), verdict, me())
    flash(SAID[verdict])
    return redirect(_page_url(claim, _wanted()), 303)


def _page(claim: Claim, errors: dict[str, str]) -> str:
    found = _by_claim(duplicates.pairs_of(claim))
    last = max(1, -(-len(found) // PAGE))
    n = min(_wanted(), last)
    turn = found[(n - 1) * PAGE : n * PAGE]
    sees_name = me().has(*SEES_NAMES)
    others = likewise.others(claim, [pairs[0].other_claim_id for pairs in turn], me(), sees_name)
    return render_template(
        "claims_admin/duplicates.html",
        errors=errors,
        **showing.facts(claim),
        total=len(found),
        left=sum(any(not pair.verdict for pair in pairs) for pairs in found),
        comparisons=[_shown(claim, pairs, others.get(pairs[0].other_claim_id)) for pairs in turn],
        page=n,
        prev_url=_page_url(claim, n - 1) if n > 1 else "",
        next_url=_page_url(claim, n + 1) if n < last else "",
        may_judge=not review.why_not(claim, me()) and claim.state in review.LEVEL_ROLES,
    )


def _by_claim(pairs: list[Pair]) -> list[list[Pair]]:
    """All that looks alike in one other claim together; what nobody judged yet comes first."""
    found: dict[uuid.UUID, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.other_claim_id, []).append(pair)
    return sorted(found.values(), key=lambda some: all(pair.verdict for pair in some))


def _shown(claim: Claim, pairs: list[Pair], other: likewise.Other | None) -> dict[str, Any]:
    judged = [pair for pair in pairs if pair.verdict]
    return {
        "pairs": pairs,
        "other": other,
        "why": list(dict.fromkeys(WORDS[pair.kind] for pair in pairs)),
        "photos": [_photos(claim, pair, other) for pair in pairs if pair.kind == PICTURE],
        "judged": judged[0] if len(judged) == len(pairs) else None,
        "verdict": "same" if any(pair.verdict == suspicions.SAME for pair in judged) else "different",
    }


def _photos(claim: Claim, pair: Pair, other: likewise.Other | None) -> dict[str, str]:
    at = f"{blueprint.url_prefix}/{other.number}/documents/{pair.other_id}/preview" if other else ""
    return {
        "how": "逐字节相同" if pair.is_exact else "外观很相似",
        "mine_url": path_of(claim, f"documents/{pair.mine_id}/preview"),
        "other_url": at,
    }


def _wanted() -> int:
    text = request.values.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _page_url(claim: Claim, n: int) -> str:
    return path_of(claim, "duplicates") + (f"?page={n}" if n > 1 else "")


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused(suspicions.GONE, status=409) from None
