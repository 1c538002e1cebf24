"""What is on file with the services on the first day? WeChat templates, SMS words and a menu, from config/.

In real life the operator hands these in at each console and waits for approval; here the profile is enough.
"""

from __future__ import annotations

import tomllib
from typing import Any
from urllib.parse import quote

from config.scheme import load_scheme
from config.settings import ROOT
from sandbox.state import Template, World

SMS_FILE = ROOT / "config" / "sms_templates.toml"
TITLES = {"claim_update": "补助申请进度通知", "account_update": "账号变动通知"}
LABELS = {"number": "申请编号", "state": "当前进度", "time": "时间", "note": "备注", "what": "事项"}
TYPES = {"template": 0, "subscription": 2}
# One that needs the person's consent, so that an administrator can try it.
SUBSCRIPTION = Template(
    "TPL_SUBSCRIBE_CLAIM_000000000000000000000000001",
    "补助申请结果提醒（订阅）",
    "申请编号：{{character_string1.DATA}}\n当前进度：{{phrase2.DATA}}\n备注：{{thing3.DATA}}",
    TYPES["subscription"],
)
CODE_WORDS = {
    "tencent": "您的验证码是{1}，{2}分钟内有效。",
    "aliyun": "您的验证码是${code}，${minutes}分钟内有效。",
}
NEWS_WORDS = "您的申请有更新，请在微信打开公众号查看。（模板 %s）"


def file_templates(here: World) -> None:
    """The profile's own ids win over what an older run has kept."""
    profile = load_scheme(here.settings.scheme)
    with here.lock:
        here.templates |= {
            str(row["id"]): _template(name, row) for name, row in profile.wechat_templates.items()
        }
        here.templates[SUBSCRIPTION.template_id] = SUBSCRIPTION
        here.sms_templates |= _sms_templates()
        here.changed()


def _template(name: str, row: dict[str, Any]) -> Template:
    lines = [f"{LABELS.get(value, value)}：{{{{{field}.DATA}}}}" for field, value in row["fields"].items()]
    return Template(str(row["id"]), TITLES.get(name, name), "\n".join(lines), TYPES.get(row["kind"], 0))


def _sms_templates() -> dict[str, dict[str, str]]:
    """The words live in the product; here only a code needs its places, the rest says which kind it is."""
    content = tomllib.loads(SMS_FILE.read_text(encoding="utf-8"))
    return {
        str(template_id): {"content": words if kind == "code" else NEWS_WORDS % kind, "kind": kind}
        for cloud, words in CODE_WORDS.items()
        for kind, template_id in content.get(cloud, {}).items()
    }


def menu_shown(here: World) -> dict[str, Any]:
    """The menu the account has pushed, or else the profile's, so that a phone is never without."""
    if here.menu is not None:
        return here.menu
    public = here.settings.public_url
    return {"button": [_button(row, public) for row in load_scheme(here.settings.scheme).menu]}


def _button(row: dict[str, Any], public: str) -> dict[str, Any]:
    if "items" in row:
        return {"name": row["name"], "sub_button": [_button(item, public) for item in row["items"]]}
    if "page" in row:
        url = f"{public}/wechat/oauth?next={quote(row['page'])}"
        return {"type": "view", "name": row["name"], "url": url}
    return {"type": "click", "name": row["name"], "key": row["key"]}
