"""How does an administrator help a colleague in? Lift the pause, take a lost authenticator away."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from core.access import allow, current_actor
from core.db import transaction
from core.factor import RECENT, must_be_fresh
from core.roles import ADMINISTRATOR
from staff import service
from staff.admin.door import blueprint


@blueprint.post("/staff/<uuid:staff_id>/unlock")
@allow(ADMINISTRATOR, everywhere=True)
def unlock(staff_id: uuid.UUID) -> ResponseReturnValue:
    """解除锁定 after too many wrong tries; never one's own."""
    must_be_fresh(RECENT)
    service.label(staff_id)
    with transaction():
        service.unlock(staff_id, current_actor())
    flash("已解除锁定，对方可以马上再试。", "good")
    return redirect(url_for("staff_people.show", staff_id=staff_id), 303)


@blueprint.post("/staff/<uuid:staff_id>/reset-factor")
@allow(ADMINISTRATOR, everywhere=True)
def reset_factor(staff_id: uuid.UUID) -> ResponseReturnValue:
    """重置身份验证器: they sign in by password and phone, and set up another."""
    must_be_fresh(RECENT)
    service.label(staff_id)
    with transaction():
        service.reset_factor(staff_id, current_actor())
    flash("身份验证器已重置。请确认是本人后，告诉对方重新登录并设置。", "good")
    return redirect(url_for("staff_people.show", staff_id=staff_id), 303)
