"""What do readers find? Guests without WeChat, lists that go on and on, pages that are gone (E16)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from content import service
from core import clock
from core.db import transaction

ABSENT = "00000000-0000-7000-8000-000000000000"
LISTS = {"notices": "公告通知", "articles": "文章资讯", "brochure": "宣传手册"}


@pytest.mark.parametrize(("section", "title"), LISTS.items())
def test_gx_05_the_entries_of_the_navigation_open_for_guests(client, db, section: str, title: str) -> None:
    """GX-05: 公告通知 and 宣传手册 (and GX-06 文章资讯) open without WeChat and say when they are empty."""
    answer = client.get(f"/h5/{section}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and f"<h1>{title}" in page
    assert f"暂时没有{title}。" in page


def test_gx_06_an_article_is_read_by_a_guest(client, write) -> None:
    """GX-06: 文章资讯 → the list → 文章内容, with title, day, source and body; no sign-in."""
    row = write(
        "住院补助怎么申请",
        kind="article",
        summary="三步办完",
        body="## 第一步\n\n拍",
        source="示例工会",
    )
    listed = client.get("/h5/articles").get_data(as_text=True)
    assert "住院补助怎么申请" in listed and "三步办完" in listed
    path = re.search(r'href="(/h5/articles/[0-9a-f-]+)"', listed)
    assert path and path[1] == f"/h5/articles/{row.id}"
    page = client.get(path[1]).get_data(as_text=True)
    assert "<h1>住院补助怎么申请</h1>" in page and "<h2>第一步</h2>" in page
    assert "示例工会" in page and clock.shown(row.published_at)[:10] in page


def test_gx_03_a_follower_finds_the_unions_news(client, world, write) -> None:
    """GX-03: 获取工会资讯 needs following at most, no binding."""
    row = write("工会新闻", kind="article")
    world.sign_in(client, openid=world.follower())
    assert "工会新闻" in client.get("/h5/").get_data(as_text=True)
    assert client.get(f"/h5/articles/{row.id}").status_code == 200


@pytest.mark.parametrize("state", ["draft", "scheduled", "taken_down"])
def test_what_is_not_published_is_not_there(client, write, state: str) -> None:
    row = write("还不能看", state=state, publish_at=clock.now() + dt.timedelta(days=1))
    answer = client.get(f"/h5/notices/{row.id}")
    assert answer.status_code == 404
    assert "没有找到这个页面。可能链接不完整，或内容已下架。" in answer.get_data(as_text=True)
    assert "还不能看" not in client.get("/h5/notices").get_data(as_text=True)
    absent = client.get(f"/h5/notices/{ABSENT}")
    assert [len(answer.data), answer.status_code] == [len(absent.data), absent.status_code]


def test_a_page_is_found_under_its_own_kind_only(client, write) -> None:
    row = write(kind="notice")
    assert client.get(f"/h5/notices/{row.id}").status_code == 200
    assert client.get(f"/h5/articles/{row.id}").status_code == 404


def _all_pages(client: Any, path: str) -> list[str]:
    """Titles from the first page to the last, following 更早的."""
    titles: list[str] = []
    while path:
        page = client.get(path).get_data(as_text=True)
        titles += re.findall(r"示例第\d+篇", page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        path = found[1] if found else ""
    return titles


def test_a_list_goes_on_without_gaps_or_repeats_and_pinned_comes_first(client, write) -> None:
    rows = [write(f"示例第{n}篇", is_pinned=n in (3, 30)) for n in range(45)]
    with transaction():
        for row in rows[10:30]:
            row.published_at = rows[10].published_at  # one moment for many: the id decides
    titles = _all_pages(client, "/h5/notices")
    assert len(titles) == len(set(titles)) == 45
    assert titles[:2] == ["示例第30篇", "示例第3篇"]


@pytest.mark.parametrize("before", ["x", ABSENT, "0" * 500, "' or 1=1"], ids=range(4))
def test_a_made_up_place_in_a_list_is_not_there(client, db, before: str) -> None:
    assert client.get("/h5/notices", query_string={"before": before}).status_code == 404


def test_lists_and_pages_cost_the_same_however_much_there_is(client, write, statements) -> None:
    """B2: at most six statements a page whatever the number of rows."""
    first = write("第一篇", kind="brochure")
    paths = ["/h5/notices", "/h5/articles", "/h5/brochure", f"/h5/brochure/{first.id}", "/h5/"]

    def cost() -> list[int]:
        counts = []
        for path in paths:
            with statements() as seen:
                client.get(path)
            counts.append(len(seen))
        return counts

    cost()
    few = cost()
    for n in range(30):
        write(f"示例第{n}篇", kind=("notice", "article", "brochure")[n % 3], is_pinned=n % 7 == 0)
    assert cost() == few and max(few) <= 6


def test_a_page_can_be_shared_with_its_title_words_and_picture(client, write, picture: str) -> None:
    row = write("可以<转发>的", summary='摘要"引号"', cover=picture, cover_alt="示意图")
    page = client.get(f"/h5/notices/{row.id}").get_data(as_text=True)
    told = dict(re.findall(r'<meta property="og:([a-z:]+)" content="([^"]*)">', page))
    assert told["title"] == "可以&lt;转发&gt;的" and told["description"] == "摘要&#34;引号&#34;"
    assert told["url"].endswith(f"/h5/notices/{row.id}")
    assert told["image"].endswith(f"/h5/pictures/{picture}/thumb") and told["image"].startswith("http")
    for path in ("/h5/", "/h5/notices"):
        assert "og:" not in client.get(path).get_data(as_text=True)


def test_pictures_are_kept_by_browsers_and_do_not_move_the_page(client, write, picture: str) -> None:
    row = write(body=f"![示意图](/h5/pictures/{picture})")
    page = client.get(f"/h5/notices/{row.id}").get_data(as_text=True)
    assert (
        f'src="/h5/pictures/{picture}/preview" alt="示意图" width="900" height="600" loading="lazy"' in page
    )
    for size in ("thumb", "preview", "full"):
        answer = client.get(f"/h5/pictures/{picture}/{size}")
        assert answer.mimetype == "image/jpeg" and answer.data.startswith(b"\xff\xd8\xff")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers
    assert client.get(f"/h5/pictures/{'0' * 32}/full").status_code == 404
    assert client.get(f"/h5/pictures/{picture}/0").status_code == 404


def test_the_brochure_is_read_chapter_by_chapter(client, write) -> None:
    """GX-05: 宣传手册 is a table of contents and chapters in its own order, not in that of publishing."""
    three = write("第三章示例", kind="brochure", place=3)
    one = write("第一章示例", kind="brochure", place=1)
    two = write("第二章示例", kind="brochure", place=2)
    contents = client.get("/h5/brochure").get_data(as_text=True)
    assert re.findall(r"第.章示例", contents) == ["第一章示例", "第二章示例", "第三章示例"]
    page = client.get(f"/h5/brochure/{two.id}").get_data(as_text=True)
    assert "第 2 章，共 3 章" in page
    assert f'href="/h5/brochure/{one.id}" rel="prev"' in page
    assert f'href="/h5/brochure/{three.id}" rel="next"' in page


def test_rows_of_an_older_version_are_still_read(client, db, write) -> None:
    """Articles from before Markdown have no HTML yet."""
    row = write(body="第一段\n\n第二段")
    with transaction():
        row.body_html = ""
    assert "<p>第一段</p>\n<p>第二段</p>" in client.get(f"/h5/notices/{row.id}").get_data(as_text=True)


def test_what_waits_to_be_published_is_not_shown(client, write, editor) -> None:
    from content.rules import Page

    row = write("看得见的", body="原来的正文")
    with transaction():
        service.save(row, Page(kind="notice", title="等着的", body="等着的正文"), editor, row.version)
    page = client.get(f"/h5/notices/{row.id}").get_data(as_text=True)
    assert "原来的正文" in page and "等着的" not in page


@pytest.mark.parametrize("scheme", ["guangxi", "xiamen"])
def test_the_demo_has_a_brochure_and_news_for_either_scheme(make_app, db, editor, scheme: str) -> None:
    """Six chapters, articles, announcements; no name of the other scheme, no hole left unfilled."""
    from content import samples

    app = make_app(SCHEME=scheme)
    with app.app_context(), transaction():
        samples.load(editor)
    client = app.test_client()
    contents = client.get("/h5/brochure").get_data(as_text=True)
    paths = re.findall(r'href="(/h5/brochure/[0-9a-f-]+)"', contents)
    for path in ("/h5/notices", "/h5/articles"):
        paths += re.findall(rf'href="({path}/[0-9a-f-]+)"', client.get(path).get_data(as_text=True))
    assert len(paths) >= 6 + 4 + 2
    foreign = {"guangxi": "厦门", "xiamen": "广西"}[scheme]
    for path in paths:
        page = client.get(path).get_data(as_text=True)
        assert foreign not in page and "{" not in re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S), (
            path
        )
