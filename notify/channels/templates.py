"""Which template of an SMS cloud carries which kind of message? Read from config/sms_templates.toml."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from config.settings import ROOT

FILE = ROOT / "config" / "sms_templates.toml"


@lru_cache
def table(path: Path = FILE) -> dict[str, dict[str, str]]:
    """{provider: {kind: template id}}"""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        provider: {kind: str(template) for kind, template in rows.items()}
        for provider, rows in content.items()
    }


def template_id(provider: str, kind: str) -> str:
    """The cloud's id for the words of `kind`; "" when it has none."""
    return table().get(provider, {}).get(kind, "")
