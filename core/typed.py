"""What did the browser send? Text without NUL, which PostgreSQL keeps none of, and a Host nobody trusts."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Request, Response, redirect, request
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import RequestRedirect
from werkzeug.utils import cached_property

from core.errors import Missing

NUL = "\0"
SAFE = ("GET", "HEAD", "OPTIONS")
PHOTO_STEPS = "/h5/claims/"
LARGEST_STEP = 96 * 1024 * 1024
TABLE_UPLOADS = ("/admin/roster/import", "/admin/finder/runs")
INVOICES_UPLOAD = "/admin/invoices/upload"
LARGEST_TABLE = 64 * 1024 * 1024


class TypedRequest(Request):
    """A request whose form and query hold no NUL. Leaving it out keeps what the person typed around it."""

    @cached_property
    def args(self) -> MultiDict[str, str]:  # type: ignore[override]
        return _clean(super().args)

    @property  # type: ignore[misc]
    def max_content_length(self) -> int | None:  # type: ignore[override]
        """Without scripts the photos of a step come with the step itself: nine of them and what was typed."""
        if self.path.startswith(PHOTO_STEPS) and not self.path.endswith("/documents"):
            return LARGEST_STEP
        if self.path == INVOICES_UPLOAD:  # a hundred at once, each judged by its own size
            return LARGEST_STEP
        if self.path in TABLE_UPLOADS:  # a table's own size is judged where it is read, in words about tables
            return LARGEST_TABLE
        return super().max_content_length

    def _load_form_data(self) -> None:
        is_first = "form" not in self.__dict__
        super()._load_form_data()
        if is_first:
            self.__dict__["form"] = _clean(self.__dict__["form"])


def register_typed(app: Flask) -> None:
    """Use it for every request of `app`. An address with NUL in it names nothing of ours (404)."""
    app.request_class = TypedRequest

    @app.before_request
    def _no_such_address() -> None:
        if NUL in request.path:
            raise Missing

    @app.before_request
    def _not_from_elsewhere() -> None:
        """A form on another site is refused whatever its token (S8); machines send no such header."""
        if request.method not in SAFE and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise CSRFError("cross-site")

    @app.after_request
    def _stay_here(response: Response) -> Response:
        """/h5 → /h5/ without naming a host: the request's Host may be made up (W6)."""
        if not isinstance(request.routing_exception, RequestRedirect):
            return response
        there = urlsplit(request.routing_exception.new_url)
        path = "/" + there.path.lstrip("/")
        return redirect(urlunsplit(("", "", path, there.query, "")), response.status_code)  # type: ignore[return-value]


def _clean(sent: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    """The same values; copied only when there is something to leave out."""
    if not any(NUL in key or NUL in value for key, value in sent.items(multi=True)):
        return sent  # type: ignore[return-value]
    return ImmutableMultiDict(
        [(key.replace(NUL, ""), value.replace(NUL, "")) for key, value in sent.items(multi=True)]
    )
