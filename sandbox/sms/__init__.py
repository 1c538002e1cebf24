"""What do the SMS services look like from outside? Tencent, Alibaba and a neutral one, one inbox."""

from sandbox.sms import aliyun, neutral, tencent
from sandbox.sms.inbox import inbox

BLUEPRINTS = (inbox, tencent.cloud, aliyun.cloud, neutral.cloud)

__all__ = ["BLUEPRINTS"]
