"""SMS and WhatsApp by Twilio: https://www.twilio.com/docs/messaging/api/message-resource (limits are from
there).

One account for both: a thread whose name begins with `whatsapp:` is WhatsApp, any other is a phone.
Options are numbers to be typed.
"""

from __future__ import annotations

import base64
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, quote, urlencode

import httpx
from twilio.request_validator import RequestValidator

from frontdesk.channels import measures
from frontdesk.channels.channel import (
    Call,
    Capabilities,
    Channel,
    Envelope,
    MediaRefused,
    Outside,
    Part,
    SendFailure,
    Webhook,
    bounded,
    is_on,
    json_of,
    retry_after,
)
from frontdesk.channels.inbound import (
    Forged,
    Inbound,
    Media,
    Noted,
    Parsed,
    RawRequest,
    Receipt,
    Said,
    Unreadable,
    fingerprint,
    text_of,
    whole,
)
from frontdesk.channels.opting import SMS, WHATSAPP, opting

SIGNATURE_HEADER: Final = "x-twilio-signature"
EMPTY_ANSWER: Final = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
LONGEST: Final = 1600
MOST_MEDIA: Final = 10

_SMS: Final = Capabilities(
    text=LONGEST, measure=measures.utf16, markup="plain", short_links=True, per_second=10.0, per_thread=1.0
)
_WHATSAPP: Final = Capabilities(
    text=LONGEST, measure=measures.utf16, markup="whatsapp", window=24.0, per_second=60.0, per_thread=0.2
)


def can(thread: str) -> Capabilities:
    """What a thread of that name can show: one of WhatsApp, or one of SMS."""
    return _WHATSAPP if thread.startswith("whatsapp:") else _SMS


_STATES: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
}
# https://www.twilio.com/docs/api/errors
_WINDOW: Final = {63016}
_UNWANTED: Final = {21610}
_TOO_FAST: Final = {20429, 14107, 30022, 63018}
_ADDRESS: Final = frozenset("+0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:._-")


class _Fields(dict[str, list[str]]):
    """Form fields as Twilio's validator reads them: a name may stand several times."""

    def getall(self, name: str) -> list[str]:
        return self[name]


class Twilio(Channel):
    """One account with a number for SMS, or for WhatsApp, or both.

    Args:
        auth_token: signs the calls that we get, and ours.
        sms_from: the number, or a messaging service's SID (MG…); "" when there is no SMS.
        whatsapp_from: the WhatsApp number (+…); "" when there is none.
        template: the SID of an approved content template (HX…) for a closed window; "" holds the message.
        api: of Twilio's REST API.
    """

    name: ClassVar[str] = "twilio"
    title: ClassVar[str] = "Twilio"

    def __init__(
        self,
        webhook_url: str,
        *,
        account_sid: str,
        auth_token: str,
        sms_from: str,
        whatsapp_from: str,
        template: str,
        api: str,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(webhook_url, client)
        self._account = account_sid
        self._validator = RequestValidator(auth_token)
        self._sms_from = sms_from
        self._whatsapp_from = whatsapp_from
        self._template = template
        self._api = api.rstrip("/")
        self._base = f"{self._api}/2010-04-01/Accounts/{account_sid}"
        basic = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}"}

    def capabilities(self, thread: str) -> Capabilities:
        return can(thread)

    def verify(self, request: RawRequest) -> None:
        given = request.headers.get(SIGNATURE_HEADER, "")
        if not given.isascii() or not self._validator.validate(request.url, _fields(request), given):
            raise Forged("X-Twilio-Signature is missing or wrong; check CHHA_PUBLIC_URL and the auth token.")

    def parse(self, request: RawRequest) -> Parsed:
        form = {name: values[-1] for name, values in _fields(request).items()}
        if form.get("AccountSid") != self._account:
            raise Unreadable("This is of another account.")
        if "MessageStatus" in form and "From" in form and "Body" not in form:
            return Parsed([_status(form, request)], EMPTY_ANSWER, "text/xml")
        return Parsed([_message(form)], EMPTY_ANSWER, "text/xml")

    def outside_window(self, author: str, hours: float) -> Outside:
        return "template" if self._template else "hold"

    def render(self, part: Part, envelope: Envelope) -> Call:
        on_whatsapp = envelope.thread.startswith("whatsapp:")
        sender = f"whatsapp:{self._whatsapp_from}" if on_whatsapp else self._sms_from
        if not (self._whatsapp_from if on_whatsapp else self._sms_from):
            raise SendFailure("This number is no longer configured.", again=False)
        form = {"To": envelope.thread}
        form["MessagingServiceSid" if sender.startswith("MG") else "From"] = sender
        if envelope.outside_window:
            form["ContentSid"] = self._template
        else:
            form["Body"] = part.text if on_whatsapp else measures.sms_plain(part.text)
        form["StatusCallback"] = f"{self.webhook_url}?{urlencode({'delivery': envelope.delivery})}"
        return Call(f"{self._base}/Messages.json", form=form, headers=self._headers)

    def sent(self, response: httpx.Response) -> str | None:
        return text_of(self._told(response).get("sid")) or None

    def _told(self, response: httpx.Response) -> dict[str, Any]:
        told = json_of(response)
        if response.is_success and told:
            return told
        code = told.get("code")
        reason = f"Twilio answered {response.status_code}, error {code}: {text_of(told.get('message'))[:200]}"
        if code in _WINDOW:
            raise SendFailure(reason, again=False, window_closed=True)
        if code in _UNWANTED:
            raise SendFailure(reason, again=False, opted_out=True)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS or code in _TOO_FAST:
            raise SendFailure(reason, again=True, retry_after=retry_after(response) or 2.0, everybody=True)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise SendFailure(f"{reason}. Check CHHA_TWILIO_AUTH_TOKEN.", again=True, everybody=True)
        raise SendFailure(reason, again=response.status_code >= 500 or response.is_success)

    async def fetch(self, reference: str, limit: int) -> bytes:
        if not is_on(reference, ("api.twilio.com",), self._api):
            raise MediaRefused("It is not on Twilio's host.")
        # Twilio sends on to a signed address of its media host; that one is asked without our credentials.
        request = self.client.build_request("GET", reference, headers=self._headers)
        for _ in range(3):
            response = await self.ask(request)
            if not response.is_redirect or response.next_request is None:
                break
            url = str(response.next_request.url)
            if not is_on(
                url,
                ("twiliocdn.com", "mms.twiliocdn.com", "media.twiliocdn.com", "api.twilio.com"),
                self._api,
            ):
                raise MediaRefused("Twilio sends on to a host that is not its own.")
            request = self.client.build_request("GET", url)
        else:
            raise MediaRefused("Twilio sends on too often.")
        return await bounded(self.client, request, limit, self.title)

    async def webhook(self) -> Webhook:
        if not self._sms_from.startswith("+"):
            return Webhook("unknown", f"Enter {self.webhook_url} for incoming messages in Twilio's console.")
        number = await self._number()
        if number is None:
            return Webhook("unknown", "The number of CHHA_TWILIO_SMS_FROM is not in this account.")
        url = text_of(number.get("sms_url"))
        if url == self.webhook_url:
            return Webhook("registered")
        state = "elsewhere" if url else "missing"
        return Webhook(state, "Run `make channels` to have the number send its messages here.")  # type: ignore[arg-type]

    async def register(self) -> Webhook:
        number = await self._number() if self._sms_from.startswith("+") else None
        if number is not None:
            call = Call(
                f"{self._base}/IncomingPhoneNumbers/{quote(text_of(number.get('sid')))}.json",
                form={"SmsUrl": self.webhook_url, "SmsMethod": "POST"},
                headers=self._headers,
            )
            self._told(await self.ask(self.authorised(call)))
        return await self.webhook()

    async def _number(self) -> dict[str, Any] | None:
        query = urlencode({"PhoneNumber": self._sms_from})
        request = self.client.build_request(
            "GET", f"{self._base}/IncomingPhoneNumbers.json?{query}", headers=self._headers
        )
        found = self._told(await self.ask(request)).get("incoming_phone_numbers")
        numbers = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return numbers[0] if numbers else None


def _fields(request: RawRequest) -> _Fields:
    fields = _Fields()
    try:
        text = request.body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=200, errors="strict")
    except ValueError:
        return fields
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _message(form: dict[str, str]) -> Inbound:
    sid, sender = form.get("MessageSid") or form.get("SmsSid") or "", form.get("From", "")
    if not sid or not sender or not set(sender) <= _ADDRESS:
        return Noted(sid or fingerprint(form), "message without sid or sender")
    text = form.get("Body", "")
    count = min(whole(form.get("NumMedia", "0")) or 0, MOST_MEDIA)
    media = [_medium(form, number) for number in range(count)]
    if "Latitude" in form and "Longitude" in form:
        detail = {"latitude": form["Latitude"][:20], "longitude": form["Longitude"][:20]}
        media.append(Media("location", detail=detail))
    if not text.strip() and not media:
        media.append(Media("unknown"))
    on_whatsapp = sender.startswith("whatsapp:")
    told = form.get("OptOutType", "").lower()
    # Twilio's own opt-out has answered already; without it the words are read here.
    opt = told if told in ("stop", "start", "help") else opting(text, WHATSAPP if on_whatsapp else SMS)
    return Said(
        sid,
        thread=sender,
        text=text,
        provider_id=sid,
        name=form.get("ProfileName") or None,
        media=tuple(media),
        answers=form.get("OriginalRepliedMessageSid") or None,
        entry=form.get("ReferralSourceId") or None,
        opt=opt,  # type: ignore[arg-type]
        opt_told=bool(told),
    )


def _medium(form: dict[str, str], number: int) -> Media:
    media_type = form.get(f"MediaContentType{number}", "")
    kind = {"image": "photo", "audio": "voice", "video": "video"}.get(media_type.partition("/")[0], "file")
    if media_type in ("text/vcard", "text/x-vcard"):
        kind = "contact"
    return Media(
        kind,  # type: ignore[arg-type]
        reference=form.get(f"MediaUrl{number}") or None,
        media_type=media_type or None,
    )


def _status(form: dict[str, str], request: RawRequest) -> Inbound:
    sid, told = form.get("MessageSid", ""), form.get("MessageStatus", "").lower()
    state = _STATES.get(told)
    if not sid or state is None:
        return Noted(f"{sid}:{told}" if sid else fingerprint(form), f"status {told[:20]}")
    code = whole(form.get("ErrorCode", ""))
    return Receipt(
        f"{sid}:{told}",
        state,  # type: ignore[arg-type]
        target=sid,
        thread=form.get("To") or None,
        delivery=request.parameters().get("delivery") or None,
        error=f"Error {code}: {form.get('ErrorMessage', '')}"[:300] if code else None,
        window_closed=code in _WINDOW,
        opted_out=code in _UNWANTED,
    )
