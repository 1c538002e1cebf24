"""What is an appeal asked, who may decide it, and what should the one who decides look at? Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core import identifiers, names
from core.roles import ADMINISTRATOR
from core.workflow import Move, Workflow

_ADMINISTRATOR = frozenset({ADMINISTRATOR})

WORKFLOW = Workflow(
    "appeal",
    {"pending": "待审核", "approved": "通过", "refused": "不通过"},
    (
        Move("approve", ("pending",), "approved", _ADMINISTRATOR, "通过", "appeal_approved"),
        Move("refuse", ("pending",), "refused", _ADMINISTRATOR, "不通过", "appeal_refused", True),
    ),
    final=frozenset({"approved", "refused"}),
)

# XM-15 … XM-18, word for word
OPTION = (
    "手机号变更 (或丢失) 无法找回密码 (需使用新手机号码进行短信认证, 申诉的问题描述中需填写正确的旧手机号码)"
)
WAITING = "等待后台管理员审核，审核信息会通过短信方式告知经办人"
GROUP_HINT = "请填写真实有效的身份信息"
LABELS = {
    "problem": "您需申诉的问题",
    "name": "真实姓名",
    "id_type": "证件类型",
    "id_number": "证件号码",
    "phone": "手机号码",
    "code": "手机验证码",
    "front": "证件正面照",
    "back": "证件背面照",
}
HINTS = {
    "name": "请填写有效证件上的真实姓名",
    "id_type": "请选择证件",
    "id_number": "请填写有效证件上的证件号码",
    "phone": "请输入11位数的有效手机号",
    "code": "请输入6位数的手机验证码",
}
PHOTO_RULES = (
    "1. 请上传本人证件照片, 确保照片清晰, 四角完整;",
    "2. 照片不超过5MB, 支持格式:jpg、png、bmp.",
)
PHOTO_LIMIT = "照片不超过5MB, 支持格式:jpg、png、bmp"
PHOTO_CURE = "请用手机相机重新拍一张，或在相册里另存为 jpg 后再传。"
PHOTO_BYTES = 5 << 20
SIDES = ("front", "back")

NO_PROBLEM = "请写明您需申诉的问题"
LONG_PROBLEM = "问题描述最多 500 字，现在是 {n} 字"
LONGEST_PROBLEM = 500
OLD_PHONE = "请在问题描述里写上以前登记的旧手机号码；不记得的，请写“不记得旧号码”"
NO_PHOTO = "请上传{label}"
SAME_PHOTO = "证件背面照和正面照是同一张，请重新选择"
OPEN_ALREADY = (
    "这个证件号码已有一份申诉正在审核，结果会发短信到提交时填写的手机号码。"
    "如果不是您本人提交的，请拨打服务电话。"
)
OWN = "不能审核自己的申诉，请交给另一位管理员。"
NOBODY = "没有找到这个证件号码的账号，不能通过。请写明原因，选择不通过。"
PHONE_TAKEN = "这个手机号码已登记在另一个账号上，不能通过。请先核实是不是同一个人。"
POWERS = "这个账号有{powers}权限。通过后对方可以重新设置密码和身份验证器，请先打电话到单位或当面核实是本人"
NOTE_NEEDED = "请填写不通过的原因"
TOO_OFTEN = "今天提交的次数太多，请{wait}后再试，或拨打服务电话。"

REFUSE_REASONS = (
    "姓名与证件照片不一致",
    "证件照片不清晰，四角不完整",
    "旧手机号码与登记的不一致",
    "打电话核实，不是本人申诉",
)

_ELEVEN = re.compile(r"(?<!\d)1\d{10}(?!\d)")
_FORGOTTEN = re.compile(r"不记得|忘记|忘了|记不清")


def phones_in(text: str) -> list[str]:
    """The mobile numbers somebody wrote in a text, with spaces and hyphens inside them ignored."""
    return _ELEVEN.findall(re.sub(r"(?<=\d)[\s\-]+(?=\d)", "", text))


def problems(typed: Mapping[str, str], today: date) -> dict[str, str]:
    """Field → words for what is wrong with what was typed. The old phone is only asked for, never compared:
    the answer must not say what is on file."""
    found: dict[str, str] = {}
    if wrong := _problem(typed["problem"]):
        found["problem"] = wrong
    if wrong := names.problem(typed["name"]) or "":
        found["name"] = wrong if typed["name"].strip() else HINTS["name"]
    if wrong := identifiers.problem(typed["id_type"], typed["id_number"], today) or "":
        found["id_number" if typed["id_type"] in identifiers.ID_TYPES else "id_type"] = wrong
    if wrong := identifiers.mobile_problem(typed["phone"]) or "":
        found["phone"] = wrong
    if not typed["code"]:
        found["code"] = HINTS["code"]
    return found


def _problem(text: str) -> str:
    if not text.strip():
        return NO_PROBLEM
    if len(text) > LONGEST_PROBLEM:
        return LONG_PROBLEM.format(n=len(text))
    return "" if phones_in(text) or _FORGOTTEN.search(text) else OLD_PHONE


@dataclass(frozen=True)
class Facts:
    """What is known beside an appeal when it is looked at."""

    has_account: bool
    is_active: bool = True
    same_name: bool = True
    said_old_phone: bool = True
    earlier: int = 0
    same_phone_elsewhere: bool = False
    phone_appeals: int = 0
    powers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One line of 系统核对: ok, look or bad."""

    level: str
    text: str


def checks(facts: Facts) -> list[Check]:
    """What to look at before deciding, the worst first."""
    if not facts.has_account:
        found = [Check("bad", "没有找到这个证件号码的账号")]
    else:
        found = [
            Check("ok", "证件号码有账号"),
            Check("ok", "姓名一致") if facts.same_name else Check("bad", "姓名与登记的不一致"),
            Check("ok", "问题描述里写对了旧手机号码")
            if facts.said_old_phone
            else Check("look", "问题描述里没有写对登记的旧手机号码，请打电话核实"),
        ]
        if not facts.is_active:
            found.append(Check("bad", "这个账号已经停用，通过后仍不能登录"))
    if facts.powers:
        found.append(Check("look", POWERS.format(powers="、".join(facts.powers))))
    if facts.earlier:
        found.append(Check("look", f"这个证件号码以前还申诉过 {facts.earlier} 次"))
    if facts.same_phone_elsewhere:
        found.append(Check("bad", "新手机号码已登记在另一个账号上"))
    if facts.phone_appeals:
        found.append(Check("look", f"新手机号码还用于另外 {facts.phone_appeals} 份申诉"))
    return sorted(found, key=lambda one: ("bad", "look", "ok").index(one.level))
