"""What does api.weixin.qq.com answer? One room per family of calls, behind the gate."""

from sandbox.wechat_api import media, menu, messages, qrcode, sns, subscribe, token, users
from sandbox.wechat_api.gate import api

ROOMS = (token, messages, subscribe, menu, media, qrcode, users, sns)

__all__ = ["ROOMS", "api"]
