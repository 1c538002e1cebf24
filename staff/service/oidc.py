"""Whom does the identity provider vouch for? OpenID Connect: code flow, PKCE, state, nonce (XM-07).

Every answer is doubted: issuer, audience, signature, age and nonce must fit, or the person is told kindly and
stays outside. What the provider says of a person is believed only from a signed ID token.
"""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import audit, context, identifiers
from core.access import Actor
from core.db import db
from core.errors import Refused
from core.roles import GUEST, STAFF
from staff.models import StaffIdentity, StaffUser
from staff.rules import signing_in as rules
from staff.service.completing import Vouched, tie
from staff.service.sign_in import SignedIn, entered

log = logging.getLogger(__name__)

SCOPE = "openid profile email"
ALGORITHMS = ["RS256", "ES256", "PS256"]
TIMEOUT = 5
LEEWAY = 60
KEEPS = 600  # seconds a provider's own description is believed
_descriptions: dict[str, tuple[float, dict[str, Any]]] = {}


@dataclass(frozen=True)
class Journey:
    """A sign-in that is under way; kept in the session of the browser that began it."""

    url: str
    state: str
    nonce: str
    verifier: str


def is_offered() -> bool:
    """Is there a provider?"""
    return bool(context.settings().oidc_issuer)


def begin() -> Journey:
    """Where to send the browser. Raises `Refused` when the provider does not answer."""
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    endpoint = _description()["authorization_endpoint"]
    url, state = _client().create_authorization_url(endpoint, nonce=nonce, code_verifier=verifier)
    return Journey(url, state, nonce, verifier)


def finish(code: str, journey: Journey) -> Vouched:
    """What the provider says of the person. Raises `Refused` with words for every way it can go wrong."""
    from joserfc.errors import ExpiredTokenError, JoseError

    try:
        claims = _claims(_id_token(code, journey), journey.nonce)
    except ExpiredTokenError:
        raise _refusal(rules.PROVIDER_EXPIRED) from None
    except JoseError as wrong:
        claim = getattr(wrong, "claim", "")
        log.warning("oidc answer refused: %s %s", type(wrong).__name__, claim)
        raise _refusal(rules.PROVIDER_WRONG if claim == "nonce" else rules.PROVIDER_FOREIGN) from None
    number = identifiers.normalise("resident_id", str(claims.get("id_number") or ""))
    mail = str(claims.get("email") or "") if claims.get("email_verified", True) else ""
    return Vouched(
        issuer=context.settings().oidc_issuer,
        subject=str(claims["sub"])[:255],
        name=str(claims.get("name") or "")[:40],
        email=mail[:120],
        id_number=number[:40],
    )


def person_of(vouched: Vouched) -> SignedIn | None:
    """Whom the subject is tied to, or who has the certificate the provider vouches for; then it is tied."""
    mark = f"{vouched.issuer}|{vouched.subject}"
    tied = select(StaffIdentity.staff_id).where(StaffIdentity.subject.matches(mark))
    person = db.session.scalar(select(StaffUser).where(StaffUser.id.in_(tied)))
    if person is None and vouched.id_number:
        person = db.session.scalar(select(StaffUser).where(StaffUser.id_number.matches(vouched.id_number)))
        if person is not None and person.password_hash and person.is_active:
            tie(person, vouched)
            by = Actor("staff", person.id, person.name, frozenset({GUEST, STAFF}))
            audit.record("staff.tie_identity", "staff", person.id, by)
    if person is None or not person.password_hash:
        return None
    if not person.is_active:
        raise Refused(rules.NO_ACCOUNT)
    return entered(person)


def cancelled() -> Refused:
    """The person, or the provider, said no."""
    return _refusal(rules.PROVIDER_CANCELLED)


def stale() -> Refused:
    """No sign-in is under way in this browser, or its state is another."""
    return _refusal(rules.PROVIDER_STALE)


def _id_token(code: str, journey: Journey) -> str:
    from authlib.integrations.base_client.errors import OAuthError

    try:
        token = _client().fetch_token(
            _description()["token_endpoint"], code=code, code_verifier=journey.verifier, timeout=TIMEOUT
        )
        return str(token["id_token"])
    except OAuthError as refused:
        log.warning("oidc token refused: %s", refused.error)
        raise _refusal(rules.PROVIDER_STALE) from None
    except (OSError, ValueError, KeyError) as broken:
        log.warning("oidc token not got: %s", type(broken).__name__)
        raise _refusal(rules.PROVIDER_DOWN) from None


def _claims(id_token: str, nonce: str) -> dict[str, Any]:
    """The token's claims, each checked. Raises `JoseError`."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    settings = context.settings()
    published: Any = _get(_description()["jwks_uri"])
    keys = KeySet.import_key_set(published)
    token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
    jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        azp={"value": settings.oidc_client_id},
        nonce={"essential": True, "value": nonce},
    ).validate(token.claims)
    return dict(token.claims)


def _description() -> dict[str, Any]:
    """The provider's discovery document; one that names another issuer is not believed."""
    issuer = context.settings().oidc_issuer
    at, kept = _descriptions.get(issuer, (0.0, {}))
    if not kept or time.monotonic() - at > KEEPS:
        kept = _get(f"{issuer}/.well-known/openid-configuration")
        if kept.get("issuer") != issuer:
            raise _refusal(rules.PROVIDER_FOREIGN)
        _descriptions[issuer] = (time.monotonic(), kept)
    return kept


def _get(url: str) -> dict[str, Any]:
    import requests

    try:
        answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (OSError, ValueError) as broken:
        log.warning("oidc provider not reached: %s", type(broken).__name__)
        raise _refusal(rules.PROVIDER_DOWN) from None
    return found if isinstance(found, dict) else {}


def _client() -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    settings = context.settings()
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope=SCOPE,
        redirect_uri=f"{settings.public_url}/admin/oidc/callback",
        code_challenge_method="S256",
    )


def _refusal(words: str) -> Refused:
    return Refused(words.format(provider=context.scheme().identity_provider))
