"""Is a menu that WeChat would refuse refused here, with the button's name?"""

from __future__ import annotations

from typing import Any

import pytest

from wechat.menu import MenuError, menu_of

URL = "https://huzhu.example.invalid"
PAGE = {"name": "我的", "page": "/h5/me"}


def test_the_menu_is_what_wechat_wants() -> None:
    menu = menu_of([PAGE, {"name": "互助", "items": [{"name": "我的进度", "key": "progress"}, PAGE]}], URL)
    mine = {"type": "view", "name": "我的", "url": f"{URL}/wechat/oauth?next=/h5/me"}
    click = {"type": "click", "name": "我的进度", "key": "progress"}
    assert menu == {"button": [mine, {"name": "互助", "sub_button": [click, mine]}]}


WRONG: list[tuple[list[dict[str, Any]], str]] = [
    ([], "needs 1 to 3"),
    ([PAGE] * 4, "needs 1 to 3"),
    ([{"name": "互助", "items": []}], "互助: needs 1 to 5"),
    ([{"name": "互助", "items": [PAGE] * 6}], "互助: needs 1 to 5"),
    ([{"page": "/h5/me"}], "no name"),
    ([{"name": " ", "page": "/h5/me"}], "no name"),
    ([{"name": "名" * 6, "page": "/h5/me"}], "longer than 16"),
    ([{"name": "互助", "items": [{"name": "名" * 21, "page": "/h5/me"}]}], "longer than 60"),
    ([{"name": "我的"}], "either a page or a key"),
    ([{"name": "我的", "page": "/h5/me", "key": "me"}], "either a page or a key"),
    ([{"name": "我的", "page": "https://evil.invalid/"}], "below /h5/"),
    ([{"name": "我的", "page": "//evil.invalid/h5/"}], "below /h5/"),
    ([{"name": "我的", "page": "/admin/"}], "below /h5/"),
    ([{"name": "我的", "page": "/h5/" + "a" * 1100}], "longer than 1024"),
    ([{"name": "我的", "key": "k" * 129}], "longer than 128"),
    ([{"name": "我的", "key": "nobody answers"}], "no answer belongs"),
]


@pytest.mark.parametrize(("buttons", "reason"), WRONG)
def test_wrong_menus_are_refused(buttons: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(MenuError, match=reason):
        menu_of(buttons, URL)
