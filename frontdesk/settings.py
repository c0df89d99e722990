"""The one place where the environment becomes typed values.

Every port, path, database, key and limit is read here and nowhere else; `.env.example` documents them for
people. Nothing of the front desk may be imported from here.
"""

from __future__ import annotations

import json
import os
import secrets
from email.utils import formataddr, parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

KEY_NAMES = ("secret_key", "rasa_key")


class SettingsError(RuntimeError):
    """The environment holds a value that cannot be used; the message says which one and what to do."""


class Settings(BaseSettings):
    """What the environment may set. Names there: `CHHA_` + upper case (`DATABASE_URL` has no prefix).

    Times are seconds, sizes are bytes or characters as said; defaults are safe: loopback only.
    """

    model_config = SettingsConfigDict(
        env_prefix="CHHA_", env_file=ROOT / ".env", extra="ignore", populate_by_name=True, frozen=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    rasa_port: int = Field(default=5005, ge=1, le=65535)
    actions_port: int = Field(default=5055, ge=1, le=65535)
    rasa_host: str = "127.0.0.1"
    actions_host: str = "127.0.0.1"

    var_dir: Path = ROOT / "var"
    models_dir: Path = ROOT / "models"
    knowledge_dir: Path = ROOT / "knowledge"
    organization_file: Path = ROOT / "organization.yml"
    widget_file: Path = ROOT / "widget" / "dist" / "widget.js"
    database_url: str = Field(default="", validation_alias="DATABASE_URL")

    identity_key: str = ""
    captcha: Literal["off", "after_abuse", "always"] = "after_abuse"
    captcha_work: int = Field(default=50_000, ge=1, le=5_000_000)

    secret_key: str = ""
    rasa_key: str = ""

    public_url: str = ""
    allowed_origins: list[str] = Field(default_factory=list)
    trusted_proxy: bool = False

    text_limit: int = Field(default=4000, ge=100, le=4000)
    body_limit: int = Field(default=65_536, ge=1024)
    messages_per_minute: int = Field(default=30, ge=1)
    conversations_per_hour: int = Field(default=60, ge=1)
    reads_per_minute: int = Field(default=300, ge=1)
    visitor_token_days: float = Field(default=30.0, gt=0)
    logins_per_minute: int = Field(default=10, ge=1)

    files_dir: Path | None = None
    file_size_limit: int = Field(default=15_000_000, ge=10_000, le=200_000_000)
    files_of_one_conversation: int = Field(default=40, ge=1)
    files_per_hour: int = Field(default=40, ge=1)
    upload_link_hours: float = Field(default=72.0, gt=0, le=24 * 90)
    clamd: str = ""
    smtp_url: str = ""
    smtp_password: str = ""
    mail_sender: str = "CHHA <no-reply@localhost>"
    mail_days: int = Field(default=90, ge=1)

    action_timeout: float = Field(default=10.0, gt=0)
    turn_timeout: float = Field(default=15.0, gt=0)
    turn_attempts: int = Field(default=3, ge=1, le=10)
    turn_lease: float = Field(default=30.0, gt=0)
    turn_patience: float = Field(default=5.0, gt=0)
    turn_grace: float = Field(default=20.0, ge=0)
    turns_at_once: int = Field(default=8, ge=1)
    watch_every: float = Field(default=3.0, gt=0)
    staff_session_hours: float = Field(default=12.0, gt=0)
    second_factor_codes_per_hour: int = Field(default=20, ge=3)
    invitation_days: float = Field(default=7.0, gt=0, le=90)
    breached_passwords_file: Path | None = None
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "single sign-on"
    api_requests_per_minute: int = Field(default=600, ge=1)

    reachable_minutes: float = Field(default=5.0, gt=0)
    alert_slack_url: str = ""
    alert_webhook_url: str = ""
    alert_webhook_secret: str = ""
    webhook_body_limit: int = Field(default=1_048_576, ge=1024)
    telegram_token: str = ""
    telegram_secret: str = ""
    telegram_api: str = "https://api.telegram.org"
    meta_api: str = "https://graph.facebook.com/v23.0"
    whatsapp_token: str = ""
    whatsapp_app_secret: str = ""
    whatsapp_verify_token: str = ""
    whatsapp_number_id: str = ""
    whatsapp_template: str = ""
    whatsapp_template_language: str = "en_US"
    messenger_token: str = ""
    messenger_app_secret: str = ""
    messenger_verify_token: str = ""
    messenger_page_id: str = ""
    messenger_human_agent: bool = False
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_sms_from: str = ""
    twilio_whatsapp_from: str = ""
    twilio_template: str = ""
    twilio_api: str = "https://api.twilio.com"
    slack_token: str = ""
    slack_signing_secret: str = ""
    slack_api: str = "https://slack.com/api"
    generic_secret: str = ""
    generic_url: str = ""
    rest_api_key: str = ""
    rest_wait: float = Field(default=30.0, gt=0, le=300)

    project_dir: Path = ROOT
    evaluation_dir: Path | None = None
    training_minutes: float = Field(default=60.0, gt=0)
    log_level: str = "INFO"

    @field_validator("identity_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value.encode()) < 32:
            raise ValueError("use at least 32 random characters")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("use DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        local = value.startswith(("http://127.0.0.1", "http://localhost"))
        if value and not value.startswith("https://") and not local:
            raise ValueError("use the provider's https:// address, as its discovery document names it")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_server(cls, value: str) -> str:
        if value and not value.startswith(("smtp://", "smtps://")):
            raise ValueError("use smtp://user@host:587 (STARTTLS) or smtps://user@host:465")
        return value

    @field_validator("mail_sender")
    @classmethod
    def _one_sender(cls, value: str) -> str:
        name, address = parseaddr(value)
        if "@" not in address or not value.isprintable():
            raise ValueError('write it as "CHHA <no-reply@example.org>"')
        return formataddr((name, address))

    @field_validator("telegram_api", "meta_api", "twilio_api", "slack_api", "generic_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("use a full https:// address")
        return value

    @field_validator("clamd")
    @classmethod
    def _known_scanner(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not value.startswith(("/", "unix://")) and not (host and port.isdigit()):
            raise ValueError("use host:port, or the path of clamd's socket")
        return value

    @field_validator("breached_passwords_file", "evaluation_dir", "files_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "postgresql:", "postgresql+pg8000:", "postgres:")):
            raise ValueError("use sqlite:///path/to/file.db or postgresql://user:password@host/name")
        return value

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the record: SQLite under `var/` unless `DATABASE_URL` says otherwise."""
        url = self.database_url
        if not url:
            return f"sqlite:///{self.var_dir / 'record.db'}"
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+pg8000://" + url.removeprefix(prefix)
        return url

    @property
    def evaluation_sets(self) -> Path | None:
        """The folder of question sets that models are measured on; None where there is none."""
        folder = self.evaluation_dir or ROOT.parent / "shared" / "eval"
        return folder if folder.is_dir() else None

    @property
    def files_folder(self) -> Path:
        """Where files of applicants lie: `var/files` unless `CHHA_FILES_DIR` says otherwise."""
        return self.files_dir or self.var_dir / "files"

    @property
    def rasa_url(self) -> str:
        return f"http://{self.rasa_host}:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        return f"http://{self.actions_host}:{self.actions_port}/webhook"

    @property
    def base_url(self) -> str:
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


def load_settings() -> Settings:
    """Read the environment, and the keys that were generated once into `var/keys.json`.

    Raises:
        SettingsError: a value is not usable; the text names the variable and the reason.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0]) if problem["loc"] else "settings"
        name = "DATABASE_URL" if field.upper() == "DATABASE_URL" else f"CHHA_{field.upper()}"
        raise SettingsError(
            f"The environment variable {name} is not usable: {problem['msg']}. See .env.example."
        ) from None
    missing = [name for name in KEY_NAMES if not getattr(settings, name)]
    if not missing:
        return settings
    kept = _kept_keys(settings.var_dir)
    return settings.model_copy(update={name: kept[name] for name in missing})


def _kept_keys(var_dir: Path) -> dict[str, str]:
    """The random keys of this installation, made at first use, readable by the owner only."""
    path = var_dir / "keys.json"
    try:
        return _read_keys(path)
    except FileNotFoundError:
        pass
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        fresh = var_dir / f"keys.{secrets.token_hex(4)}.tmp"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump({name: secrets.token_urlsafe(32) for name in KEY_NAMES}, file)
        # A link fails when another process was first, so two starters end with the same keys.
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    except OSError as error:
        raise SettingsError(
            f"The folder {var_dir} cannot be written ({error.strerror}); set CHHA_VAR_DIR to another, "
            "or set CHHA_SECRET_KEY and CHHA_RASA_KEY."
        ) from None
    return _read_keys(path)


def _read_keys(path: Path) -> dict[str, str]:
    text = path.read_text()
    try:
        keys = json.loads(text)
        return {name: str(keys[name]) for name in KEY_NAMES}
    except (ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{path} is damaged; remove it to have new keys made (visitors then start a new thread)."
        ) from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()
