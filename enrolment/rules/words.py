"""Which words do the pages of an enrolment say, and why may it not be handed in? Pure."""

from __future__ import annotations

from collections.abc import Sequence

# XM-54, in the manual's sense; the union's name stands between the two.
HINT_NAME = "请确认是否以【{union}】进行参保申请。"
NEEDED = {"chair_name": "工会主席", "contact_name": "工会联系人", "contact_phone": "联系人手机"}
MISSING = "{names}还没有填，请到“基层工会管理”补充后点“更新”，也可以在“申请信息”里直接补充"
REQUIRED = "必填"
NO_NATURE = "单位性质还没有填，请选择"
NO_HEADCOUNT = "单位从业人数还没有填，请填写"
NO_ACCOUNT = "请添加缴费账号"
NO_PEOPLE = "还没有选择参保职工，请点“增加参保职工”"
EMPTY_ROSTER = "名册里没有未参保的职工，请先到职工名册中添加职工"
NO_PAPER = "请上传{label}"
TOO_MANY_PEOPLE = "参加人数（{joining}）大于单位从业人数（{headcount}），请核对"
UNFIT = "{n} 人已经不在本单位名册，请移出后再提交：{names}"
TAKEN = "{n} 人本期已参保，不能重复参保：{names}"
NOT_DRAFT = "这份参保申请已经提交，现在不能修改。需要修改请联系审核人员退回。"
NOTHING_CHOSEN = "请先勾选职工"
OPEN_ALREADY = "{union}在{plan}已经有一份没办完的参保申请（{number}），请继续办理那一份"
DONE_ALREADY = "{union}在{plan}已经参保。新入职的职工请用“补充参保”办理"
NO_PLAN = "请选择保障计划"
NO_UNION = "请选择参保工会"
PLAN_CHANGED = "“{plan}”的内容在使用以后被改动，暂时不能参保。请联系管理员：改动过的保障计划要用新的版本号"
PLAN_NEWER = "“{plan}”有了新的版本，请点“更新”后核对，再提交"
ALREADY_MINE = "您已经是这份申请的经办人"
MOST_NAMED = 5

OWN_FILING = "这份参保申请是您提交的，不能由您审核，请交给其他人员"
DID_FIRST = "您做过本件的{first}，不能再做{second}，请交给其他人员"
NO_REASON = "请填写退回原因，经办人要看到"
ANSWER_BAD = "还有 {n} 项“不符”没有处理，请在意见里说明"

# What a reviewer often writes.
RETURN_REASONS = (
    "参保申请单没有工会主席签字或没有加盖工会公章，请补齐后重新上传",
    "上传的材料不清楚，请重新拍照或扫描上传",
    "单位从业人数与实际不符，请核对后修改",
    "参保人员与名单不一致，请核对",
    "缴费账号有误，请核对账户名称和卡号",
)


def missing_of(values: dict[str, str]) -> list[str]:
    """The fields of the union's record that must be filled and are not (XM-58)."""
    return [field for field in NEEDED if not values.get(field, "").strip()]


def some_names(masked: Sequence[str], total: int) -> str:
    """`张*、李*三` and `等` when there are more."""
    return "、".join(masked[:MOST_NAMED]) + ("等" if total > MOST_NAMED else "")


def share(joining: int, headcount: int) -> str:
    """参保比例, derived: `83.33%`; empty when nobody works there."""
    if headcount <= 0:
        return ""
    return f"{joining * 100 / headcount:.2f}".rstrip("0").rstrip(".") + "%"


def lacking(needed: int, shown: str, joining: int) -> str:
    """`还差 3 人达到 80%`; what is reached is said as well."""
    return f"还差 {needed - joining} 人达到 {shown}" if joining < needed else f"已达到 {shown}"
