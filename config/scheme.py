"""Which scheme does this deployment serve? A profile read from config/schemes/<name>.toml.

A third scheme is one more TOML file and no code; `docs/` says what each key means. Wrong or missing keys
raise `SchemeError` with one line that names the file and the key.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from config.settings import ROOT, SCHEMES


class SchemeError(ValueError):
    """A profile is wrong; one line that names the file and the key."""


@dataclass(frozen=True)
class Brand:
    """Names users see: `title` in the header, `account` of the official account, help line."""

    title: str
    plan: str
    account: str
    operator: str
    hotline: str
    consent_version: str
    logo: str = "img/logo.svg"  # a file below static/


@dataclass(frozen=True)
class Review:
    """Levels of review in order, and the words of the states that differ between schemes."""

    levels: tuple[str, ...]
    labels: dict[str, str]
    union_first: bool

    @property
    def sent_back(self) -> str:
        """驳回 or 退回: what this scheme calls it, in every sentence its people read."""
        return self.labels["returned"].removeprefix("已")


@dataclass(frozen=True)
class Fees:
    """Where unions transfer the fee to, and how many days they have for it after the final review."""

    account_name: str = ""
    bank: str = ""
    account: str = ""
    due_days: int = 30


@dataclass(frozen=True)
class Paper:
    """One line of 申请材料 (XM-66): at least `min` files, at most `max`."""

    code: str
    label: str
    min: int = 1
    max: int = 1
    hint: str = ""


@dataclass(frozen=True)
class Scheme:
    """One scheme profile."""

    name: str
    brand: Brand
    review: Review
    menu: tuple[dict[str, Any], ...]
    prefixes: dict[str, str]
    wechat_kinds: tuple[str, ...]
    kinds: dict[str, str]
    plans: tuple[str, ...]
    promises: dict[str, int]
    wechat_templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    hints: dict[str, str] = field(default_factory=dict)
    bank_layout: str = "standard"
    link_hosts: tuple[str, ...] = ()
    identity_window: tuple[time, time, frozenset[int]] | None = None
    open_registration: bool = False  # may a stranger make a staff account (without any right)?
    identity_provider: str = "统一身份认证"  # what people call the OIDC provider (XM-07)
    fees: Fees = Fees()
    enrolment_papers: tuple[Paper, ...] = ()
    staff_digest: bool = True  # remind staff in WeChat, mornings, how much waits for them?
    allows_both_reviews: bool = False  # may one person hold first and second review? (never of one claim)


@lru_cache
def load_scheme(name: str, folder: Path = SCHEMES) -> Scheme:
    """The profile `name`. Raises `SchemeError`."""
    path = folder / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _build(name, content)
    except OSError:
        raise SchemeError(f"{path.name}: there is no such profile") from None
    except tomllib.TOMLDecodeError as error:
        raise SchemeError(f"{path.name}: {error}") from None
    except KeyError as error:
        raise SchemeError(f"{path.name}: {error.args[0]} is missing") from None
    except TypeError as error:
        raise SchemeError(f"{path.name}: {error}") from None


def _build(name: str, content: dict[str, Any]) -> Scheme:
    review = content["review"]
    claims = content["claims"]
    if bool(review["union_first"]) != (review["levels"][:1] == ["union_review"]):
        raise SchemeError(f"{name}.toml: review.union_first and the first of review.levels disagree")
    return Scheme(
        name=name,
        brand=Brand(**content["brand"]),
        review=Review(tuple(review["levels"]), dict(review["labels"]), bool(review["union_first"])),
        menu=tuple(content["menu"]),
        prefixes=dict(content["prefixes"]),
        wechat_kinds=tuple(claims["wechat_kinds"]),
        kinds=dict(claims["kinds"]),
        plans=tuple(content["plans"]["files"]),
        promises=dict(content["promises"]),
        wechat_templates=dict(content.get("wechat_templates", {})),
        hints=dict(content.get("hints", {})),
        bank_layout=content.get("payout", {}).get("bank_layout", "standard"),
        link_hosts=tuple(content.get("links", {}).get("hosts", ())),
        identity_window=_window(content.get("identity")),
        open_registration=bool(content.get("staff", {}).get("open_registration", False)),
        identity_provider=str(content.get("staff", {}).get("identity_provider", "统一身份认证")),
        fees=Fees(**content.get("fees", {})),
        enrolment_papers=tuple(Paper(**row) for row in content.get("enrolment", {}).get("materials", ())),
        staff_digest=bool(content.get("staff", {}).get("digest", True)),
        allows_both_reviews=bool(content.get("staff", {}).get("allows_both_reviews", False)),
    )


def _window(given: dict[str, Any] | None) -> tuple[time, time, frozenset[int]] | None:
    """When the identity check answers: `from`, `to` (local time) and `days` (ISO weekdays)."""
    if not given:
        return None
    return time.fromisoformat(given["from"]), time.fromisoformat(given["to"]), frozenset(given["days"])


def plan_file(name: str) -> Path:
    """Where the plan `name` of a profile is kept."""
    return ROOT / "config" / "plans" / f"{name}.toml"
