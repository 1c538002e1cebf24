"""What may happen to a claim, who may do it, and which words go with it? Tables only."""

from __future__ import annotations

from typing import NamedTuple

from core.roles import (
    FINANCE_CHECKER,
    FINANCE_MAKER,
    FIRST_REVIEWER,
    OPERATOR,
    OWNER,
    SECOND_REVIEWER,
    SYSTEM,
    VISITOR,
)
from core.terms import Term
from core.workflow import Move, Workflow

HOSPITAL, INJURY, DEATH = "hospital", "injury", "death"
# A claim that nobody files: made by rule when a payment lifts a sum over a threshold (XM-116).
AUTOMATIC = "automatic"
AUTOMATIC_WORDS, UNASKED = "免申即享补助（无需申请）", "无需申请"

LABELS = {
    "draft": "草稿",
    "union_review": "待基层审核",
    "first_review": "待初核",
    "second_review": "待复核",
    "approved": "待打款",
    "paying": "打款中",
    "paid": "办结",
    "returned": "已驳回",
    "refused": "不予补助",
    "withdrawn": "已撤回",
    "pay_failed": "打款失败",
}
# What the owner reads behind a state that waits for them, wherever it stands: the word alone sounds final.
OWNER_TODO = {"returned": "请修改后重新提交", "pay_failed": "请修改收款账户"}
REVIEWS = ("union_review", "first_review", "second_review")
# Who decides at which level, and by which action.
LEVEL_ROLES = {"union_review": OPERATOR, "first_review": FIRST_REVIEWER, "second_review": SECOND_REVIEWER}
PASSES = {"union_review": "pass_union", "first_review": "pass_first", "second_review": "approve"}
RETURNS = {"union_review": "return_union", "first_review": "return_first", "second_review": "return_second"}
REFUSES = {"first_review": "refuse_first", "second_review": "refuse_second"}
# A decision can be taken back by whoever took it, for so long; its messages wait until then.
UNDO_SECONDS = 30
EDITABLE = ("draft", "returned")
PAYEE_EDITABLE = ("pay_failed",)
FINAL = frozenset({"paid", "withdrawn"})

_UNDO = "undo_"
_OWNER = frozenset({OWNER})
_FINANCE = frozenset({FINANCE_MAKER, FINANCE_CHECKER, SYSTEM})
_FIRST = frozenset({FIRST_REVIEWER})
_SECOND = frozenset({SECOND_REVIEWER})
_UNION = frozenset({OPERATOR})


def _moves() -> tuple[Move, ...]:
    rows: list[Move] = []
    # Both enter at the first level of the profile; the service picks the row.
    for level in ("union_review", "first_review"):
        rows += [
            Move(f"submit_to_{level}", ("draft",), level, _OWNER, "提交申请", "claim_submitted"),
            Move(f"resubmit_to_{level}", ("returned",), level, _OWNER, "重新提交审核", "claim_resubmitted"),
        ]
    rows += [
        Move("withdraw", REVIEWS, "withdrawn", _OWNER, "撤回", "claim_withdrawn"),
        Move("pass_union", ("union_review",), "first_review", _UNION, "同意"),
        Move("return_union", ("union_review",), "returned", _UNION, "退回到提单", "claim_returned", True),
        Move("pass_first", ("first_review",), "second_review", _FIRST, "同意"),
        Move("return_first", ("first_review",), "returned", _FIRST, "退回到提单", "claim_returned", True),
        Move("refuse_first", ("first_review",), "refused", _FIRST, "不予补助", "claim_refused", True),
        Move("approve", ("second_review",), "approved", _SECOND, "同意", "claim_approved"),
        Move("return_second", ("second_review",), "returned", _SECOND, "退回到提单", "claim_returned", True),
        Move("refuse_second", ("second_review",), "refused", _SECOND, "不予补助", "claim_refused", True),
        Move("appeal", ("refused",), "second_review", _OWNER, "申请复议", "claim_submitted", True),
        Move("grant", ("draft",), "approved", frozenset({SYSTEM}), UNASKED, "automatic_granted"),
        Move("start_paying", ("approved",), "paying", _FINANCE, "生成打款批次"),
        Move("stop_paying", ("paying",), "approved", _FINANCE, "撤出批次"),
        Move("bounce", ("paying",), "pay_failed", _FINANCE, "打款失败", "payment_failed", True),
        Move("pay", ("paying",), "paid", _FINANCE, "打款成功", "claim_paid"),
        Move("stop", (*REVIEWS, "returned"), "withdrawn", _OWNER, "撤回同意，停止办理"),
        Move("waive", ("approved", "pay_failed"), "withdrawn", _OWNER, "撤回同意，放弃补助"),
        Move("fix_payee", ("pay_failed",), "approved", _OWNER | {VISITOR}, "提交给财务", "payee_fixed"),
    ]
    decisions = {*PASSES.values(), *RETURNS.values(), *REFUSES.values()}
    rows += [
        Move(undo_of(row.action), (row.target,), row.sources[0], row.who, "撤销")
        for row in rows
        if row.action in decisions
    ]
    return tuple(rows)


def undo_of(action: str) -> str:
    """The move that takes a decision back."""
    return f"{_UNDO}{action}"


def undone_by(action: str) -> str:
    """The decision that a move takes back; empty for every other move."""
    return action.removeprefix(_UNDO) if action.startswith(_UNDO) else ""


class Heard(NamedTuple):
    """Of an application that the union filed: what the insured person reads, whoever filed it for them
    (XM-94), and after a death the family, by SMS alone."""

    insured: str
    filer: str
    family: str


ON_BEHALF = {
    "claim_submitted": Heard("helped_submitted", "filed_submitted", "family_submitted"),
    "claim_resubmitted": Heard("helped_submitted", "filed_resubmitted", "family_submitted"),
    "claim_returned": Heard("helped_returned", "filed_returned", "family_helped"),
    "claim_refused": Heard("helped_refused", "filed_refused", "family_refused"),
    "claim_approved": Heard("helped_approved", "filed_approved", "family_approved"),
    "payment_failed": Heard("helped_payment_failed", "filed_payment_failed", "family_helped"),
    "payee_fixed": Heard("helped_payee_fixed", "filed_payee_fixed", "family_helped"),
    "claim_paid": Heard("helped_paid", "filed_paid", "family_paid"),
    "automatic_granted": Heard("automatic_granted", "filed_approved", "family_approved"),
    "claim_withdrawn": Heard("helped_withdrawn", "filed_withdrawn", "family_withdrawn"),
}
# The number, to find it again; else nobody is told what they did themselves.
ALSO_ONES_OWN = ("claim_submitted",)


WORKFLOW = Workflow("claim", LABELS, _moves(), final=FINAL)


# What withdrawing one's consent does to an application, by its state (PIPL art. 15 and 47): what nobody
# decided stops and its content goes; money at the bank cannot be called back; what was decided the law
# wants kept.
ON_WITHDRAWAL = {
    "draft": "delete",
    "union_review": "stop",
    "first_review": "stop",
    "second_review": "stop",
    "returned": "stop",
    "approved": "waive",
    "pay_failed": "waive",
    "paying": "finish",
    "paid": "keep",
    "refused": "keep",
    "withdrawn": "erase",
}
WITHDRAWAL_WORDS = {
    "delete": "草稿和照片会删除",
    "stop": "停止审核，填写的内容和照片会删除，只留申报号",
    "waive": "不再打款，这笔补助视为放弃，填写的内容和照片会删除",
    "finish": "银行正在打款，不能停止；打款结束后按规定保存",
    "keep": "已经办完，按规定保存到期后删除",
    "erase": "填写的内容和照片会删除，只留申报号",
}


# How long what is kept of a claim, from its end on: paid, refused or taken back (`service.expiring` does it).
KEEP = {"photos": Term(months=6), "contents": Term(years=3), "card": Term(days=90)}
OVER = ("paid", "refused", "withdrawn")


class Refusal(NamedTuple):
    """A reason for 不予补助; `words` is what the person reads."""

    code: str
    words: str


# How the same reasons read when there was no stay.
_WITHOUT_STAY = {
    "not_covered": "发生时不在保障期内",
    "already_paid": "同一件事已经领取过补助",
}
_ONLY_STAYS = ("not_settled",)

REFUSALS = (
    Refusal("not_covered", "住院时不在保障期内"),
    Refusal("not_settled", "费用没有经过基本医疗保险结算"),
    Refusal("excluded", "属于保障计划写明的不予补助的情形"),
    Refusal("already_paid", "这次住院已经领取过补助"),
    Refusal("too_late", "超过了申请期限"),
    Refusal("untrue", "提交的材料与事实不符"),
)


def refusals(kind: str) -> tuple[Refusal, ...]:
    """The reasons that fit a claim of this kind, in its words."""
    if kind == HOSPITAL:
        return REFUSALS
    return tuple(
        reason._replace(words=_WITHOUT_STAY.get(reason.code, reason.words))
        for reason in REFUSALS
        if reason.code not in _ONLY_STAYS
    )


# What a reviewer can point at when returning a claim: codes of the plan's materials, and groups of fields.
ITEMS = {
    "id_front": "身份证正面",
    "id_back": "身份证背面",
    "invoice": "住院医疗费用发票",
    "settlement": "基本医疗(生育)保险结算单",
    "discharge_record": "出院小结或出院记录",
    "injury_decision": "工伤认定书",
    "grade_decision": "伤残等级鉴定书",
    "death_certificate": "死亡证明或户口注销证明",
    "application_form": "申请审批表",
    "agent_id_front": "代办人身份证正面",
    "agent_id_back": "代办人身份证背面",
    "bank_card": "银行卡照片",
    "explanation": "情况说明",
    "payee_id_front": "收款人身份证正面",
    "payee_id_back": "收款人身份证背面",
    "payee_bank_card": "收款人银行卡",
    "hospital": "就诊医院",
    "stay": "入院和出院日期",
    "sums": "费用金额",
    "receipt_number": "票据代码和号码",
    "event": "日期、等级和原因",
    "payee": "收款账户",
}


class Place(NamedTuple):
    """A part of a photo in words, and as x, y, width, height in fractions of the upright picture."""

    words: str
    area: tuple[float, float, float, float]


def _ninth(column: int, row: int) -> tuple[float, float, float, float]:
    return (round(column / 3, 4), round(row / 3, 4), 0.3333, 0.3333)


# Where in a photo something is wrong, for those who cannot draw on it.
PLACES = {
    "all": Place("整张照片", (0.0, 0.0, 1.0, 1.0)),
    **{
        f"{column}{row}": Place(words, _ninth(column, row))
        for row, line in enumerate(
            (("左上", "上方", "右上"), ("左侧", "中间", "右侧"), ("左下", "下方", "右下"))
        )
        for column, words in enumerate(line)
    },
}

# What belongs to a group of fields: attributes of the claim.
PARTS = {
    "hospital": ("hospital", "diagnosis", "is_out_of_area"),
    "stay": ("admitted_on", "discharged_on"),
    "sums": ("total_fen", "pooled_fen", "self_paid_fen", "own_expense_fen", "bed_excess_fen", "is_settled"),
    "receipt_number": ("receipt", "receipt_check_code", "hospital_grade"),
    "event": ("event_on", "recognised_on", "injury_grade", "cause"),
    "payee": (
        "is_own_account", "payee_name", "payee_bank", "payee_branch", "payee_card", "payee_relation",
        "payee_id_number", "contact_phone", "why_other",
    ),
}  # fmt: skip
# Which of them a claim of a kind has.
PARTS_OF = {
    HOSPITAL: ("hospital", "stay", "sums", "receipt_number", "payee"),
    INJURY: ("event", "payee"),
    DEATH: ("event", "payee"),
}
PART_OF = {name: part for part, names in PARTS.items() for name in names}
# Kept with the page, but nothing a reviewer points at.
PART_OF |= {"as_typed": "as_typed", "id_expires_on": "id_until", "id_is_permanent": "id_until"}
CARD_PHOTOS = ("bank_card", "payee_bank_card")
# Kept from claim to claim by the same person, so that the same picture twice means nothing.
STANDING_PHOTOS = ("id_front", "id_back", *CARD_PHOTOS, "payee_id_front", "payee_id_back")
# Of whoever files for others: the same pictures in many people's applications mean nothing at all.
AGENT_PHOTOS = ("agent_id_front", "agent_id_back")
# Other people's certificates and cards, which are not shown to the insured person.
OTHERS_PHOTOS = (*AGENT_PHOTOS, "payee_id_front", "payee_id_back", "payee_bank_card")
DECIDED = ("approved", "paying", "paid", "pay_failed")
NOT_COUNTED = ("draft", "withdrawn", "refused")
ALREADY_SUBMITTED = "这份申请已经提交过了，不用再交。"
ONLY_FROM_UNION = "职工客户端只能申请住院医疗补助。工伤致残、职工亡故慰问金请由单位工会代为办理。"
GRADES = ("三级", "二级", "一级", "未定级")
CAUSES = ("疾病", "意外事故", "其他")
RELATIONS = ("配偶", "父母", "子女", "兄弟姐妹", "其他亲属", "其他")

# Common reasons a new deployment starts with (常用退回意见); staff edit the list in the product.
STARTING_REASONS = (
    ("发票照片不清楚，请在光线好的地方重拍", "invoice"),
    ("缺少出院小结或出院记录，请补传", "discharge_record"),
    ("结算单没有拍全，请拍到四个角", "settlement"),
    ("身份证照片四角不完整，请重拍", "id_front"),
    ("填写的金额与发票不一致，请核对后修改", "sums"),
    ("入院、出院日期与出院小结不一致，请核对后修改", "stay"),
    ("银行卡照片看不清卡号，请重拍", "bank_card"),
    ("收款户名与本人姓名不一致，请核对", "payee"),
)


class Bounce(NamedTuple):
    """Why a bank sent money back: `matches` are parts of its words, `words` is what the person reads."""

    code: str
    matches: tuple[str, ...]
    words: str


BOUNCES = (
    Bounce("name_differs", ("户名不符", "户名", "姓名不符"), "户名和卡号对不上，请填银行卡上的姓名"),
    Bounce("closed", ("销户", "注销", "账户不存在", "账号不存在"), "这张卡已经注销，请换一张"),
    Bounce(
        "limited",
        ("限额", "状态异常", "冻结", "二类", "II类"),
        "这张卡收不了这笔钱（可能是二类卡限额），请换一类卡",
    ),
    Bounce("unknown", (), "银行没有说明原因，请核对卡号或换一张卡"),
)


def bounce_for(bank_words: str) -> Bounce:
    """The plain reason for what a bank wrote; the last one when nothing matches."""
    return next((b for b in BOUNCES if any(m in bank_words for m in b.matches)), BOUNCES[-1])


_ABOUT_THEM = (("您在 ", "该职工在 "), ("您的保障期", "该职工的保障期"), ("与您另一次", "与该职工另一次"))


def said_of_other(text: str) -> str:
    """Words that speak to the insured person, as whoever files for them reads it."""
    for to_them, of_them in _ABOUT_THEM:
        text = text.replace(to_them, of_them)
    return text


def step_of(material_code: str, when: str) -> int:
    """Which of the three steps (GX-23) a paper is asked for in."""
    if when in ("own_account", "other_account"):
        return 3
    return 1 if material_code.endswith(("id_front", "id_back")) else 2


def look_at(kind: str) -> str:
    """What a photo of this kind shows of the person: cards, certificates or papers of the hospital."""
    if kind in CARD_PHOTOS:
        return "cards"
    return "certificates" if kind.endswith(("id_front", "id_back")) else "papers"


def submit_action(levels: tuple[str, ...], state: str) -> str:
    """The action that enters the profile's first level of review from `state`."""
    return f"{'resubmit' if state == 'returned' else 'submit'}_to_{levels[0]}"


def is_submission(action: str) -> bool:
    """Was the application handed in by this action, for the first time or again?"""
    return action.startswith(("submit_to_", "resubmit_to_"))


def kind_allowed_from_wechat(kind: str, allowed: tuple[str, ...]) -> bool:
    """GX-21: 职工客户端只能申请住院医疗补助; which kinds is the profile's."""
    return kind in allowed
