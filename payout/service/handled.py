"""How do the batches that somebody made and checked stand in 我的办件?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from core.access import Actor
from core.db import db
from core.handled import Case, Door, by_table
from payout.models import PayoutBatch
from payout.rules import LABELS, READERS, WORKFLOW

TO_DO = {"prepared": "等另一位财务复核", "checked": "等导出银行文件", "exported": "等导入回盘文件"}


def _look(ids: Iterable[uuid.UUID], actor: Actor) -> dict[uuid.UUID, Case]:
    if not actor.has(*READERS) or actor.unions_of(*READERS) is not None:
        return {}
    columns = (PayoutBatch.id, PayoutBatch.number, PayoutBatch.state, PayoutBatch.item_count)
    rows = db.session.execute(select(*columns).where(PayoutBatch.id.in_(list(ids))))
    return {
        row.id: Case(
            row.number,
            f"{row.item_count} 笔",
            LABELS[row.state],
            TO_DO.get(row.state, ""),
            f"/admin/payouts/{row.number}",
        )
        for row in rows
    }


DOOR = Door("payout", "打款批次", _look, by_table(WORKFLOW, "生成批次"))
