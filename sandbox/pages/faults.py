"""How do people break the outside world? A switchboard in plain words; one fault a service at a time."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.faults import Fault
from sandbox.oidc import TRICKS
from sandbox.pages.room import pages
from sandbox.state import PushOptions, world

SERVICES = (
    ("wechat_api", "微信接口", "发消息、换令牌、菜单"),
    ("wechat_open", "微信授权", "打开页面时认人"),
    ("tencent", "腾讯云短信", ""),
    ("aliyun", "阿里云短信", ""),
    ("sms", "沙箱短信", "开发时默认的短信通道"),
    ("identity", "身份核验", "姓名与证件号码是否相符"),
    ("oidc", "统一身份认证", "港澳台、外籍人员第一次登录"),
    ("mail", "邮件服务器", "重置密码的邮件"),
    ("bank", "银行接口", "程序送交批次（柜台页面不受影响）"),
)
KINDS = (
    ("slow", "变慢", "6 秒后才正常回答", 6.0),
    ("refuse", "拒绝", "不受理，回答 500", 0.0),
    ("hang", "超时", "不受理，拖 20 秒后断开", 20.0),
    ("lose", "丢回执", "已经受理，却回答 500", 0.0),
    ("rate_limit", "限流", "说请求太频繁", 30.0),
    ("garbage", "乱码", "回答读不懂的内容", 0.0),
)
PUSHES = (
    ("is_duplicating", "重复推送", "每条推送送两次"),
    ("is_reordering", "乱序推送", "两条一组，后到的先送"),
    ("is_finish_first", "结果先到", "发送结果比接口的回答先到"),
)


@pages.get("/faults")
def show_faults() -> str:
    here = world()
    active = {f["service"]: f for f in here.faults.shown()}
    return render_template(
        "pages/faults.html", services=SERVICES, kinds=KINDS, pushes=PUSHES, active=active, options=here.push,
        is_revoked="revoked" in request.args, tricks=TRICKS, trick=here.oidc_trick,
    )  # fmt: skip


@pages.post("/faults")
def turn_faults() -> Response:
    """One button, one switch: `fault`=service:kind, `push`=option, `revoke`, or `clear`."""
    given, here = request.form, world()
    if "clear" in given:
        here.faults.clear()
        here.push = PushOptions()
        here.oidc_trick = ""
    elif "revoke" in given:
        with here.lock:
            here.tokens.revoke_all()
        return redirect(url_for("pages.show_faults", revoked=1), 303)
    elif given.get("trick", "-") in [name for name, _, _ in TRICKS]:
        here.oidc_trick = given["trick"]
    elif "push" in given:
        _flip_push(given["push"])
    else:
        _flip_fault(*given.get("fault", "").partition(":")[::2])
    return redirect(url_for("pages.show_faults"), 303)


def _flip_push(name: str) -> None:
    if name not in [option for option, _, _ in PUSHES]:
        abort(400)
    options = world().push
    setattr(options, name, not getattr(options, name))


def _flip_fault(service: str, kind: str) -> None:
    seconds = next((s for k, _, _, s in KINDS if k == kind), None)
    if seconds is None or service not in [name for name, _, _ in SERVICES]:
        abort(400)
    faults = world().faults
    was_on = any(f["service"] == service and f["kind"] == kind for f in faults.shown())
    faults.clear(service)
    if not was_on:
        faults.set(Fault(service, kind, seconds=seconds))
