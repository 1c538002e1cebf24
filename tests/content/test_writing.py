"""Can an editor write, see, publish and take down a page without losing a word? (A12)"""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import time_machine

from content import service
from content.models import Article, ContentPicture
from content.rules import PAST, Page
from core import clock
from core.db import transaction
from core.roles import EDITOR
from tests.content.conftest import jpeg

TYPED = {
    "kind": "notice", "title": "示例公告", "summary": "一句话", "body": "正文在这里。", "place": "",
    "source": "", "cover": "", "cover_alt": "", "publish_at": "", "take_down_at": "", "do": "save",
}  # fmt: skip
NEW = "/admin/content/new"
ALT = "请填写图片说明，给看不见图的人听"


def send(desk: Any, path: str, shown: str = "", **typed: Any) -> Any:
    """The form as it stands on `shown`, with what was typed over it."""
    page = desk.get(shown or path).get_data(as_text=True)
    hidden = dict(re.findall(r'type="hidden" name="(csrf_token|op|seen)" value="([^"]*)"', page))
    data = {**hidden, **TYPED, **typed}
    return desk.post(path, data={name: value for name, value in data.items() if value is not None})


def only(db: Any) -> Article:
    db.session.expire_all()
    return db.session.query(Article).one()


def upload(colour: str = "teal", name: str = "a.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(jpeg(colour)), name


def test_gx_06_from_the_first_word_to_the_reader_and_back(desk, client, db) -> None:
    """GX-06: the editor's whole way: draft, preview, publish, pin, change, take down, publish again."""
    answer = send(desk, NEW)
    assert answer.status_code == 303
    row = only(db)
    at, public = f"/admin/content/{row.id}", f"/h5/notices/{row.id}"
    assert row.state == "draft" and client.get(public).status_code == 404
    assert "草稿已保存。" in desk.get(at).get_data(as_text=True)
    assert send(desk, at, title="改过的", do="preview").location == f"{at}/preview"
    assert "改过的" in desk.get(f"{at}/preview").get_data(as_text=True)
    assert send(desk, at, title="改过的", do="publish").location == at
    assert "改过的" in client.get(public).get_data(as_text=True)
    desk.submit(f"{at}/pin", {"is_pinned": "1", "seen": only(db).version}, page=at)
    assert "置顶" in client.get("/h5/notices").get_data(as_text=True)
    send(desk, at, title="再改的")
    assert "改过的" in client.get(public).get_data(as_text=True)
    assert "有未发布的修改" in desk.get("/admin/content").get_data(as_text=True)
    send(desk, at, title="再改的", do="publish")
    assert "再改的" in client.get(public).get_data(as_text=True)
    desk.submit(f"{at}/take-down", {"seen": only(db).version})
    assert client.get(public).status_code == 404 and only(db).state == "taken_down"
    send(desk, at, title="又回来", do="publish")
    assert "又回来" in client.get(public).get_data(as_text=True)


def test_the_same_form_sent_twice_makes_one_page(desk, db) -> None:
    page = desk.get(NEW).get_data(as_text=True)
    hidden = dict(re.findall(r'type="hidden" name="(csrf_token|op|seen)" value="([^"]*)"', page))
    answers = [desk.post(NEW, data={**TYPED, **hidden}) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert answers[0].location == answers[1].location == f"/admin/content/{only(db).id}"


WRONG = [
    ({"title": ""}, "请填写标题"),
    ({"title": "字" * 31}, "标题最多 30 个字，现在是 31 个字，请缩短"),
    ({"summary": "字" * 61}, "摘要最多 60 个字"),
    ({"body": " \n ", "do": "publish"}, "请填写正文"),
    ({"body": f"留着的字 ![](/h5/pictures/{'ab' * 16})"}, ALT),
    ({"publish_at": "明天", "do": "schedule"}, "发布时间没有看懂，请按 2026-12-01 08:00 这样填写"),
    ({"publish_at": "2026-13-01 08:00"}, "发布时间没有看懂"),
    ({"do": "schedule"}, "请填写发布时间"),
    ({"publish_at": "2099-12-01T08:00", "take_down_at": "2099-11-30T08:00"}, "下架时间要晚于发布时间"),
    ({"kind": "advert"}, "请选择栏目"),
]


@pytest.mark.parametrize(("typed", "words"), WRONG, ids=range(len(WRONG)))
@pytest.mark.parametrize("is_new", [True, False])
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    desk, db, write, is_new: bool, typed: dict[str, str], words: str
) -> None:
    at = NEW if is_new else f"/admin/content/{write(state='draft').id}"
    answer = send(desk, at, **{"source": "留着的来源", **typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and words in page and "留着的来源" in page
    assert typed.get("publish_at", "") in page
    assert db.session.query(Article).count() == (0 if is_new else 1)


def test_a_time_in_the_past_is_asked_about_and_then_published_at_once(desk, client, db) -> None:
    """The issue's bad input «scheduled time in the past»: a question, never a surprise."""
    answer = send(desk, NEW, publish_at="2020-01-01T08:00", do="schedule")
    row = only(db)
    at = f"/admin/content/{row.id}"
    assert answer.location == f"{at}/publish" and row.state == "draft"
    assert PAST == "发布时间早于现在，将立即发布，确定吗？"
    assert PAST in desk.get(f"{at}/publish").get_data(as_text=True)
    assert client.get(f"/h5/notices/{row.id}").status_code == 404
    assert desk.submit(f"{at}/publish", {"seen": row.version}).location == at
    assert only(db).state == "published" and client.get(f"/h5/notices/{row.id}").status_code == 200


def test_a_scheduled_page_moved_into_the_past_waits_for_the_answer(desk, db, client) -> None:
    send(desk, NEW, publish_at="2099-01-01T08:00", do="schedule")
    row = only(db)
    at = f"/admin/content/{row.id}"
    assert row.state == "scheduled"
    assert send(desk, at, publish_at="2020-01-01T08:00").location == f"{at}/publish"
    with transaction():
        service.turn_pages(clock.now())
    assert only(db).state == "draft" and client.get(f"/h5/notices/{row.id}").status_code == 404


def test_times_are_those_of_the_reader(desk, db) -> None:
    send(desk, NEW, publish_at="２０９９年１月２日 8：05", take_down_at="2099-02-01 00:00", do="schedule")
    row = only(db)
    assert clock.shown(row.publish_at) == "2099-01-02 08:05:00"
    assert 'value="2099-01-02T08:05"' in desk.get(f"/admin/content/{row.id}").get_data(as_text=True)
    desk.submit(f"/admin/content/{row.id}/unschedule", {"seen": row.version}, page=f"/admin/content/{row.id}")
    assert only(db).state == "draft"


def test_two_editors_at_once_lose_nothing(desk, db, world, app, write) -> None:
    """The second one reads who was first, keeps what was typed, and sees what the other one saved."""
    row = write("原来的", state="draft", body="原来的正文")
    at = f"/admin/content/{row.id}"
    other = world.sign_in(app.test_client(), staff=world.staff(EDITOR, name="王编辑"))
    shown = desk.get(at).get_data(as_text=True)
    hidden = dict(re.findall(r'type="hidden" name="(csrf_token|seen)" value="([^"]*)"', shown))
    assert send(other, at, title="王的标题", body="王的正文").status_code == 303
    answer = desk.post(at, data={**TYPED, **hidden, "title": "李的标题", "body": "李的正文"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409 and "王编辑 于 20" in page and "先保存了这一篇" in page
    assert 'value="李的标题"' in page and "李的正文" in page and "王的正文" in page
    assert only(db).title == "王的标题"
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert (
        seen
        and desk.post(at, data={**TYPED, **hidden, "seen": seen[1], "title": "合并的"}).status_code == 303
    )
    assert only(db).title == "合并的"


@pytest.mark.parametrize("verb", ["publish", "take-down", "pin", "unschedule"])
def test_an_old_page_moves_nothing(desk, write, db, verb: str) -> None:
    row = write()
    answer = desk.submit(f"/admin/content/{row.id}/{verb}", {"seen": row.version - 1, "is_pinned": "1"},
                         page=f"/admin/content/{row.id}")  # fmt: skip
    assert answer.status_code == 409 and only(db).version == row.version


def test_pictures_come_in_through_the_intake_and_go_where_they_belong(desk, client, db) -> None:
    """Cover, attachment and one in the body, all with words for those who do not see; no script needed."""
    send(
        desk, NEW, do="insert", cover_file=upload("navy"), cover_alt="封面图",
        attachment_file=upload("olive"), attachment_alt="申请表第 1 页",
        picture=upload("maroon"), picture_alt="办事[大厅]*照片*",
    )  # fmt: skip
    row = only(db)
    assert db.session.query(ContentPicture).count() == 3
    assert re.search(r"正文在这里。\n\n!\[办事（大厅）＊照片＊\]\(/h5/pictures/[0-9a-f]{32}\)", row.body)
    send(desk, f"/admin/content/{row.id}", body=row.body, cover=row.cover, cover_alt="封面图",
         attachment=row.pages[0][0], attachment_name="申请表第 1 页", do="publish")  # fmt: skip
    page = client.get(f"/h5/notices/{row.id}").get_data(as_text=True)
    assert 'alt="封面图"' in page and 'alt="办事（大厅）＊照片＊"' in page
    assert "<figcaption>申请表第 1 页</figcaption>" in page
    assert page.count("<img ") == 3
    send(desk, f"/admin/content/{row.id}", cover=row.cover, cover_alt="封面图", no_cover="y",
         attachment=row.pages[0][0], attachment_name="x", attachment_gone=row.pages[0][0],
         do="publish")  # fmt: skip
    assert (only(db).cover, only(db).pages) == ("", [])


BAD_FILES = [
    (b"not a picture at all", "a.jpg", 415),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", 415),
    (b"GIF89a" + b"\0" * 50, "a.gif", 415),
    (b"", "empty.jpg", 422),
    (jpeg()[:200], "cut.jpg", 422),
    (b"\xff\xd8\xff" + b"\0" * (11 << 20), "big.jpg", 413),
]


@pytest.mark.parametrize("field", ["cover_file", "picture", "attachment_file"])
@pytest.mark.parametrize(("data", "name", "status"), BAD_FILES, ids=[name for _, name, _ in BAD_FILES])
def test_bad_pictures_are_refused_and_the_words_stay(
    desk, db, field: str, data: bytes, name: str, status: int
) -> None:
    typed = {"cover_alt": "图", "picture_alt": "图", "attachment_alt": "图"}
    answer = send(desk, NEW, title="写了很久的标题", **typed, **{field: (io.BytesIO(data), name)})
    assert answer.status_code in (status, 415, 422)
    assert "写了很久的标题" in answer.get_data(as_text=True)
    assert db.session.query(Article).count() == db.session.query(ContentPicture).count() == 0


@pytest.mark.parametrize("field", ["cover", "picture", "attachment"])
def test_a_picture_without_words_is_refused(desk, db, field: str) -> None:
    name = "picture" if field == "picture" else f"{field}_file"
    answer = send(desk, NEW, **{name: upload()}, do="insert")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and ALT in page and f'href="#f-{field}_alt"' in page


def test_pictures_of_a_form_that_was_refused_need_not_be_chosen_again(desk, client, db) -> None:
    """GX-06: the title is missing, a file is bad, a description too; what came is on the form and is used."""
    answer = send(
        desk, NEW, title="", do="publish", cover_file=upload("navy"), cover_alt="封面图",
        attachment_file=(io.BytesIO(b"no"), "a.jpg"), attachment_alt="表", picture=upload("maroon"),
    )  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and ALT in page and "不是照片" in page
    kept = dict(re.findall(r'name="(\w+_kept)" value="([0-9a-f]{32})"', page))
    assert set(kept) == {"cover_file_kept", "picture_kept"} and page.count("不用再选") == 2
    send(desk, NEW, do="publish", cover_alt="封面图", picture_alt="大厅", **kept)
    row = only(db)
    assert row.state == "published" and row.cover == kept["cover_file_kept"]
    shown = client.get(f"/h5/notices/{row.id}").get_data(as_text=True)
    assert 'alt="封面图"' in shown and 'alt="大厅"' in shown
    send(desk, NEW, title="", picture=upload("olive"), picture_alt="图")
    send(desk, NEW, title="不要图的", picture_kept=kept["picture_kept"], picture_drop="y", do="publish")
    assert "/h5/pictures/" not in max(db.session.query(Article), key=lambda one: one.id).body


def test_the_script_gets_a_reference_for_a_picture(desk, db) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', desk.get(NEW).get_data(as_text=True))
    assert token
    headers = {"X-Requested-With": "fetch"}

    def post(**data: Any) -> Any:
        return desk.post("/admin/content/pictures", data={"csrf_token": token[1], **data}, headers=headers)

    made = post(picture=upload(), picture_alt="示意图")
    assert made.status_code == 201 and re.fullmatch(
        r"!\[示意图\]\(/h5/pictures/[0-9a-f]{32}\)", made.json["reference"]
    )
    assert (
        post(picture=upload(), picture_alt="再一次").json["reference"].endswith(made.json["reference"][-48:])
    )
    assert db.session.query(ContentPicture).count() == 1
    assert (post(picture=upload(), picture_alt=" ").status_code, post(picture_alt="图").status_code) == (
        422,
        422,
    )
    assert post(picture=(io.BytesIO(b"x"), "a.jpg"), picture_alt="图").status_code in (415, 422)


def test_the_preview_link_opens_on_a_phone_for_minutes_and_changes_nothing(
    desk, client, write, editor
) -> None:
    row = write("草稿标题", state="draft", body="**草稿正文**")
    page = desk.get(f"/admin/content/{row.id}/preview").get_data(as_text=True)
    assert "扫码在手机看" in page and "data:image/svg+xml" in page and "草稿标题" in page
    from content.service import previews

    link = f"/h5/preview/{previews.token_of(row.id)}"
    shown = client.get(link).get_data(as_text=True)
    assert (
        "<strong>草稿正文</strong>" in shown
        and "这是预览" in shown
        and "og:" not in shown
        and "noindex" in shown
    )
    assert client.get(f"/h5/notices/{row.id}").status_code == 404
    assert client.get(link[:-2] + "xx").status_code == 410
    later = clock.now().timestamp() + previews.MINUTES * 60 + 2
    with time_machine.travel(later, tick=False):
        answer = client.get(link)
    assert answer.status_code == 410 and "预览链接已过期" in answer.get_data(as_text=True)


def test_a_preview_shows_what_waits_and_readers_do_not(desk, client, write, editor) -> None:
    row = write("看得见的")
    with transaction():
        service.save(row, Page(kind="notice", title="等着的", body="新"), editor, row.version)
    assert "等着的" in desk.get(f"/admin/content/{row.id}/preview").get_data(as_text=True)
    assert "等着的" not in client.get("/h5/notices").get_data(as_text=True)


def test_the_editor_hears_when_something_will_not_be_shown(desk, db) -> None:
    send(desk, NEW, body="好的 ![外](https://evil.example/a.png) <script>1</script>")
    page = desk.get(f"/admin/content/{only(db).id}").get_data(as_text=True)
    assert "外部图片、脚本" in page and "evil.example/a.png" in page
    assert "evil.example" not in only(db).body_html


def test_the_list_is_filtered_by_its_address_and_goes_on(desk, write) -> None:
    for n in range(23):
        write(f"示例第{n}篇", kind="article", state="draft")
    write("一篇公告", state="taken_down")
    found = desk.get("/admin/content?kind=article&state=draft").get_data(as_text=True)
    assert "一篇公告" not in found and len(re.findall(r"示例第\d+篇", found)) == 20
    following = re.search(r'href="([^"]+before=[^"]+)"', found)
    assert following
    rest = desk.get(following[1].replace("&amp;", "&")).get_data(as_text=True)
    assert len(re.findall(r"示例第\d+篇", rest)) == 3
    assert "一篇公告" in desk.get("/admin/content?state=taken_down").get_data(as_text=True)
    assert "没有这样的内容" in desk.get("/admin/content?kind=brochure").get_data(as_text=True)
    assert desk.get("/admin/content?before=x").status_code == 404


def test_an_editor_of_one_union_does_not_speak_for_the_scheme(world, app, write) -> None:
    row = write()
    local = world.sign_in(app.test_client(), staff=world.staff(EDITOR, union=world.union()))
    for path in ("", "/new", f"/{row.id}", f"/{row.id}/preview"):
        assert local.get(f"/admin/content{path}").status_code == 403


def test_a_kind_is_for_life_once_people_have_its_address(desk, write, db) -> None:
    row = write(kind="notice")
    send(desk, f"/admin/content/{row.id}", kind="article", do="publish")
    assert only(db).kind == "notice"
