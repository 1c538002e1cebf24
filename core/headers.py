"""What does every answer tell the browser to refuse? Security headers, a nonce for scripts, no caching."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from config.settings import Settings


def csp_nonce() -> str:
    """The nonce of this request's inline scripts (the JS-SDK's configuration is the only one)."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def register_headers(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer of `app`."""
    sdk = urlsplit(settings.wechat_jssdk_url)
    sdk_host = f"{sdk.scheme}://{sdk.netloc}"
    frames = (
        "'none'"
        if settings.is_production
        else f"http://127.0.0.1:{settings.sandbox_port} http://localhost:{settings.sandbox_port}"
    )

    @app.after_request
    def _add(response: Response) -> Response:
        nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self'{nonce} {sdk_host}; style-src 'self'; "
            f"img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; form-action 'self'; "
            f"base-uri 'none'; object-src 'none'; frame-ancestors {frames}",
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if settings.public_url.startswith("https://"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response
