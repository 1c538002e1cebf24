"""What does every answer tell the browser to refuse? Security headers, a nonce for scripts, no caching."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from config.settings import Settings

OF_THE_PAGE = ("csp_nonce", "uses_jssdk", "style_digests")  # what a page asked for while it was made


def csp_nonce() -> str:
    """The nonce of this request's inline scripts (the JS-SDK's configuration is the only one)."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def allow_style(digest: str) -> None:
    """Let the style sheet with this digest stand in the page that is being answered; no other one may."""
    g.setdefault("style_digests", set()).add(digest)


def register_headers(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of `app`."""
    sdk = urlsplit(settings.wechat_jssdk_url)
    sdk_host = f"{sdk.scheme}://{sdk.netloc}"
    frames = (
        "'none'"
        if settings.is_production
        else f"http://127.0.0.1:{settings.sandbox_port} http://localhost:{settings.sandbox_port}"
    )

    always = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "geolocation=(), microphone=(), payment=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if settings.public_url.startswith("https://"):
        always.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    def policy(nonce: str = "", calls: str = "", styles: str = "") -> str:
        return (
            f"default-src 'none'; script-src 'self'{nonce} {sdk_host}; style-src 'self'{styles}; "
            f"img-src 'self' blob: data:; connect-src 'self'{calls}; font-src 'self'; form-action 'self'; "
            f"base-uri 'none'; object-src 'none'; frame-ancestors {frames}"
        )

    without_nonce = policy()

    @app.after_request
    def _add(response: Response) -> Response:
        """What the view has set stays. One look for all of them, because every answer pays for it."""
        given = {name.lower() for name, _ in response.headers}
        said = policy(*_let_in(sdk_host)) if any(name in g for name in OF_THE_PAGE) else without_nonce
        wanted = [*always, ("Content-Security-Policy", said)]
        if not request.path.startswith("/static/"):
            wanted.append(("Cache-Control", "no-store"))
        response.headers.extend([(name, value) for name, value in wanted if name.lower() not in given])
        return response


def _let_in(sdk_host: str) -> tuple[str, str, str]:
    """What this page alone may do: its scripts, whom they call (the JS-SDK its own host), its styles."""
    styles = "".join(f" 'sha256-{digest}'" for digest in sorted(g.get("style_digests", ())))
    return f" 'nonce-{csp_nonce()}'", f" {sdk_host}" if "uses_jssdk" in g else "", styles
