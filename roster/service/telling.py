"""How does whoever uploaded a table learn what became of it? (XM-33, XM-34)."""

from __future__ import annotations

from notify import service as notify
from roster.models import RosterImport


def imported(work: RosterImport) -> None:
    """It came to its end: how many were written, how many rows were not."""
    numbers = {"applied": f"{work.applied_count:,}", "refused": f"{not_imported(work):,}"}
    _tell(work, "roster_imported", numbers)


def refused(work: RosterImport) -> None:
    """The whole table could not be taken; the words say why and what helps."""
    _tell(work, "roster_refused", {"reason": work.problem})


def not_imported(work: RosterImport) -> int:
    """Rows that asked for something and got nothing."""
    asked = work.new_count + work.changed_count + work.moved_count + work.wrong_count
    return asked - work.applied_count


def _tell(work: RosterImport, kind: str, values: dict[str, str]) -> None:
    notify.send(
        kind,
        staff=work.uploaded_by_id,
        about=("roster", work.id, ""),
        values={"file": work.file_name, **values},
        dedupe=f"{kind}:{work.id}",
    )
