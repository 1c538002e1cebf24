"""Does the home page lead everywhere it should, for guests and for those who are bound? (E1)"""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tests.world import World


def links(page: str) -> dict[str, str]:
    """Address → words of every link."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', page, re.S)
    return {url: re.sub(r"<[^>]+>|\s", "", words) for url, words in found}


def test_gx_04_the_head_of_a_guest_leads_to_binding_first(client, world: World) -> None:
    """GX-04: 头像 → 个人中心; whoever is not bound is sent to bind and then comes out there."""
    page = client.get("/h5/").get_data(as_text=True)
    head = links(page.split("</header>")[0])
    assert "您还没有绑定" in head["/h5/me"] and "立即绑定" in head["/h5/bind"]
    assert "/wechat/oauth" in client.get("/h5/me").location
    world.sign_in(client, openid=world.follower())
    assert unquote(client.get("/h5/me").location) == "/h5/bind?next=/h5/me"


def test_gx_04_the_head_of_a_bound_person_leads_to_the_personal_centre(client, world: World) -> None:
    """GX-04: 绑定成功后，跳转到个人中心."""
    person = world.insured()
    world.sign_in(client, person=person)
    head = client.get("/h5/").get_data(as_text=True).split("</header>")[0]
    assert person.name in links(head)["/h5/me"]
    centre = client.get("/h5/me")
    assert centre.status_code == 200 and "个人中心" in centre.get_data(as_text=True)


@pytest.mark.parametrize("is_bound", [False, True])
def test_gx_05_the_navigation_has_its_four_entries(client, world: World, is_bound: bool) -> None:
    """GX-05: 公告通知、职工参保列表、补助申请列表、宣传手册; each opens, or asks to bind first."""
    if is_bound:
        world.sign_in(client, person=world.insured())
    page = client.get("/h5/").get_data(as_text=True)
    grid = re.search(r'<nav class="grid".*?</nav>', page, re.S)
    assert grid
    entries = links(grid[0])
    assert entries == {
        "/h5/notices": "公告通知", "/h5/coverage": "职工参保", "/h5/claims": "补助申请",
        "/h5/brochure": "宣传手册",
    }  # fmt: skip
    statuses = [client.get(path).status_code for path in entries]
    assert statuses == ([200] * 4 if is_bound else [200, 303, 303, 200])


def test_gx_06_home_shows_the_five_newest_articles_and_the_way_to_more(client, write) -> None:
    """GX-06: 文章资讯 on the home page."""
    assert "暂时没有资讯" in client.get("/h5/").get_data(as_text=True)
    rows = [write(f"示例第{n}篇", kind="article") for n in range(7)]
    write("不是文章", kind="brochure")
    page = client.get("/h5/").get_data(as_text=True)
    assert re.findall(r"示例第\d篇", page) == [f"示例第{n}篇" for n in (6, 5, 4, 3, 2)]
    assert "更多" in links(page)["/h5/articles"] and "不是文章" not in page
    assert client.get(f"/h5/articles/{rows[6].id}").status_code == 200


def test_the_newest_pinned_announcement_stands_above_the_entries(client, write) -> None:
    write("普通公告")
    assert "普通公告" not in client.get("/h5/").get_data(as_text=True)
    write("早些的置顶", is_pinned=True)
    row = write("置顶公告", is_pinned=True)
    page = client.get("/h5/").get_data(as_text=True)
    assert links(page)[f"/h5/notices/{row.id}"] == "公告：置顶公告" and "早些的置顶" not in page
    assert page.index("置顶公告") < page.index('class="grid"')


@pytest.mark.parametrize(("scheme", "title"), [("guangxi", "广西职工互助"), ("xiamen", "厦门职工医疗互助")])
def test_gx_07_brand_and_logo_are_the_profiles(make_app, db, scheme: str, title: str) -> None:
    """GX-07: the page has its own title for WeChat's bar; brand text and logo come from the profile."""
    page = make_app(SCHEME=scheme).test_client().get("/h5/").get_data(as_text=True)
    assert f"<title>{title}</title>" in page
    brand = re.search(r'class="brandline"><img src="([^"]+)"[^>]*><span>([^<]+)</span>', page)
    assert brand and brand[2] == title and "img/logo.svg" in brand[1]


def test_gx_07_another_logo_is_one_line_of_the_profile(make_app, db, tmp_path) -> None:
    """GX-07: a third scheme's logo needs no code."""
    from dataclasses import replace

    app = make_app()
    scheme = app.extensions["huzhu"]["scheme"]
    app.extensions["huzhu"]["scheme"] = replace(scheme, brand=replace(scheme.brand, logo="img/sample-id.svg"))
    assert "img/sample-id.svg" in app.test_client().get("/h5/").get_data(as_text=True)


def test_gx_03_home_offers_the_four_things_a_follower_came_for(client, world: World, write) -> None:
    """GX-03: 绑定职工信息、查看保障权益、自助申请补助、获取工会资讯."""
    row = write("工会资讯", kind="article")
    found = links(client.get("/h5/").get_data(as_text=True))
    for path in ("/h5/bind", "/h5/coverage", "/h5/claims", f"/h5/articles/{row.id}"):
        assert path in found


def test_large_type_is_at_the_top_right(client, db) -> None:
    page = client.get("/h5/").get_data(as_text=True)
    assert "大字版" in page.split("</header>")[0]
