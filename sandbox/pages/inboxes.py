"""What arrived by SMS and by mail? One inbox per phone, with the whole text and what became of it."""

from __future__ import annotations

from collections import Counter

from flask import render_template, request

from sandbox.pages.room import pages
from sandbox.pages.words import sms_text
from sandbox.state import world

SHOWN = 100
PROVIDERS = {"tencent": "腾讯云短信", "aliyun": "阿里云短信", "sandbox": "沙箱短信"}
STATUSES = {"pending": "发送中", "delivered": "已送达", "failed": "未送达"}


@pages.get("/sms")
def sms() -> str:
    here, wanted = world(), request.args.get("phone", "")
    with here.lock:
        counts = Counter(s.phone for s in here.sms)
        rows = [s for s in reversed(here.sms) if wanted in ("", s.phone)][:SHOWN]
        owners = {p.phone: p.name for p in here.people.values() if p.phone}
        keys = {p.phone: p.key for p in here.people.values() if p.phone}
    return render_template(
        "pages/sms.html",
        rows=rows,
        wanted=wanted,
        counts=counts,
        owners=owners,
        keys=keys,
        providers=PROVIDERS,
        statuses=STATUSES,
        sms_text=sms_text,
    )


@pages.get("/mail")
def mail() -> str:
    here = world()
    with here.lock:
        rows = list(reversed(here.mail))[:SHOWN]
    return render_template("pages/mail.html", rows=rows)
