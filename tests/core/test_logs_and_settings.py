"""Logs tell no personal value; a wrong setting stops the start with one line that names it (C4, C6)."""

from __future__ import annotations

import json
import logging

import pytest

from config.settings import SettingsError, load
from core.logs import JsonFormatter, redact

GOOD = {"DATABASE_URL": "postgresql://u@127.0.0.1/x", "REDIS_URL": "redis://127.0.0.1"}
PRODUCTION = {
    **GOOD,
    "APP_ENV": "production",
    "PUBLIC_URL": "https://huzhu.example.org",
    "SECRET_KEY": "s" * 40,
    "FIELD_KEYS": "aes:1:eA==",
    "SMS_RECEIPT_SECRET": "r" * 20,
    "STORAGE_URL": "file:///srv/huzhu",
    "WECHAT_APP_ID": "wxfictional0000001",
    "WECHAT_APP_SECRET": "fictional",
    "WECHAT_TOKEN": "fictional",
    "SMS_PROVIDERS": "tencent:1",
    "TENCENT_SMS_SECRET_ID": "i",
    "TENCENT_SMS_SECRET_KEY": "k",
    "TENCENT_SMS_APP_ID": "1",
    "TENCENT_SMS_SIGN_NAME": "示例",
}


@pytest.mark.parametrize(
    "said,kept_out",
    [
        ("id 11010119900307002X here", "11010119900307002X"),
        ("call 13812345678 now", "13812345678"),
        ("+8613812345678", "13812345678"),
        ("card 6222021234567890123", "6222021234567890123"),
        ("GET /token?secret=abc123&x=1", "abc123"),
        ("openid oSandboxUser0000000000000001", "oSandboxUser0000000000000001"),
        ('{"access_token": "TOKENVALUE"}', "TOKENVALUE"),
    ],
)
def test_what_is_personal_or_secret_does_not_reach_the_log(said: str, kept_out: str) -> None:
    assert kept_out not in redact(said)


def test_our_own_numbers_stay_readable() -> None:
    assert redact("claim BZ2124216561580376064 returned") == "claim BZ2124216561580376064 returned"


def test_a_failure_is_logged_by_type_and_place_without_its_words() -> None:
    try:
        raise ValueError("张建国 13812345678")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 0, "failed", (), (ValueError, error, error.__traceback__)
        )
    line = json.loads(JsonFormatter().format(record))
    assert line["error"] == "ValueError"
    assert "张建国" not in json.dumps(line, ensure_ascii=False)


def test_good_settings_load() -> None:
    assert load(GOOD).public_url == "http://127.0.0.1:8000"
    assert load(PRODUCTION).is_production


@pytest.mark.parametrize(
    "name,value",
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///x"),
        ("REDIS_URL", ""),
        ("APP_ENV", "staging"),
        ("SCHEME", "atlantis"),
        ("PORT", "eighty"),
        ("PUBLIC_URL", "huzhu.example.org"),
        ("STORAGE_URL", "ftp://x"),
        ("WECHAT_AES_KEY", "short"),
        ("SMS_PROVIDERS", "pigeon:1"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: ") as caught:
        load({**GOOD, name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name,value",
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("FIELD_KEYS", ""),
        ("SMS_RECEIPT_SECRET", ""),
        ("PUBLIC_URL", "http://huzhu.example.org"),
        ("WECHAT_APP_ID", "wx0sandbox00000001"),
        ("WECHAT_APP_SECRET", ""),
        ("WECHAT_TOKEN", ""),
        ("SMS_PROVIDERS", "sandbox:1"),
        ("TENCENT_SMS_SECRET_KEY", ""),
        ("STORAGE_URL", ""),
    ],
)
def test_production_refuses_what_was_made_for_development(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: "):
        load({**PRODUCTION, name: value})


def test_a_secret_may_come_from_a_file(tmp_path) -> None:
    path = tmp_path / "key"
    path.write_text("s" * 50 + "\n")
    assert load({**GOOD, "SECRET_KEY_FILE": str(path)}).secret_key == "s" * 50
    with pytest.raises(SettingsError, match="^SECRET_KEY_FILE: "):
        load({**GOOD, "SECRET_KEY_FILE": str(tmp_path / "absent")})
