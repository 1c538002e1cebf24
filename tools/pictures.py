"""What does the product look like? `make pictures` walks the main journey and writes docs/pictures/*.webp.

The product is started with its demo data and sandbox on ports and a folder of its own; the walk is that of
the browser tests, with a camera where they have eyes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess  # nosec: starts the product
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyotp
from PIL import Image
from playwright.sync_api import sync_playwright

from config import demo
from tests.journeys.conftest import ID_NUMBER, KEY, NAME, PHONE_NUMBER, WECHAT
from tests.journeys.desk import Desk
from tests.journeys.outside import Outside
from tests.journeys.test_main_journey import BLURRED, NEW_CARD
from tests.journeys.worker import Worker
from tools import browser as chromium
from tools.embedded import free_port
from tools.tether import Tether

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures"
READY, READY_WITHIN = b"Huzhu is running", 120.0
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
HEAVIEST = 60_000  # bytes of a picture
# What the journey calls a page → the picture's name. Everything else it passes is not taken.
ON_THE_PHONE = {
    "bind": "bind",
    "home": "home",
    "step1-photos": "claim-photos",
    "step2-filled": "claim-stay",
    "check": "claim-check",
    "message": "message",
    "fix": "claim-fix",
    "detail-paid": "claim-paid",
    "change": "change",
}
AT_THE_DESK = {"work": "desk-work", "claim-first": "desk-review", "batch-unchecked": "desk-batch"}


class Camera:
    """Stands where a journey's eyes stand; takes each picture of its album once."""

    def __init__(self, page: Page, album: dict[str, str]) -> None:
        self.page, self.album = page, album

    def look(self, name: str) -> None:
        place = FOLDER / f"{self.album.get(name, '')}.webp"
        if name not in self.album or place.exists():
            return
        self.page.evaluate("document.activeElement && document.activeElement.blur(); scrollTo(0, 0)")
        self.page.wait_for_load_state("networkidle")
        place.write_bytes(shrunk(self.page.screenshot()))
        print(f"{place.relative_to(ROOT)}  {place.stat().st_size // 1000} KB", flush=True)


def shrunk(png: bytes) -> bytes:
    """The best quality that stays under the limit."""
    with Image.open(io.BytesIO(png)) as picture:
        for quality in (90, 80, 70, 60, 50, 40, 30):
            out = io.BytesIO()
            picture.convert("RGB").save(out, "WEBP", quality=quality, method=6)
            if out.tell() <= HEAVIEST:
                break
    return out.getvalue()


class DemoDesk(Desk):
    """A member of the demo's staff, signed in as `make run` tells everybody."""

    def __init__(self, page: Page, base: str, role: str) -> None:
        super().__init__(page, Camera(page, AT_THE_DESK), base)  # type: ignore[arg-type]
        person = next(person for person in demo.STAFF if role in person.roles)
        self.open("/admin/")
        page.get_by_label("证件号码或手机号码").fill(person.phone)
        page.get_by_label("密码", exact=True).fill(demo.PASSWORD)
        page.get_by_label("动态码").fill(pyotp.TOTP(person.totp_secret).at(int(time.time())))
        self.press("登录")
        self.on("待办", "work")

    def take(self, number: str, look: str) -> None:
        """This very claim, although others have waited longer."""
        self.open(f"/admin/claims/{number}")
        self.press("领取这一件")
        self.reads("由您领取")
        self.eyes.look(look)

    def batch_of_all(self) -> str:
        self.open("/admin/payouts/prepare")
        self.page.get_by_role("button", name=re.compile(r"全部 \d+ 笔，下一步")).click()
        self.press("生成批次")
        self.on("批次 DK")
        found = re.search(r"DK\d+", self.page.get_by_role("heading", level=1).inner_text())
        if not found:
            raise LookupError("the batch has no number")
        return found[0]


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with running() as (web, sandbox), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.FLAGS), env={**chromium.environment()}
        )
        walk(browser, web, sandbox)
        browser.close()
    wanted = [*ON_THE_PHONE.values(), *AT_THE_DESK.values()]
    missing = [name for name in wanted if not (FOLDER / f"{name}.webp").exists()]
    print(f"not taken: {', '.join(missing)}" if missing else f"{len(wanted)} pictures")
    return 1 if missing else 0


def walk(browser: Browser, web: str, sandbox: str) -> None:
    """Follow, bind, file, be sent back, correct, be approved and paid."""
    worker, number = filed(browser, web, sandbox)
    first, second = (DemoDesk(desk_page(browser), web, f"{level}_reviewer") for level in ("first", "second"))
    first.take(number, "claim-first")
    first.send_back(BLURRED, "住院医疗费用发票")
    corrected(worker)
    first.take(number, "")
    first.agree("同意后进入复核")
    second.take(number, "")
    second.agree("同意后进入打款")
    maker, checker = (DemoDesk(desk_page(browser), web, f"finance_{who}") for who in ("maker", "checker"))
    batch = maker.batch_of_all()
    checker.check_batch(batch)
    checker.settle(batch, worker.outside.pays(maker.export(batch)), "paid", "打款成功")
    worker.open(f"/h5/claims/{number}")
    worker.reads("办结")
    worker.eyes.look("detail-paid")
    worker.open("/h5/changes/new")
    worker.on("变更申请填单", "change")


def filed(browser: Browser, web: str, sandbox: str) -> tuple[Worker, str]:
    """The worker with the phone, and the number of the claim."""
    page = opened(browser, PHONE, 2, user_agent=WECHAT, has_touch=True)
    page.context.add_cookies([{"name": "sandbox_person", "value": KEY, "url": sandbox}])
    worker = Worker(page, Camera(page, ON_THE_PHONE), Outside(sandbox, KEY, PHONE_NUMBER), web)  # type: ignore[arg-type]
    worker.open(worker.outside.link("绑定职工信息", worker.outside.does("follow")))
    worker.bind(NAME, ID_NUMBER)
    worker.open("/h5/")
    worker.eyes.look("home")
    worker.follow_link("补助申请")
    worker.fill_claim(NAME, NEW_CARD)
    worker.check()
    return worker, worker.submit()


def corrected(worker: Worker) -> None:
    worker.open("/h5/messages")
    worker.page.locator("main a[href^='/h5/messages/']").first.click()
    worker.reads(BLURRED)
    worker.eyes.look("message")
    worker.open(f"/h5/claims/{worker.number}/fix")
    worker.on("修改后重新提交", "fix")
    worker.page.once("dialog", lambda dialog: dialog.accept())
    worker.uploader("invoice").get_by_role("button", name="删除").click()
    worker.uploader("invoice").get_by_text("0/9").wait_for()
    worker.photograph("invoice")
    worker.press("重新提交审核")
    worker.on("申请已提交")


def desk_page(browser: Browser) -> Page:
    return opened(browser, DESK, 1)


def opened(browser: Browser, screen: dict[str, int], scale: float, **options: Any) -> Page:
    context = browser.new_context(
        viewport=screen,  # type: ignore[arg-type]
        device_scale_factor=scale,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        **options,
    )
    context.set_default_timeout(60_000)
    return context.new_page()


@contextlib.contextmanager
def running() -> Iterator[tuple[str, str]]:
    """The whole system on new data: addresses of the product and of the sandbox."""
    ports = {"PORT": free_port(), "SANDBOX_PORT": free_port()}
    folder = Path(tempfile.mkdtemp(prefix="huzhu-pictures-"))
    folder.chmod(0o711)  # PostgreSQL may have to run as another user
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = kept | {"DATA_DIR": str(folder)} | {name: str(port) for name, port in ports.items()}
    try:
        with Tether() as tether:
            command = [sys.executable, "-m", "tools.run"]
            _await(tether.start(command, env=env, cwd=ROOT, stdout=subprocess.PIPE))
            yield tuple(f"http://127.0.0.1:{port}" for port in ports.values())  # type: ignore[misc]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(process: subprocess.Popen[bytes]) -> None:
    """Until it says that it runs; from then on nobody listens to it."""
    late = threading.Timer(READY_WITHIN, process.kill)
    late.start()
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line.decode(errors="replace"))
        if READY in line:
            break
    else:
        raise RuntimeError("the product did not start:\n" + "".join(said[-20:]))
    late.cancel()
    threading.Thread(target=lambda: list(process.stdout or ()), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
