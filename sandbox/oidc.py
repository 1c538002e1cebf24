"""Who vouches for people without a mainland certificate? An OpenID provider with fictional people.

Authorization code with PKCE (S256 only), RS256 tokens, discovery and a key set under /oidc.
`World.oidc_trick` makes its answers wrong on purpose, one way at a time; /provider.json and /faults set it.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response as Answer

from sandbox.state import World, world

oidc = Blueprint("oidc", __name__)

CODE_SECONDS = 120
TOKEN_SECONDS = 300


@dataclass(frozen=True)
class Citizen:
    """Somebody who is registered with the provider."""

    key: str
    name: str
    email: str
    id_number: str
    about: str


CITIZENS = (
    Citizen("lin-gang", "林示港", "lin@example.org", "H00000001", "港澳居民来往内地通行证"),
    Citizen("chen-tai", "陈示台", "chen@example.org", "00000002", "台湾居民来往大陆通行证"),
    Citizen("john", "John Sample", "john@example.org", "", "护照，没有给出号码"),
)
TRICKS = (
    ("", "正常", "照规矩回答"),
    ("nonce", "换掉 nonce", "令牌里的 nonce 不是这次登录的"),
    ("issuer", "别人签发", "令牌说自己是别的机构签发的"),
    ("audience", "给别人的", "令牌是给另一个系统的"),
    ("key", "换掉签名", "签名的钥匙不在公布的钥匙里"),
    ("expired", "已过期", "令牌一小时前就过期了"),
    ("no_email", "没有邮箱", "不给邮箱"),
)


@oidc.get("/oidc/.well-known/openid-configuration")
def discovery() -> Response:
    base = issuer(world())
    return jsonify(
        issuer=base,
        authorization_endpoint=f"{base}/authorize",
        token_endpoint=f"{base}/token",
        jwks_uri=f"{base}/jwks.json",
        response_types_supported=["code"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        code_challenge_methods_supported=["S256"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        scopes_supported=["openid", "profile", "email"],
        claims_supported=["sub", "name", "email", "email_verified", "id_number"],
    )


@oidc.get("/oidc/jwks.json")
def keys() -> Response:
    return jsonify(keys=[_key().as_dict(private=False)])


@oidc.get("/oidc/authorize")
def authorize() -> Answer | str:
    """Choose whom to be; `?as=` chooses at once."""
    here, given = world(), request.args
    if complaint := _complaint(here):
        return render_template("authorize_error.html", number=0, words=complaint)
    if given.get("as") == "nobody":
        return _back(error="access_denied")
    person = _citizen(given.get("as", ""))
    if person is None:
        return render_template("provider.html", people=CITIZENS, query=given)
    code = secrets.token_urlsafe(24)
    asked = {name: given.get(name, "") for name in ("redirect_uri", "nonce", "code_challenge")}
    with here.lock:
        here.oidc_codes[code] = {**asked, "person": person.key, "at": here.clock.now()}
    return _back(code=code)


@oidc.post("/oidc/token")
def token() -> Response | tuple[Response, int]:
    here = world()
    if not _is_client(here):
        return jsonify(error="invalid_client"), 401
    with here.lock:
        kept = here.oidc_codes.pop(request.form.get("code", ""), None)
    if kept is None or kept["at"] + CODE_SECONDS < here.clock.now() or not _fits(kept):
        return jsonify(error="invalid_grant"), 400
    person = _citizen(kept["person"])
    assert person is not None  # noqa: S101 - only known people get codes
    return jsonify(
        access_token=secrets.token_urlsafe(24),
        token_type="Bearer",  # noqa: S106 - the kind of token
        expires_in=TOKEN_SECONDS,
        id_token=_signed(here, _claims(here, person, kept["nonce"])),
    )


@oidc.route("/provider.json", methods=["GET", "POST"])
def provider() -> Response | tuple[Response, int]:
    """{"trick": "" | "nonce" | "issuer" | …}: how the provider's next answers are wrong."""
    here = world()
    if request.method == "POST":
        trick = str(request.get_json(force=True).get("trick", ""))
        if trick not in [name for name, _, _ in TRICKS]:
            return jsonify(error=f"unknown trick: {trick}"), 400
        here.oidc_trick = trick
    return jsonify(trick=here.oidc_trick, tricks=[name for name, _, _ in TRICKS])


def issuer(here: World) -> str:
    return str(here.settings.oidc_issuer)


def _complaint(here: World) -> str:
    given = request.args
    if given.get("client_id") != here.settings.oidc_client_id or given.get("response_type") != "code":
        return "client_id 或 response_type 不对"
    if urlsplit(given.get("redirect_uri", "")).netloc != urlsplit(here.settings.public_url).netloc:
        return "redirect_uri 没有登记"
    if "openid" not in given.get("scope", "").split() or not given.get("state") or not given.get("nonce"):
        return "缺少 scope=openid、state 或 nonce"
    if given.get("code_challenge_method") != "S256" or not given.get("code_challenge"):
        return "需要 PKCE（S256）"
    return ""


def _back(**answer: str) -> Answer:
    query = urlencode({**answer, "state": request.args["state"]})
    return redirect(f"{request.args['redirect_uri']}?{query}")


def _is_client(here: World) -> bool:
    given = request.authorization
    pair = (given.username, given.password) if given else (None, None)
    if not given:
        pair = (request.form.get("client_id"), request.form.get("client_secret"))
    return pair == (here.settings.oidc_client_id, here.settings.oidc_client_secret)


def _fits(kept: dict[str, Any]) -> bool:
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge == kept["code_challenge"] and request.form.get("redirect_uri") == kept["redirect_uri"]


def _claims(here: World, person: Citizen, nonce: str) -> dict[str, Any]:
    trick, now = here.oidc_trick, int(here.clock.now())
    claims: dict[str, Any] = {
        "iss": "https://somebody-else.example" if trick == "issuer" else issuer(here),
        "aud": "another-client" if trick == "audience" else here.settings.oidc_client_id,
        "sub": f"sandbox-{person.key}",
        "iat": now - 3700 if trick == "expired" else now,
        "exp": now - 3600 if trick == "expired" else now + TOKEN_SECONDS,
        "nonce": "not-the-one" if trick == "nonce" else nonce,
        "name": person.name,
    }
    if person.id_number:
        claims["id_number"] = person.id_number
    if trick != "no_email":
        claims |= {"email": person.email, "email_verified": True}
    return claims


def _signed(here: World, claims: dict[str, Any]) -> str:
    key = _key("stranger") if here.oidc_trick == "key" else _key()
    return jwt.encode({"alg": "RS256", "kid": _key().kid}, claims, key)


@lru_cache
def _key(whose: str = "provider") -> RSAKey:
    """Made when first asked for; a restart makes another, as a provider that changes its keys does."""
    return RSAKey.generate_key(2048, {"kid": f"sandbox-{whose}", "use": "sig", "alg": "RS256"})


def _citizen(key: str) -> Citizen | None:
    return next((person for person in CITIZENS if person.key == key), None)
