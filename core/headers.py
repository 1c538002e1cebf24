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

    always = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "geolocation=(), microphone=(), payment=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if settings.public_url.startswith("https://"):
        always.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    def policy(nonce: str = "", calls: str = "") -> str:
        return (
            f"default-src 'none'; script-src 'self'{nonce} {sdk_host}; style-src 'self'; "
            f"img-src 'self' blob: data:; connect-src 'self'{calls}; font-src 'self'; form-action 'self'; "
            f"base-uri 'none'; object-src 'none'; frame-ancestors {frames}"
        )

    without_nonce = policy()

    @app.after_request
    def _add(response: Response) -> Response:
        """What the view has set stays. One look for all of them, because every answer pays for it."""
        given = {name.lower() for name, _ in response.headers}
        said = policy(f" 'nonce-{g.csp_nonce}'") if "csp_nonce" in g else without_nonce
        if "uses_jssdk" in g:  # the page's script may call its own host
            said = policy(f" 'nonce-{csp_nonce()}'", f" {sdk_host}")
        wanted = [*always, ("Content-Security-Policy", said)]
        if not request.path.startswith("/static/"):
            wanted.append(("Cache-Control", "no-store"))
        response.headers.extend([(name, value) for name, value in wanted if name.lower() not in given])
        return response
