"""What does every macro look like in every state? To see: flask --app tests.looks.gallery run"""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from flask_wtf.csrf import CSRFProtect
from PIL import Image, ImageDraw

from core.headers import register_headers
from core.pages import NavItem, Site, error_page, register_pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = Path(__file__).parent / "pages"
NAV = (
    NavItem("work", "待办", "/admin/table", 12),
    NavItem("claims", "补助申请", "/admin/review"),
    NavItem("changes", "变更申请", "/admin/change", 3),
    NavItem("payouts", "打款批次", "/admin/table"),
    NavItem("roster", "职工名册", "/admin/form"),
    NavItem("audit", "操作日志", "/admin/table"),
)
STATES = ("待初核", "待复核", "打款失败", "已驳回", "办结")
WRONG = {
    "name": "请输入您的姓名",
    "id_number": "证件号码应为 18 位，现在是 17 位",
    "left_on": "出院日期不能早于入院日期（2026-10-01）",
    "invoice": "请上传住院医疗费用发票",
    "note": "请填写退回原因，申请人要看到",
    "": "这次住院已经申请过（申报号 BZ202611210001）",
}
LOOK_ALIKE = {"a": "张建囯", "b": "张建国"}


def _docs() -> list[dict[str, str]]:
    labels = ("发票 1", "结算单", "出院小结", "证件正面", "证件背面", "银行卡")
    return [
        {"label": name, "preview_url": f"/photo/{n}", "full_url": f"/photo/{n}", "thumb_url": f"/photo/{n}"}
        for n, name in enumerate(labels)
    ]


def _shot(n: int) -> dict[str, str]:
    label = f"住院发票 第 {n} 张"
    photo = f"/photo/{n}"
    return {"thumb_url": photo, "url": photo, "delete_url": f"{photo}/delete", "label": label}


def _row(n: int, state: str, at: datetime) -> dict[str, Any]:
    row = {"id": n, "kind": "住院补助", "number": f"BZ20261121000{n}", "name": "张*国", "state": state}
    return row | {"union": "某某县某某学校工会委员会", "at": at, "fen": 123450 * n, "url": "/admin/review"}


def _samples() -> dict[str, Any]:
    """Fictional content every page may use."""
    at = datetime(2026, 11, 20, 8, 38, 5, tzinfo=UTC)
    return {
        "at": at,
        "on": date(2026, 10, 1),
        "docs": _docs(),
        "look_alike": LOOK_ALIKE,
        "photos": [_shot(1), _shot(2)],
        "rows": [_row(n, state, at) for n, state in enumerate(STATES, 1)],
    }


def create_gallery(*, static_folder: Path = ROOT / "static") -> Flask:
    app = Flask(
        "looks",
        static_folder=str(static_folder),
        static_url_path="/static",
        template_folder=str(ROOT / "templates_h5"),
    )
    app.jinja_loader.searchpath.append(str(PAGES))  # type: ignore[union-attr]
    app.config.update(SECRET_KEY="gallery", WTF_CSRF_CHECK_DEFAULT=False)
    CSRFProtect(app)
    settings = SimpleNamespace(
        wechat_jssdk_url="https://res.wx.qq.com/x.js",
        is_production=False,
        sandbox_port=8001,
        public_url="http://localhost",
    )
    register_headers(app, settings)  # type: ignore[arg-type]
    register_pages(
        app,
        site=lambda: Site("职工医疗互助", "互助审核", "某某职工互助", "某某工会", "0000-0000000"),
        unread=lambda: 2,
        admin_nav=lambda: NAV,
        person=lambda: "李审核",
    )
    _routes(app)
    return app


def page_names() -> list[str]:
    return sorted(
        str(p.relative_to(PAGES).with_suffix("")) for p in PAGES.rglob("*.html") if not p.name.startswith("_")
    )


def _routes(app: Flask) -> None:
    last: dict[str, Any] = {}

    @app.get("/last")
    def last_post() -> Response:
        return jsonify(last)

    @app.get("/")
    def index() -> str:
        return render_template("h5/_index.html", names=page_names())

    @app.route("/<path:name>", methods=["GET", "POST"])
    def page(name: str) -> str | tuple[str, int]:
        if name not in page_names():
            abort(404)
        wrong = "wrong" in request.args
        if request.method == "POST":
            first = request.files.get("invoice")
            last.clear()
            last.update(
                do=request.form.get("do"),
                files=sorted(request.files),
                first=first.filename if first else None,
            )
        errors = WRONG if wrong else {}
        page = render_template(f"{name}.html", errors=errors, values={}, wrong=wrong, **_samples())
        return page, 422 if wrong else 200

    @app.get("/errors/<side>/<int:status>")
    def error(side: str, status: int) -> str:
        return error_page(status, look=side, reference="7F3A91C2" if status == 500 else "")

    @app.get("/photo/<int:n>")
    def photo(n: int) -> Response:
        return Response(_paper(n), mimetype="image/png")

    @app.post("/photo/<int:n>/delete")
    def delete(n: int) -> tuple[str, int]:
        return "", 204

    @app.post("/upload")
    def upload() -> tuple[Response, int]:
        got = request.files["photo"]
        if request.form["kind"] == "refused":
            return jsonify(error="这个文件不是照片，请上传 JPG 或 PNG"), 422
        app.config["LAST_UPLOAD"] = (len(got.read()), request.form["kind"])
        return jsonify(
            id="9", thumb_url="/photo/3", label="住院发票 第 3 张", delete_url="/photo/3/delete"
        ), 201

    @app.post("/code")
    def code() -> Response:
        return jsonify(message="验证码已发到 138****0000，5 分钟内有效。", seconds=60)

    @app.post("/draft")
    def draft() -> tuple[str, int]:
        return "", 204


def _paper(n: int) -> bytes:
    """A picture of a form with lines, so that zoom and rotation can be seen."""
    picture = Image.new("RGB", (600, 820), "#faf8f2")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((20, 20, 580, 800), outline="#8c8377", width=3)
    for y in range(120, 760, 50):
        pen.line((50, y, 550, y), fill="#b8b2a8", width=2)
    pen.text((260, 50), f"No. {n}", fill="#a33", font_size=36)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def create_app() -> Flask:
    return create_gallery()
