"""Which messaging channels the environment turns on, and what a half-configured one lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from frontdesk.channels import messenger, twilio, whatsapp
from frontdesk.channels.channel import Channel
from frontdesk.channels.generic import Generic
from frontdesk.channels.messenger import Messenger
from frontdesk.channels.slack import Slack
from frontdesk.channels.telegram import Telegram
from frontdesk.channels.twilio import Twilio
from frontdesk.channels.whatsapp import WhatsApp
from frontdesk.settings import Settings

REST: Final = "rasa_rest"
WEBSITE: Final = "website"


@dataclass(frozen=True)
class Kind:
    """A channel that can be configured.

    `required` are fields of the settings; `make` gets settings and address. `files`: what staff send as a
    file arrives as one.
    """

    name: str
    title: str
    required: tuple[str, ...]
    make: Callable[[Settings, str], Channel] | None
    files: bool = False
    # Thread → for how many hours after an applicant's last message a reply is taken; None: for ever.
    window: Callable[[str], float | None] = lambda _: None

    def missing(self, settings: Settings) -> list[str]:
        """The variables that are still empty."""
        return [f"CHHA_{name.upper()}" for name in self.required if not getattr(settings, name)]

    def is_on(self, settings: Settings) -> bool:
        return not self.missing(settings)


def _telegram(settings: Settings, url: str) -> Channel:
    return Telegram(
        url,
        token=settings.telegram_token,
        secret=settings.telegram_secret,
        api=settings.telegram_api,
    )


def _whatsapp(settings: Settings, url: str) -> Channel:
    return WhatsApp(
        url,
        token=settings.whatsapp_token,
        app_secret=settings.whatsapp_app_secret,
        verify_token=settings.whatsapp_verify_token,
        number_id=settings.whatsapp_number_id,
        template=settings.whatsapp_template,
        template_language=settings.whatsapp_template_language,
        api=settings.meta_api,
    )


def _messenger(settings: Settings, url: str) -> Channel:
    return Messenger(
        url,
        token=settings.messenger_token,
        app_secret=settings.messenger_app_secret,
        verify_token=settings.messenger_verify_token,
        page_id=settings.messenger_page_id,
        human_agent=settings.messenger_human_agent,
        api=settings.meta_api,
    )


def _twilio(settings: Settings, url: str) -> Channel:
    return Twilio(
        url,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sms_from=settings.twilio_sms_from,
        whatsapp_from=settings.twilio_whatsapp_from,
        template=settings.twilio_template,
        api=settings.twilio_api,
    )


def _slack(settings: Settings, url: str) -> Channel:
    return Slack(
        url,
        token=settings.slack_token,
        signing_secret=settings.slack_signing_secret,
        api=settings.slack_api,
    )


def _generic(settings: Settings, url: str) -> Channel:
    return Generic(url, secret=settings.generic_secret, url=settings.generic_url)


KINDS: Final = (
    Kind("telegram", "Telegram", ("telegram_token", "telegram_secret"), _telegram, files=True),
    Kind(
        "whatsapp",
        "WhatsApp",
        ("whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token", "whatsapp_number_id"),
        _whatsapp,
        files=True,
        window=lambda _: whatsapp.CAPABILITIES.window,
    ),
    Kind(
        "twilio",
        "SMS and WhatsApp by Twilio",
        ("twilio_account_sid", "twilio_auth_token"),
        _twilio,
        window=lambda thread: twilio.can(thread).window,
    ),
    Kind(
        "messenger",
        "Messenger",
        ("messenger_token", "messenger_app_secret", "messenger_verify_token", "messenger_page_id"),
        _messenger,
        files=True,
        window=lambda _: messenger.CAPABILITIES.window,
    ),
    Kind("slack", "Slack", ("slack_token", "slack_signing_secret"), _slack, files=True),
    Kind("generic", "Integrators: signed webhooks", ("generic_secret",), _generic),
    Kind(REST, "Integrators: Rasa's REST shape", ("rest_api_key",), None),
)


def carries_files(channel: str) -> bool:
    """Whether a file that staff send reaches an applicant there: on the website, and on some channels."""
    return channel == WEBSITE or any(kind.name == channel and kind.files for kind in KINDS)


def reply_window(channel: str, thread: str) -> float | None:
    """For how many hours after an applicant's last message their channel takes a reply; None: for ever."""
    return next((kind.window(thread) for kind in KINDS if kind.name == channel), None)


def webhook_url(settings: Settings, name: str) -> str:
    """The public address at which a provider calls a channel."""
    return f"{settings.base_url}/channels/{name}"


def configured(settings: Settings) -> dict[str, Channel]:
    """The channels that are on, by name."""
    return {
        kind.name: kind.make(settings, webhook_url(settings, kind.name))
        for kind in KINDS
        if kind.make is not None and kind.is_on(settings)
    }
