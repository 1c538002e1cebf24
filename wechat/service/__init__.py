"""What happens to followers, to what WeChat sends, and to how the account is set up?"""

from wechat.service.followers import (
    KEEP_EVENTS,
    KEEP_STATES,
    Kept,
    follower_for,
    forget_follower,
    is_reachable,
    keep,
    subscribed,
    sweep,
    unsubscribed,
)

__all__ = [
    "KEEP_EVENTS",
    "KEEP_STATES",
    "Kept",
    "follower_for",
    "forget_follower",
    "is_reachable",
    "keep",
    "subscribed",
    "sweep",
    "unsubscribed",
]
