"""谁看过我的资料: which page does the person read it on?"""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from employee import service
from employee.views.door import blueprint, my_id


@blueprint.get("/me/looks")
@allow("employee")
def looks() -> ResponseReturnValue:
    lines, following = service.looks_of(my_id(), request.args.get("after", "")[:80])
    return render_template(
        "employee/looks.html",
        lines=lines,
        next_url=url_for(".looks", after=following) if following else "",
        is_first=not request.args.get("after"),
    )
