"""Which pages set the official account up? 公众号: menu, message templates, a QR code for each union."""

from wechat.admin import home, menu, scenes, templates, trying
from wechat.admin.door import blueprint

__all__ = ["blueprint", "home", "menu", "scenes", "templates", "trying"]
