"""Which settings does this process run with? Environment variables in, one frozen object out.

Every secret may also come from a file: `NAME_FILE=/run/secrets/name`. A wrong or missing value raises
`SettingsError` with one line that names the setting; `APP_ENV=production` refuses anything made for
development.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHEMES = ROOT / "config" / "schemes"

DEVELOPMENT_SECRET = "development-only-secret-not-for-production"  # noqa: S105 - refused in production
DEVELOPMENT_FIELD_KEYS = (
    "aes:1:ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMDAwMDE=,index:1:ZGV2ZWxvcG1lbnQtb25seS1pbmRleC1rZXktMDAwMDE="
)
SANDBOX_APP_ID_PREFIX = "wx0sandbox"
SANDBOX_OIDC = ("huzhu-sandbox", "sandbox-oidc-secret-0001")
PASSWORD_POLICIES = ("mlps3", "asvs")
SMS_PROVIDERS = ("tencent", "aliyun", "sandbox")
SMTP_AFTER = 24  # the sandbox's mail port, counted from its own: 8025 beside 8001


class SettingsError(ValueError):
    """A setting is missing or wrong; the text is one line that names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """All settings; attribute names are the environment names in lower case."""

    app_env: str = "development"
    scheme: str = "guangxi"
    public_url: str = ""
    port: int = 8000
    sandbox_port: int = 8001
    data_dir: str = ".local"
    secret_key: str = DEVELOPMENT_SECRET
    field_keys: str = DEVELOPMENT_FIELD_KEYS
    database_url: str = ""
    redis_url: str = ""
    storage_url: str = ""
    proxy_hops: int = 0
    wechat_app_id: str = "wx0sandbox00000001"
    wechat_app_secret: str = "sandboxsecret000000000000000000001"  # noqa: S105 - the sandbox's own
    wechat_token: str = "sandboxtoken0001"  # noqa: S105 - the sandbox's own
    wechat_aes_key: str = "sandboxAESkey0123456789sandboxAESkey0123456"
    wechat_aes_key_previous: str = ""
    wechat_freshness: int = 300
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_open_url: str = "https://open.weixin.qq.com"
    wechat_mp_url: str = "https://mp.weixin.qq.com"
    wechat_jssdk_url: str = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    sms_providers: str = "sandbox:1"
    bulk_rates: str = "tencent:200,aliyun:100,wechat:50,sandbox:1000"
    sms_receipt_secret: str = "development-receipts"  # noqa: S105 - refused in production
    tencent_sms_endpoint: str = "https://sms.tencentcloudapi.com"
    tencent_sms_secret_id: str = ""
    tencent_sms_secret_key: str = ""
    tencent_sms_app_id: str = ""
    tencent_sms_sign_name: str = ""
    tencent_sms_region: str = "ap-guangzhou"
    aliyun_sms_endpoint: str = "https://dysmsapi.aliyuncs.com"
    aliyun_sms_access_key_id: str = ""
    aliyun_sms_access_key_secret: str = ""
    aliyun_sms_sign_name: str = ""
    identity_check_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    smtp_url: str = ""
    staff_password_policy: str = "mlps3"  # noqa: S105 - the name of a rule
    font_files: str = ""
    export_rows: int = 50_000
    log_level: str = "INFO"

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    @property
    def sandbox_url(self) -> str:
        """Where the local outside world answers; only meaningful outside production."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def weighted_sms_providers(self) -> dict[str, int]:
        """`tencent:3,aliyun:1` as {"tencent": 3, "aliyun": 1}."""
        pairs = (item.strip().partition(":") for item in self.sms_providers.split(",") if item.strip())
        return {name: int(weight or 1) for name, _, weight in pairs}

    @property
    def bulk_rates_by_provider(self) -> dict[str, float]:
        """`tencent:200,aliyun:100` as {"tencent": 200.0, "aliyun": 100.0}: mass messages a second."""
        pairs = (item.strip().partition(":") for item in self.bulk_rates.split(",") if item.strip())
        return {name: float(rate) for name, _, rate in pairs}


SECRETS = frozenset(
    {
        "secret_key",
        "field_keys",
        "database_url",
        "redis_url",
        "storage_url",
        "wechat_app_secret",
        "wechat_token",
        "wechat_aes_key",
        "wechat_aes_key_previous",
        "sms_receipt_secret",
        "tencent_sms_secret_id",
        "tencent_sms_secret_key",
        "aliyun_sms_access_key_id",
        "aliyun_sms_access_key_secret",
        "oidc_client_secret",
        "smtp_url",
    }
)


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from the environment. Raises `SettingsError`."""
    given = {f.name: _read(f.name, environ) for f in fields(Settings)}
    known: dict[str, Any] = {name: text for name, text in given.items() if text is not None}
    for name in ("port", "sandbox_port", "proxy_hops", "wechat_freshness", "export_rows"):
        if name in known:
            known[name] = _whole_number(name, known[name])
    settings = Settings(**known)
    settings = _with_development_defaults(settings, known)
    _check(settings)
    if settings.is_production:
        _check_production(settings)
    return settings


def _read(name: str, environ: Mapping[str, str]) -> str | None:
    env_name = name.upper()
    if path := environ.get(f"{env_name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{env_name}_FILE: cannot read the file it names ({error.strerror})"
            ) from None
    text = environ.get(env_name)
    return text if text else None


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SettingsError(f"{name.upper()}: must be a whole number") from None


def _with_development_defaults(settings: Settings, known: Mapping[str, object]) -> Settings:
    """Outside production, everything that is not named points at the sandbox on this machine."""
    if settings.is_production:
        return settings
    box = settings.sandbox_url
    defaults = {
        "public_url": f"http://127.0.0.1:{settings.port}",
        "storage_url": f"file://{(Path(settings.data_dir) / 'files').resolve()}",
        "wechat_api_url": f"{box}/wechat/api",
        "wechat_open_url": f"{box}/wechat/open",
        "wechat_mp_url": f"{box}/wechat/mp",
        "wechat_jssdk_url": f"{box}/wechat/jssdk.js",
        "tencent_sms_endpoint": f"{box}/sms/tencent",
        "aliyun_sms_endpoint": f"{box}/sms/aliyun",
        "identity_check_url": f"{box}/identity",
        "smtp_url": f"smtp://127.0.0.1:{settings.sandbox_port + SMTP_AFTER}?from=huzhu@sandbox.example",
        "oidc_issuer": f"{box}/oidc",
        "oidc_client_id": SANDBOX_OIDC[0],
        "oidc_client_secret": SANDBOX_OIDC[1],
    }
    values = {f.name: getattr(settings, f.name) for f in fields(Settings)}
    values.update({name: text for name, text in defaults.items() if name not in known})
    return Settings(**values)


def _check(settings: Settings) -> None:
    if settings.app_env not in {"development", "test", "production"}:
        raise SettingsError("APP_ENV: must be development, test or production")
    if not (SCHEMES / f"{settings.scheme}.toml").is_file():
        names = ", ".join(sorted(path.stem for path in SCHEMES.glob("*.toml")))
        raise SettingsError(
            f"SCHEME: there is no profile {settings.scheme!r} in config/schemes (there are: {names})"
        )
    for name in ("database_url", "redis_url"):
        if not getattr(settings, name):
            raise SettingsError(f"{name.upper()}: is missing (make run and make test set it themselves)")
    if not settings.database_url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        raise SettingsError("DATABASE_URL: must be a postgresql:// address")
    if not re.match(r"https?://[^/]+$", settings.public_url):
        raise SettingsError("PUBLIC_URL: must be scheme and host, like https://huzhu.example.org, no path")
    if not settings.storage_url.startswith(("file:///", "s3://")):
        raise SettingsError("STORAGE_URL: must be file:///folder or s3://bucket?endpoint=…")
    if not re.fullmatch(r"[A-Za-z0-9]{43}", settings.wechat_aes_key):
        raise SettingsError("WECHAT_AES_KEY: must be the 43 letters and digits of EncodingAESKey")
    if settings.staff_password_policy not in PASSWORD_POLICIES:
        raise SettingsError(f"STAFF_PASSWORD_POLICY: must be {' or '.join(PASSWORD_POLICIES)}")
    if not 1 <= settings.export_rows <= 1_000_000:
        raise SettingsError("EXPORT_ROWS: must be between 1 and 1000000")
    _check_oidc(settings)
    _check_mail(settings)
    _check_providers(settings)


def _check_oidc(settings: Settings) -> None:
    """All three or none; a provider is only believed over https, unless it is the sandbox's."""
    names = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
    given = [name for name in names if getattr(settings, name)]
    if given and len(given) < len(names):
        missing = next(name for name in names if name not in given)
        raise SettingsError(f"{missing.upper()}: is missing although {given[0].upper()} is set")
    if settings.is_production and settings.oidc_issuer and not settings.oidc_issuer.startswith("https://"):
        raise SettingsError("OIDC_ISSUER: must start with https:// in production")


def _check_mail(settings: Settings) -> None:
    if settings.smtp_url and not re.match(
        r"(smtps?|smtp\+starttls)://([^@/]+@)?[^@:/?]+(:\d+)?/?(\?|$)", settings.smtp_url
    ):
        raise SettingsError(
            "SMTP_URL: must look like smtps://user:password@host:465 or smtp+starttls://…:587"
        )
    if settings.is_production and settings.smtp_url.startswith("smtp://"):
        raise SettingsError("SMTP_URL: production sends no mail in clear; use smtps:// or smtp+starttls://")


def _check_providers(settings: Settings) -> None:
    try:
        providers = settings.weighted_sms_providers
    except ValueError:
        raise SettingsError("SMS_PROVIDERS: must look like tencent:3,aliyun:1") from None
    _check_rates(settings)
    unknown = set(providers) - set(SMS_PROVIDERS)
    if unknown or not providers:
        raise SettingsError(
            f"SMS_PROVIDERS: knows {', '.join(SMS_PROVIDERS)}, not {', '.join(sorted(unknown))!r}"
        )
    for name, parts in (
        ("tencent", ("secret_id", "secret_key", "app_id", "sign_name")),
        ("aliyun", ("access_key_id", "access_key_secret", "sign_name")),
    ):
        for part in parts:
            if name in providers and not getattr(settings, f"{name}_sms_{part}"):
                raise SettingsError(
                    f"{name.upper()}_SMS_{part.upper()}: is missing although SMS_PROVIDERS names {name}"
                )


def _check_rates(settings: Settings) -> None:
    try:
        rates = settings.bulk_rates_by_provider
    except ValueError:
        rates = {"": 0.0}
    if not all(0 < rate <= 100_000 for rate in rates.values()) or set(rates) - {*SMS_PROVIDERS, "wechat"}:
        raise SettingsError("BULK_RATES: must look like tencent:200,aliyun:100,wechat:50 (messages a second)")


def _check_production(settings: Settings) -> None:
    for name in ("secret_key", "field_keys", "sms_receipt_secret"):
        if getattr(settings, name) == Settings.__dataclass_fields__[name].default:
            raise SettingsError(
                f"{name.upper()}: still has the development default; set a secret of your own"
            )
    if len(settings.secret_key) < 32:
        raise SettingsError("SECRET_KEY: must have at least 32 characters")
    if not settings.public_url.startswith("https://"):
        raise SettingsError("PUBLIC_URL: must start with https:// in production")
    if settings.wechat_app_id.startswith(SANDBOX_APP_ID_PREFIX):
        raise SettingsError("WECHAT_APP_ID: still is the sandbox's; set the official account's own")
    if settings.wechat_app_secret == Settings.__dataclass_fields__["wechat_app_secret"].default:
        raise SettingsError("WECHAT_APP_SECRET: still is the sandbox's; set the official account's own")
    if settings.wechat_token == Settings.__dataclass_fields__["wechat_token"].default:
        raise SettingsError("WECHAT_TOKEN: still is the sandbox's; set the official account's own")
    if "sandbox" in settings.weighted_sms_providers:
        raise SettingsError("SMS_PROVIDERS: the sandbox provider is not for production")
    if not settings.storage_url.startswith(("file:///", "s3://")):
        raise SettingsError("STORAGE_URL: is missing")
