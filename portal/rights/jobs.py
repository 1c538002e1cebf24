"""What is done about copies and departures later? Prepare what was asked for, remove what is too old."""

from __future__ import annotations

from core.db import transaction
from core.files.keeping import shred_again
from employee import service as employees
from portal.rights import retention, service


def prepare_exports() -> None:
    """Each copy in a transaction of its own: one that fails stays asked for and is tried again."""
    with transaction():
        waiting = service.asked_exports()
    for export_id in waiting:
        with transaction():
            service.prepare_export(export_id)


def sweep() -> None:
    """What goes within minutes: copies, photos of 找回绑定, and bytes a store kept although told."""
    with transaction():
        service.sweep_exports()
        employees.sweep_rebinds()
        shred_again()


def retain() -> None:
    """The promise of `rules.KEPT`, once a day: what has been kept long enough goes."""
    retention.run()
    retention.sweep_store()
