"""Does one application get from the first page to the first reviewer, JavaScript off?"""

from __future__ import annotations

from typing import Any

from claims.models import ClaimDocument
from notify.models import InboxMessage
from tests.claims.paper import says


def test_a_worker_files_a_claim_in_three_steps(worker: Any, db: Any) -> None:
    """GX-22, GX-23, GX-24."""
    assert "您还没有申请过补助" in says(worker.get("/h5/claims"))
    at = worker.fill()
    check = says(worker.get(f"{at}/check"))
    assert "6222 0212 3456 7890 128" in check
    assert "预计补助金额" in check
    worker.submit(at)
    claim = worker.claim(at)
    assert claim.state == "first_review"
    assert claim.number.startswith("BZ")
    assert claim.award["total_fen"] > 0
    assert db.session.query(ClaimDocument).filter_by(claim_id=claim.id).count() == 6
    assert db.session.query(InboxMessage).filter_by(owner_id=worker.person.id).count() == 1
    assert claim.number in says(worker.get(f"{at}/submitted"))
    detail = worker.get(at)
    assert detail.status_code == 200
    assert "待初核" in says(detail)
