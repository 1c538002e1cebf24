"""What do we tell people, in which words? Every message there is, with its words for each channel.

To reword a message, change it here and nowhere else. `{name}` stands for a value the sender gives; the
ones that are always there: {number} (of the claim or request), {when} (now, to the minute), {account} (the
official account), {operator}, {sent_back} (驳回 or 退回, as the profile says), {link}
(of the SMS: one constant address for each kind, because carriers refuse personal ones).

An SMS is read by anybody who sees the screen: no diagnosis, number, card or sum, nothing but "has news". It
has no {values} except a code, since new accounts at the SMS clouds may not use any. The words there are a
template that the cloud has approved: after a change, hand in the new words and write the id it gets into
config/sms_templates.toml. The inbox may hold reasons and sums. WeChat's fields: `thing` 20 characters,
`phrase` 5 Chinese ones; which template of the account they fill stands in the scheme profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from string import Formatter

ALWAYS = frozenset({"number", "when", "account", "operator", "sent_back"})
IN_SMS = frozenset({"account", "operator", "link", "code", "minutes"})


@dataclass(frozen=True)
class WeChat:
    """A WeChat message: `template` is a key of the profile's [wechat_templates], `fields` its values."""

    template: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Notice:
    """A message that goes to the inbox, and by SMS and WeChat where the person can be reached.

    `label` is what staff read in 通知记录; `link` opens what it is about ({number}); `sms_link` is where the
    SMS leads. `is_legal`: also sent by SMS to people who switched SMS off. `is_quiet`: the inbox alone.
    """

    label: str
    title: str
    text: str
    link: str
    sms: str
    sms_link: str
    wechat: WeChat
    is_legal: bool = False
    is_quiet: bool = False


@dataclass(frozen=True)
class Nudge:
    """A message by WeChat alone: what it says is old by tomorrow, so that it stands in no inbox."""

    label: str
    link: str
    wechat: WeChat


@dataclass(frozen=True)
class Text:
    """An SMS to a phone, whoever it belongs to: an answer to somebody who has no inbox here."""

    label: str
    sms: str
    sms_link: str


@dataclass(frozen=True)
class Mail:
    """A mail; `lasts` minutes after which it is no longer worth sending. Only its reader sees {link}."""

    label: str
    subject: str
    text: str
    lasts: int


@dataclass(frozen=True)
class Code:
    """A verification code: SMS only, in a lane of its own, never sent again by itself."""

    label: str
    sms: str


def _claim(state: str, note: str) -> WeChat:
    return WeChat("claim_update", {"number": "{number}", "state": state, "time": "{when}", "note": note})


def _account(what: str, note: str) -> WeChat:
    return WeChat("account_update", {"what": what, "time": "{when}", "note": note})


CLAIM = "/h5/claims/{number}"
CLAIMS_BY_SMS = "/s/claims"
COVERAGE_BY_SMS = "/s/coverage"
FILED = "/admin/claims/filings/{number}"
STAFF_BY_SMS = "/admin/login"
CHANGE = "/h5/changes/{number}"
CHANGES_BY_SMS = "/s/changes"
ENROLMENT = "/admin/enrolments/{number}"
ENROLMENTS_BY_SMS = "/s/enrolments"

MESSAGES: dict[str, Notice | Text | Code] = {
    "claim_submitted": Notice(
        label="申请已提交",
        title="补助申请已提交",
        text="您的补助申请（申报号 {number}）已提交，请等待审核。有结果会用短信和站内信通知您。",
        link=CLAIM,
        sms="您的申请已提交，请等待审核。查看进度请在微信打开公众号“{account}”，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核中", "已提交，请等待审核"),
    ),
    "claim_resubmitted": Notice(
        label="申请已重新提交",
        title="补助申请已重新提交",
        text="您的补助申请（申报号 {number}）已重新提交，请等待审核。有结果会用短信和站内信通知您。",
        link=CLAIM,
        sms="您的申请已重新提交，请等待审核。查看进度请在微信打开公众号“{account}”，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核中", "已重新提交，请等待审核"),
    ),
    "claim_returned": Notice(  # GX-25
        label="申请被退回",
        title="补助申请被{sent_back}，请修改后重新提交",
        text="您的补助申请（申报号 {number}）被{sent_back}，需要修改。\n"
        "{sent_back}原因：{reason}\n请打开申请，改好后重新提交，申报号不变。",
        link=CLAIM,
        sms="您的申请有更新，需要您修改后重新提交。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("被{sent_back}", "请打开查看原因并修改"),
    ),
    "claim_refused": Notice(
        label="不予补助",
        title="补助申请审核结果",
        text="您的补助申请（申报号 {number}）经审核不予补助。\n"
        "原因：{reason}\n如有不同意见，可以在申请里提出一次复议。",
        link=CLAIM,
        sms="您的申请有更新，审核已有结果。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核完成", "审核已有结果，请打开查看"),
    ),
    "claim_approved": Notice(
        label="审核通过",
        title="补助申请审核通过",
        text="您的补助申请（申报号 {number}）已审核通过，核定金额 {amount} 元，正在等待打款。",
        link=CLAIM,
        sms="您的申请有更新，审核已通过。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核通过", "审核已通过，等待打款"),
    ),
    "payment_failed": Notice(  # GX-28
        label="打款失败",
        title="钱没有打进您的账户",
        text="您的补助申请（申报号 {number}）打款失败。\n银行退回原因：{reason}\n"
        "补助金额 {amount} 元还在，改正收款账户后会重新打款，不用重新申请。",
        link=CLAIM,
        sms="您的申请有更新，需要您核对收款账户。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("打款失败", "请打开核对收款账户"),
    ),
    "payee_fixed": Notice(
        label="收款账户已改正",
        title="收款账户已改正",
        text="您的补助申请（申报号 {number}）的收款账户已交给财务，会重新打款。"
        "如果不是您本人修改的，请马上联系本单位工会。",
        link=CLAIM,
        sms="您的申请有更新，收款账户已修改。如果不是您本人操作，请马上联系本单位工会。查看请点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("待打款", "收款账户已改正，等待打款"),
        is_legal=True,
    ),
    "claim_paid": Notice(  # GX-31
        label="打款成功",
        title="补助金已打款",
        text="您的补助申请（申报号 {number}）已打款 {amount} 元，请查收。"
        "到账时间以银行为准，可打开查看补助详情。",
        link=CLAIM,
        sms="您的申请有更新，已经办结。请在微信打开公众号“{account}”查看详情，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("办结", "已办结，请打开查看详情"),
    ),
    "automatic_granted": Notice(  # XM-116
        label="免申即享补助",
        title="无需申请，您有一笔补助",
        text="您本期住院的自付费用累计达到“{benefits}”的条件，无需申请，"
        "已为您核定 {amount} 元（申报号 {number}），"
        "会打到上次收款的账户，正在等待打款。打开可以查看怎么算的。",
        link=CLAIM,
        sms="您有一笔补助，无需申请，正在等待打款。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("无需申请", "符合条件无需申请，等待打款"),
    ),
    "claim_withdrawn": Notice(
        label="申请已撤回",
        title="补助申请已撤回",
        text="您的补助申请（申报号 {number}）已撤回，不再审核。需要时可以重新申请。",
        link=CLAIM,
        sms="您的申请已撤回。查看请在微信打开公众号“{account}”，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("已撤回", "已撤回，不再审核"),
    ),
    # What becomes of an application goes to whoever filed it for the person too (XM-94).
    "filed_submitted": Notice(  # they did it themselves: the number, to find it again
        label="代办的申请已提交",
        title="您代办的补助申请已提交",
        text="您代办的补助申请（申报号 {number}）已提交，正在等待审核。",
        link=FILED,
        sms="您代办的申请已提交。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("审核中", "代办的申请已提交"),
        is_quiet=True,
    ),
    "filed_resubmitted": Notice(
        label="代办的申请已重新提交",
        title="您代办的补助申请已重新提交",
        text="您代办的补助申请（申报号 {number}）已由职工本人修改后重新提交，正在等待审核。",
        link=FILED,
        sms="您代办的申请有更新，已重新提交。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("审核中", "代办的申请已重新提交"),
    ),
    "filed_returned": Notice(
        label="代办的申请被退回",
        title="您代办的补助申请被{sent_back}",
        text="您代办的补助申请（申报号 {number}）被{sent_back}，需要修改。\n"
        "{sent_back}原因：{reason}\n请打开申请，改好后重新提交，申报号不变。职工本人也收到了通知。",
        link=FILED,
        sms="您代办的申请有更新，需要修改后重新提交。原因请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("被{sent_back}", "代办的申请请修改后重新提交"),
    ),
    "filed_refused": Notice(
        label="代办的申请不予补助",
        title="您代办的补助申请审核结果",
        text="您代办的补助申请（申报号 {number}）经审核不予补助。\n"
        "原因：{reason}\n如有不同意见，可以提出一次复议。",
        link=FILED,
        sms="您代办的申请有更新，审核已有结果。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("审核完成", "代办的申请已有结果，请查看"),
    ),
    "filed_approved": Notice(
        label="代办的申请审核通过",
        title="您代办的补助申请审核通过",
        text="您代办的补助申请（申报号 {number}）已审核通过，核定金额 {amount} 元，正在等待打款。",
        link=FILED,
        sms="您代办的申请有更新，审核已通过。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("审核通过", "代办的申请已通过，等待打款"),
    ),
    "filed_payment_failed": Notice(
        label="代办的申请打款失败",
        title="您代办的补助申请打款失败",
        text="您代办的补助申请（申报号 {number}）打款失败。\n银行退回原因：{reason}\n"
        "补助金额 {amount} 元还在，改正收款账户后会重新打款，不用重新申请。",
        link=FILED,
        sms="您代办的申请有更新，需要核对收款账户。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("打款失败", "代办的申请请核对收款账户"),
    ),
    "filed_payee_fixed": Notice(
        label="代办的申请账户已改正",
        title="您代办的补助申请收款账户已改正",
        text="您代办的补助申请（申报号 {number}）的收款账户已改正，交给财务重新打款。",
        link=FILED,
        sms="您代办的申请有更新，收款账户已修改。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("待打款", "代办的申请账户已改正"),
    ),
    "filed_paid": Notice(
        label="代办的申请打款成功",
        title="您代办的补助申请已打款",
        text="您代办的补助申请（申报号 {number}）已打款 {amount} 元，到账时间以银行为准。",
        link=FILED,
        sms="您代办的申请有更新，已经办结。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("办结", "代办的申请已办结，请查看"),
    ),
    "filed_withdrawn": Notice(
        label="代办的申请已撤回",
        title="您代办的补助申请已撤回",
        text="您代办的补助申请（申报号 {number}）已因职工本人撤回同意停止办理。",
        link=FILED,
        sms="您代办的申请有更新，本人已撤回同意，停止办理。请登录工会系统查看。",
        sms_link=STAFF_BY_SMS,
        wechat=_claim("已撤回", "职工本人撤回同意，停止办理"),
    ),
    "change_submitted": Notice(  # also to the phone on file: somebody else may have asked (M7)
        label="变更申请已提交",
        title="个人信息变更申请已提交",
        text="您的个人信息变更申请（申请单号 {number}）已提交，请等待审核通知。"
        "如果不是您本人操作，请马上联系本单位工会。",
        link=CHANGE,
        sms="您的个人信息变更申请已提交，请等待审核。如果不是您本人操作，请马上联系本单位工会。查看请点 "
        "{link}",
        sms_link=CHANGES_BY_SMS,
        wechat=_claim("审核中", "信息变更已提交，请等待审核"),
        is_legal=True,
    ),
    "change_returned": Notice(  # GX-47
        label="变更申请被退回",
        title="个人信息变更被{sent_back}，请修改后重新提交",
        text="您的个人信息变更申请（申请单号 {number}）被{sent_back}，需要修改。\n"
        "{sent_back}原因：{reason}\n请打开申请，改好后重新提交，申请单号不变；也可以删除这条申请。",
        link=CHANGE,
        sms="您的个人信息变更申请有更新，需要您修改后重新提交。请在微信打开公众号“{account}”查看，"
        "或点 {link}",
        sms_link=CHANGES_BY_SMS,
        wechat=_claim("被{sent_back}", "请打开查看原因并修改"),
    ),
    "change_done": Notice(  # GX-45
        label="变更申请办结",
        title="个人信息变更已办结",
        text="您的个人信息变更申请（申请单号 {number}）已审核办结，登记信息已经更新。"
        "如果不是您本人操作，请马上联系本单位工会。",
        link=CHANGE,
        sms="您的个人信息变更申请已经办结。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CHANGES_BY_SMS,
        wechat=_claim("办结", "信息变更已办结，请打开查看"),
    ),
    "phone_changed": Notice(  # goes to the phone that was on file before (M7)
        label="登记手机号码已变更",
        title="登记的手机号码已变更",
        text="您登记的手机号码已于 {when} 变更（申请单号 {number}）。"
        "如果不是您本人操作，请马上联系本单位工会。",
        link=CHANGE,
        sms="您登记的手机号码已变更，以后的通知会发到新号码。如果不是您本人操作，请马上联系本单位工会。",
        sms_link=CHANGES_BY_SMS,
        wechat=_account("手机号码已变更", "不是您本人操作请联系工会"),
        is_legal=True,
    ),
    "bound": Notice(
        label="绑定成功",
        title="微信绑定成功",
        text="您的微信已于 {when} 绑定职工账号。如果不是您本人操作，请马上联系本单位工会。",
        link="/h5/me",
        sms="您的账号已绑定微信公众号“{account}”。如果不是您本人操作，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("微信绑定成功", "不是您本人操作请联系工会"),
        is_legal=True,
    ),
    "binding_moved": Notice(  # goes to the WeChat and phone it was bound to before (W8)
        label="绑定已变更",
        title="微信绑定已变更",
        text="您的职工账号已于 {when} 改绑到另一个微信。如果不是您本人操作，请马上联系本单位工会。",
        link="/h5/me",
        sms="您的账号已改绑到另一个微信。如果不是您本人操作，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("微信绑定已变更", "不是您本人操作请联系工会"),
        is_legal=True,
    ),
    "rebind_asked": Notice(  # to the WeChat and phone on file: perhaps it is somebody else who asks
        label="有人申请找回绑定",
        title="有人申请更换您的手机号码",
        text="{when} 有人用您的证件信息申请更换登记的手机号码并重新绑定微信，单位工会正在审核。"
        "如果不是您本人申请，请马上联系本单位工会。",
        link="/h5/me",
        sms="有人申请更换您账号登记的手机号码。如果不是您本人申请，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("有人申请更换手机号码", "不是您本人申请请联系工会"),
        is_legal=True,
    ),
    "phone_replaced": Notice(  # to the WeChat and phone that were on file before
        label="登记手机已更换",
        title="登记的手机号码已更换",
        text="经单位工会审核，您账号登记的手机号码已于 {when} 更换，原来的微信绑定已解除。"
        "如果不是您本人申请，请马上联系本单位工会。",
        link="/h5/me",
        sms="您账号登记的手机号码已更换，原来的微信绑定已解除。如果不是您本人申请，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("手机号码已更换，绑定解除", "不是您本人申请请联系工会"),
        is_legal=True,
    ),
    "rebind_approved": Notice(  # to the new phone and the WeChat that asked
        label="找回绑定通过",
        title="找回绑定申请已通过",
        text="您的找回绑定申请已通过。请在公众号“{account}”点“我的”，用新手机号码绑定。",
        link="/h5/bind",
        sms="您的找回绑定申请已通过。请在微信打开公众号“{account}”，点“我的”，用这个手机号码绑定。",
        sms_link="/s/bind",
        wechat=_account("找回绑定申请已通过", "请用新手机号码绑定"),
        is_legal=True,
    ),
    "rebind_refused": Notice(
        label="找回绑定不通过",
        title="找回绑定申请没有通过",
        text="您的找回绑定申请没有通过。原因请在公众号“{account}”的“找回绑定”里查看，或联系本单位工会。",
        link="/h5/bind/help",
        sms="您的找回绑定申请没有通过。原因请在微信打开公众号“{account}”，在“找回绑定”里查看，或联系本单位工会。",
        sms_link="/s/bind",
        wechat=_account("找回绑定申请没有通过", "请打开查看原因"),
        is_legal=True,
    ),
    "transfer_approved": Notice(  # to whoever asked (XM-25)
        label="会籍变更通过",
        title="会籍变更已通过",
        text="您提出的会籍变更已于 {when} 审核通过。",
        link="/admin/transfers/{id}",
        sms="您提出的会籍变更已审核通过，请登录工会系统查看。",
        sms_link="/admin/login",
        wechat=_account("会籍变更已通过", "请登录工会系统查看"),
    ),
    "transfer_refused": Notice(
        label="会籍变更不通过",
        title="会籍变更没有通过",
        text="您提出的会籍变更没有通过，请打开查看原因。",
        link="/admin/transfers/{id}",
        sms="您提出的会籍变更没有通过，原因请登录工会系统查看。",
        sms_link="/admin/login",
        wechat=_account("会籍变更没有通过", "请登录工会系统查看原因"),
    ),
    "union_changed": Notice(  # to the employee whose union it is now
        label="所在工会已变更",
        title="您的所在工会已变更",
        text="您的会籍已于 {when} 转到“{union}”。参保和补助记录不变。如有疑问，请联系本单位工会。",
        link="/h5/me",
        sms="您的所在工会已变更，参保和补助记录不变。如有疑问，请联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("所在工会已变更", "参保和补助记录不变"),
    ),
    "roster_changed": Notice(  # to the address that was on file before the union changed it
        label="名册资料已更正",
        title="您的登记资料已更正",
        text="本单位工会已于 {when} 更正您在职工名册里登记的资料。"
        "请在“我的”里核对；如有疑问，请马上联系本单位工会。",
        link="/h5/me",
        sms="本单位工会已更正您登记的资料。请在微信打开公众号“{account}”核对；如有疑问，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("登记资料已更正", "如有疑问请联系本单位工会"),
        is_legal=True,
    ),
    "enrolment_submitted": Notice(  # to the operator in charge (经办人)
        label="参保申请已提交",
        title="工会参保申请已提交",
        text="“{union}”{plan}的参保申请（申报编号 {number}）已提交，共 {people} 人，请等待审核。"
        "有结果会用短信和站内信通知您。",
        link=ENROLMENT,
        sms="您经办的参保申请已提交，请等待审核。查看进度请登录工会系统，或点 {link}",
        sms_link=ENROLMENTS_BY_SMS,
        wechat=_claim("审核中", "参保申请已提交，请等待审核"),
    ),
    "enrolment_returned": Notice(
        label="参保申请被退回",
        title="工会参保申请被退回",
        text="“{union}”{plan}的参保申请（申报编号 {number}）被退回，需要修改。\n退回原因：{reason}\n"
        "请打开申请，改好后重新提交，申报编号不变。",
        link=ENROLMENT,
        sms="您经办的参保申请有更新，需要您修改后重新提交。请登录工会系统查看，或点 {link}",
        sms_link=ENROLMENTS_BY_SMS,
        wechat=_claim("被退回", "参保申请需要修改，请查看原因"),
    ),
    "enrolment_due": Notice(  # XM-69 缴费通知
        label="缴费通知",
        title="工会参保缴费通知",
        text="“{union}”{plan}的参保申请（申报编号 {number}）已审核通过，请缴费。\n"
        "参保人数：{people} 人\n应缴金额：{amount} 元\n收款户名：{receiver}\n开户银行：{bank}\n"
        "收款账号：{card}\n转账附言：{number}\n缴费截止：{due}\n"
        "缴费后请打开申请，上传缴费凭证。确认到账后保障才生效。",
        link=ENROLMENT,
        sms="您经办的参保申请有更新，审核已通过，请按缴费通知办理。请登录工会系统查看，或点 {link}",
        sms_link=ENROLMENTS_BY_SMS,
        wechat=_claim("待缴费", "参保申请已通过，请按通知缴费"),
        is_legal=True,
    ),
    "enrolment_voucher_returned": Notice(
        label="缴费凭证被退回",
        title="缴费凭证被退回",
        text="“{union}”{plan}的参保申请（申报编号 {number}）的缴费凭证被退回。\n退回原因：{reason}\n"
        "请核对后重新上传。",
        link=ENROLMENT,
        sms="您经办的参保申请有更新，缴费凭证需要重新上传。请登录工会系统查看，或点 {link}",
        sms_link=ENROLMENTS_BY_SMS,
        wechat=_claim("凭证被退回", "请重新上传缴费凭证"),
    ),
    "enrolment_done": Notice(  # XM-78, to the operator in charge
        label="参保成功（经办人）",
        title="工会参保已办结",
        text="“{union}”{plan}的参保申请（申报编号 {number}）已确认，{people} 人参保成功。",
        link=ENROLMENT,
        sms="您经办的参保申请已经办结，参保成功。查看请登录工会系统，或点 {link}",
        sms_link=ENROLMENTS_BY_SMS,
        wechat=_claim("已办结", "参保申请已办结，参保成功"),
    ),
    "roster_imported": Notice(  # to whoever uploaded it (XM-33, XM-34)
        label="名册处理完成",
        title="名册处理完了",
        text="您上传的名册《{file}》已处理完：写入 {applied} 人，{refused} 行没有导入。"
        "请打开查看导入结果；没有导入的，每一行都写了原因。",
        link="/admin/roster/imports/{id}",
        sms="您上传的职工名册已处理完，请登录工会系统查看导入结果。",
        sms_link="/admin/login",
        wechat=_account("职工名册已处理完", "请登录工会系统查看导入结果"),
    ),
    "roster_refused": Notice(
        label="名册没有导入",
        title="名册没有导入",
        text="您上传的名册《{file}》没有导入，职工名册没有变化。\n原因：{reason}",
        link="/admin/roster/imports/{id}",
        sms="您上传的职工名册没有导入，原因请登录工会系统查看。",
        sms_link="/admin/login",
        wechat=_account("职工名册没有导入", "请登录工会系统查看原因"),
    ),
    "enrolment_covered": Notice(  # XM-78, to every person enrolled
        label="参保成功（职工）",
        title="参保成功",
        text="您已参加{plan}，保障期 {starts} 至 {ends}，由“{union}”为您参保（申报编号 {number}）。"
        "可以在“职工参保”里查看保障内容和参保证明。",
        link="/h5/coverage",
        sms="您已参保成功，保障期和保障内容请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=COVERAGE_BY_SMS,
        wechat=_claim("参保成功", "请打开查看保障期和参保证明"),
    ),
    "invoice_ready": Notice(  # XM-79, to the union's operators
        label="参保发票已开好",
        title="参保发票已开好",
        text="“{union}”{plan}（申报编号 {number}）的参保发票已开好：发票号码 {invoice}，金额 {amount} 元。"
        "请打开查看和下载。",
        link="/admin/invoices/{id}",
        sms="您经办的参保申请有更新，发票已开好。请登录工会系统查看，或点 {link}",
        sms_link=ENROLMENTS_BY_SMS,
        wechat=_claim("已开票", "参保发票已开好，请查看和下载"),
    ),
    "benefit_hint": Notice(  # once for a stay that nobody applied for; can be switched off
        label="可能可以申请的补助",
        title="您可能有补助还没有申请",
        text="从医保结算数据看，您参保期间有一次住院可能可以申请补助，我们还没有收到您的申请。\n"
        "打开可以看到是哪一次、最晚什么时候申请。已经申请过或不想申请，不用理会这条消息；"
        "不想再收到这类提醒，可以在“设置”里关闭。",
        link="/h5/hints",
        sms="您可能有一项互助待遇还没有申请，请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("您可能有补助还没有申请", "请打开查看，不想申请可以不理"),
    ),
    "export_ready": Notice(
        label="信息导出好了",
        title="您的信息已经导出",
        text="您要求导出的信息已经准备好，请在 {until} 前打开。"
        "打开前要用短信验证码确认是您本人，只能打开一次。",
        link="/h5/me/export",
        sms="您要求导出的信息已准备好，请在微信打开公众号“{account}”查看。如果不是您本人操作，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("信息导出已准备好", "请在 7 天内打开"),
        is_legal=True,
    ),
    "consent_withdrawn": Notice(
        label="已撤回同意",
        title="您已撤回同意",
        text="您已于 {when} 撤回同意。{result}\n再次申请补助时会重新征求您的同意。",
        link="/h5/me/leave",
        sms="您已撤回同意，处理结果请在微信打开公众号“{account}”查看。如果不是您本人操作，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("已撤回同意", "不是您本人操作请联系工会"),
        is_legal=True,
    ),
    "account_closed": Notice(
        label="账号已注销",
        title="您的账号已注销",
        text="您的账号已于 {when} 注销，微信绑定已解除。{result}\n"
        "需要时可以重新绑定，绑定时会重新征求您的同意。",
        link="/h5/bind",
        sms="您的账号已注销，微信绑定已解除。如果不是您本人操作，请马上联系本单位工会。",
        sms_link=CLAIMS_BY_SMS,
        wechat=_account("账号已注销", "不是您本人操作请联系工会"),
        is_legal=True,
    ),
    "staff_password_reset": Notice(  # XM-13, XM-14
        label="登录密码已重设",
        title="登录密码已重新设置",
        text="您的登录密码已于 {when} 通过“账号问题”重新设置，之前的登录都已退出。"
        "如果不是您本人操作，请马上联系管理员。",
        link="/admin/me",
        sms="您的工作账号密码已重新设置，之前的登录都已退出。如果不是您本人操作，请马上联系{operator}。",
        sms_link="/admin/login",
        wechat=_account("登录密码已重设", "不是您本人操作请联系管理员"),
        is_legal=True,
    ),
    "staff_phone_replaced": Notice(
        label="登录手机号码已更换",
        title="登录手机号码已更换",
        text="您的登录手机号码已于 {when} 因人工申诉更换，原来的密码、身份验证器和之前的登录都已失效。"
        "如果不是您本人申诉的，请马上联系管理员。",
        link="/admin/me",
        sms="您的工作账号因人工申诉更换了手机号码，这个号码不能再登录。如果不是您本人申诉的，请马上联系{operator}。",
        sms_link="/admin/login",
        wechat=_account("登录手机号码已更换", "不是您本人申诉请联系管理员"),
        is_legal=True,
    ),
    "staff_account_changed": Notice(  # XM-09, XM-10
        label="工作账号有变动",
        title="您的账号有变动",
        text="{what}（{when}）。如果不是您本人操作，请马上联系管理员。",
        link="/admin/me",
        sms="您的工作账号有变动（密码、手机号码、身份验证或微信）。如果不是您本人操作，请马上联系{operator}。",
        sms_link="/admin/login",
        wechat=_account("工作账号有变动", "不是您本人操作请联系管理员"),
        is_legal=True,
    ),
    "appeal_approved": Text(  # XM-19
        label="人工申诉通过",
        sms="您的账号申诉已通过，请用新手机号码设置新密码：打开 {link} ，选“手机方式找回”。",
        sms_link="/admin/recover",
    ),
    "appeal_refused": Text(  # XM-19
        label="人工申诉不通过",
        sms="您的账号申诉没有通过，请核对姓名、证件号码和照片后重新申诉，或联系{operator}。打开 {link}",
        sms_link="/admin/recover",
    ),
    # What the union files for somebody (XM-85): the insured person reads helped_…, who filed it filed_…, and
    # after a death the family, by SMS alone, family_….
    "helped_submitted": Notice(
        label="工会代办：已提交",
        title="工会已为您提交补助申请",
        text="单位工会已为您提交补助申请（申报号 {number}），请等待审核，您不用操作。"
        "如果您没有请工会代办，请马上联系本单位工会。",
        link=CLAIM,
        sms="单位工会已为您提交申请，请等待审核。如果您没有请工会代办，请马上联系本单位工会。查看请点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核中", "工会已为您提交，等待审核"),
        is_legal=True,
    ),
    "helped_returned": Notice(
        label="工会代办：被退回",
        title="工会代办的申请被{sent_back}",
        text="单位工会为您办理的补助申请（申报号 {number}）被{sent_back}，由工会经办人修改，您不用操作。\n"
        "{sent_back}原因：{reason}\n如需补交材料，工会会与您联系。",
        link=CLAIM,
        sms="单位工会为您办理的申请有更新，由工会经办人修改，您不用操作。"
        "查看请在微信打开公众号“{account}”，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("被{sent_back}", "由工会经办人修改，您不用操作"),
    ),
    "helped_refused": Notice(
        label="工会代办：不予补助",
        title="补助申请审核结果",
        text="单位工会为您办理的补助申请（申报号 {number}）经审核不予补助。\n"
        "原因：{reason}\n如有不同意见，请与本单位工会联系，可以提出一次复议。",
        link=CLAIM,
        sms="单位工会为您办理的申请有更新，审核已有结果。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核完成", "审核已有结果，请打开查看"),
    ),
    "helped_approved": Notice(
        label="工会代办：审核通过",
        title="补助申请审核通过",
        text="单位工会为您办理的补助申请（申报号 {number}）已审核通过，核定金额 {amount} 元，正在等待打款。",
        link=CLAIM,
        sms="单位工会为您办理的申请有更新，审核已通过。请在微信打开公众号“{account}”查看，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("审核通过", "审核已通过，等待打款"),
    ),
    "helped_payment_failed": Notice(
        label="工会代办：打款失败",
        title="补助金没有打进收款账户",
        text="单位工会为您办理的补助申请（申报号 {number}）打款失败。\n银行退回原因：{reason}\n"
        "补助金额 {amount} 元还在，由工会经办人核对收款账户后重新打款，您不用操作。",
        link=CLAIM,
        sms="单位工会为您办理的申请有更新，由工会经办人核对收款账户。"
        "查看请在微信打开公众号“{account}”，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("打款失败", "由工会经办人核对收款账户"),
    ),
    "helped_payee_fixed": Notice(  # an operator says where the money goes: the person must know
        label="工会代办：收款账户已改正",
        title="工会已改正收款账户",
        text="单位工会为您办理的补助申请（申报号 {number}）的收款账户已由工会经办人改正，会重新打款。"
        "如果收款账户不是您认可的，请马上联系本单位工会。",
        link=CLAIM,
        sms="单位工会为您办理的申请有更新，收款账户已修改。如果不是您认可的账户，请马上联系本单位工会。"
        "查看请点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("待打款", "收款账户已改正，等待打款"),
        is_legal=True,
    ),
    "helped_paid": Notice(
        label="工会代办：打款成功",
        title="补助金已打款",
        text="单位工会为您办理的补助申请（申报号 {number}）已打款 {amount} 元到登记的收款账户。"
        "到账时间以银行为准，可打开查看补助详情。",
        link=CLAIM,
        sms="单位工会为您办理的申请有更新，已经办结。请在微信打开公众号“{account}”查看详情，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("办结", "已办结，请打开查看详情"),
    ),
    "helped_withdrawn": Notice(
        label="工会代办：已撤回",
        title="工会代办的申请已撤回",
        text="单位工会为您办理的补助申请（申报号 {number}）已撤回，不再审核。如有疑问，请联系本单位工会。",
        link=CLAIM,
        sms="单位工会为您办理的申请已撤回。查看请在微信打开公众号“{account}”，或点 {link}",
        sms_link=CLAIMS_BY_SMS,
        wechat=_claim("已撤回", "已撤回，不再审核"),
    ),
    "family_submitted": Text(
        label="家属：已提交",
        sms="您好，单位工会代您家办理的申请已经提交，我们会尽快办理，您不用做什么。有结果会再用短信告诉您。",
        sms_link=CLAIMS_BY_SMS,
    ),
    "family_helped": Text(  # returned, bounced: the union goes on with it
        label="家属：正在补充",
        sms="您好，单位工会代您家办理的申请需要补充，工会经办人会与您联系。",
        sms_link=CLAIMS_BY_SMS,
    ),
    "family_refused": Text(
        label="家属：已有结果",
        sms="您好，单位工会代您家办理的申请已有结果，工会经办人会当面或打电话向您说明。",
        sms_link=CLAIMS_BY_SMS,
    ),
    "family_approved": Text(
        label="家属：审核通过",
        sms="您好，单位工会代您家办理的申请已经审核通过，会打到您登记的账户。",
        sms_link=CLAIMS_BY_SMS,
    ),
    "family_paid": Text(
        label="家属：已经打款",
        sms="您好，单位工会代您家办理的申请已经办好，款项已打到您登记的账户，到账时间以银行为准。",
        sms_link=CLAIMS_BY_SMS,
    ),
    "family_withdrawn": Text(
        label="家属：已撤回",
        sms="您好，单位工会代您家办理的申请已撤回，如有疑问请联系单位工会。",
        sms_link=CLAIMS_BY_SMS,
    ),
    "code": Code(
        label="验证码", sms="您的验证码是{code}，{minutes}分钟内有效。请不要告诉别人，工作人员不会向您索要。"
    ),
}


NUDGES: dict[str, Nudge] = {
    "staff_digest": Nudge(  # never a name, never a sum
        label="待办提醒",
        link="/admin/",
        wechat=_account("您有 {n} 件待办", "请登录工会系统办理"),
    ),
}

MAILS: dict[str, Mail] = {
    "staff_email": Mail(
        label="确认邮箱邮件",
        subject="确认您的邮箱",
        text="您好！\n\n有人把这个邮箱登记为工作账号的邮箱。如果是您本人，请在 24 小时内打开下面的链接确认，"
        "以后可以用它登录和找回密码：\n\n{link}\n\n如果不是您本人登记的，请不要打开，也不要转发这封邮件。"
        "\n\n{operator}",
        lasts=24 * 60,
    ),
    "invoice_file": Mail(  # XM-79, to the member of staff who asked, at their confirmed address
        label="发票邮件",
        subject="参保发票 {invoice}",
        text="您好！\n\n附件是“{union}”{plan}（申报编号 {number}）的参保发票：发票号码 {invoice}，"
        "金额 {amount} 元。\n\n如果不是您本人要求发送的，请联系管理员。\n\n{operator}",
        lasts=24 * 60,
    ),
    "reset_link": Mail(  # XM-14
        label="重置密码邮件",
        subject="重置密码",
        text="您好！\n\n有人为登记了这个邮箱的工作账号申请重置密码。"
        "如果是您本人，请在 30 分钟内打开下面的链接，设置新密码：\n\n{link}\n\n"
        "链接只能用一次。如果不是您本人申请的，请不要打开，也不要转发这封邮件，密码不会改变。"
        "\n\n{operator}",
        lasts=25,
    ),
}


def label_of(kind: str) -> str:
    """What staff read for `kind` in 通知记录."""
    found = MESSAGES.get(kind) or MAILS.get(kind) or NUDGES.get(kind)
    return found.label if found else kind


def notice(kind: str) -> Notice:
    """The words of `kind`. Raises `KeyError` for a kind without inbox words."""
    found = MESSAGES[kind]
    if not isinstance(found, Notice):
        raise KeyError(f"{kind} has no inbox words")
    return found


def places(words: str) -> list[str]:
    """The `{names}` in these words, in their order."""
    return [name for _, name, _, _ in Formatter().parse(words) if name]


def needed(kind: str) -> frozenset[str]:
    """The values that whoever sends `kind` must give."""
    found = MESSAGES[kind]
    if isinstance(found, Code):
        return frozenset({"code"})
    if isinstance(found, Text):
        return frozenset()
    words = [found.title, found.text, *found.wechat.fields.values()]
    return frozenset(name for text in words for name in places(text)) - ALWAYS


def problems(messages: Mapping[str, Notice | Text | Code]) -> list[str]:
    """What is missing or not allowed, a line each; the table below refuses to load with any."""
    found = []
    for kind, message in messages.items():
        for part in fields(message):
            if getattr(message, part.name) == "":
                found.append(f"{kind}: {part.name} is empty")
        for name in places(message.sms):
            if name not in IN_SMS or (name in {"code", "minutes"} and not isinstance(message, Code)):
                found.append(f"{kind}: an SMS may not hold {{{name}}}")
        if isinstance(message, Notice) and not (
            message.wechat.fields and all(message.wechat.fields.values())
        ):
            found.append(f"{kind}: a WeChat field is empty")
    return found


if wrong := problems(MESSAGES):
    raise ValueError("notify/messages.py: " + "; ".join(wrong))
