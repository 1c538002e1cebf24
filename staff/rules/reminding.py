"""Which words go with a WeChat tied to a staff account, and when is the day's reminder due? Pure."""

from __future__ import annotations

from datetime import datetime, time

LIFE_SECONDS = 600

# What the account answers in the chat after a scan.
TIED = (
    "已绑定工作账号（{name}）。名册处理完、会籍变更有结果、账号有变动时，会在这里通知您；"
    "工作日上午还会提醒您有几件待办。\n不是您本人的账号，请告诉对方，或取消关注。"
)
OVER = "这个二维码已过期，或已经用过。请在电脑上重新生成，再扫一次。"
ELSEWHERE = "这个微信已绑定另一个工作账号，一个微信只能绑定一个。请先在那个账号里解除绑定，再扫一次。"

# What the owner is told, by SMS and inbox too.
BOUND = "已绑定微信，用来接收工作提醒"
REPLACED = "接收工作提醒的微信已换成另一个"
UNTIED = "已解除微信绑定，不再发工作提醒"

FROM, UNTIL = time(8, 30), time(12)
WORKING_DAYS = frozenset({1, 2, 3, 4, 5})


def is_time(local: datetime) -> bool:
    """Is it the morning of a working day (`local`: Asia/Shanghai)? Never after noon."""
    return local.isoweekday() in WORKING_DAYS and FROM <= local.time() < UNTIL
