"""A made-up Host, a slash too few, a file that is no photo: nobody is led away and nothing typed is lost."""

from __future__ import annotations

import io
import re

import pytest

from core.db import transaction
from employee.rules import CONSENT_KEYS
from employee.service import give_consent
from notify.models import OutboxMessage
from tests.world import World, as_employee


@pytest.mark.parametrize("path,there", [("/h5", "/h5/"), ("/admin", "/admin/"), ("/h5?a=1", "/h5/?a=1")])
def test_a_made_up_host_leads_nowhere(client, path: str, there: str) -> None:
    """W6: no address of ours is made from what the request calls itself."""
    answer = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert (answer.status_code, answer.location) == (308, there)
    assert "evil" not in answer.get_data(as_text=True)


def test_a_wrong_file_without_javascript_shows_the_same_page(client, db) -> None:
    """GX-22: the page comes back with the words at the photo and with what was typed."""
    world = World()
    person = world.insured()
    world.sign_in(client, person=person)
    with transaction():
        give_consent(person.id, list(CONSENT_KEYS), as_employee(person))
    page = client.get("/h5/claims/new").get_data(as_text=True)
    op = page.split('name="op" value="')[1].split('"')[0]
    draft = client.submit("/h5/claims/new", {"op": op, "kind": "hospital"}).location
    typed = {"hospital": "某某市人民医院", "do": "next", "invoice": (io.BytesIO(b"<svg/>"), "a.svg")}
    answer = client.submit(draft.removesuffix("1") + "2", typed, content_type="multipart/form-data")
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422  # what else is missing is said in the same round
    assert "这个文件不是照片，请上传 JPG 或 PNG" in shown and "某某市人民医院" in shown


@pytest.mark.parametrize(
    "site,status", [("cross-site", 400), ("same-origin", 303), ("none", 303), (None, 303)]
)
def test_a_form_on_another_site_is_refused_even_with_a_right_token(client, db, site, status) -> None:
    """S8."""
    world = World()
    world.sign_in(client, person=world.insured())
    headers = {"Sec-Fetch-Site": site} if site else {}
    answer = client.submit("/h5/settings/size", {"big": "1"}, page="/h5/claims/new", headers=headers)
    assert answer.status_code == status


def test_a_wrong_guess_does_not_say_whose_phone_is_on_the_roster(client, db) -> None:
    """S3: asking for a code and guessing wrong looks the same for a member's phone and a stranger's."""
    known = World().employee(phone="13900007777")
    said = []
    for phone in (known.phone, "13900008888"):
        asked = client.submit("/s/claims/code", {"phone": phone}, page="/s/claims")
        guessed = client.submit("/s/claims", {"phone": phone, "code": "000000"})
        pages = [answer.get_data(as_text=True).replace(phone, "") for answer in (asked, guessed)]
        said.append([" ".join(re.sub(r"<[^>]*>", " ", page).split()) for page in pages])
    assert said[0] == said[1]
    assert "还可试 4 次" in said[1][1]
    assert db.session.query(OutboxMessage).count() == 1, "the stranger gets nothing"
