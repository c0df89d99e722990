"""The tables, one module a concern. A change here comes with a migration under `migrations/versions`."""

from frontdesk.records.models.base import Base, Id, Moment, new_id, now
from frontdesk.records.models.conversations import Conversation, Message, Turn, Handoff
from frontdesk.records.models.applications import Draft, DraftChange, Application
from frontdesk.records.models.desk import ApplicationWords, SavedView
from frontdesk.records.models.editing import KnowledgeEdit, LinkCheck
from frontdesk.records.models.channels import (
    ChannelHealth,
    Delivery,
    MediaReference,
    OptOut,
    ProviderEvent,
    ProviderMessage,
    Reaction,
    ShortLink,
)
from frontdesk.records.models.learning import ReviewItem, TrainingRun
from frontdesk.records.models.staff import (
    ApiKey,
    AuditEntry,
    HouseRule,
    Invitation,
    RecoveryCode,
    SecondFactor,
    Staff,
    StaffSession,
)
from frontdesk.records.models.operation import ActionOutcome, Heartbeat, Outage
from frontdesk.records.models.files import KeptFile
from frontdesk.records.models.mail import Mail
from frontdesk.records.models.services import (
    Attempt,
    OneTimeCode,
    PrivacyRequest,
    ReminderPlan,
    TrackerErasure,
)
from frontdesk.records.models.teamwork import (
    Alert,
    AlertChoice,
    AlertDelivery,
    ContactLeft,
    Mention,
    SavedReply,
    StaffNote,
)
from frontdesk.records.models.work import PeriodicJob
from frontdesk.records.models.website import ChatConsent, Rating, SitePerson, StaffPicture, TypingSignal

__all__ = [
    "Alert",
    "AlertChoice",
    "AlertDelivery",
    "ContactLeft",
    "Mention",
    "SavedReply",
    "StaffNote",
    "ChatConsent",
    "Rating",
    "SitePerson",
    "StaffPicture",
    "TypingSignal",
    "ApplicationWords",
    "KnowledgeEdit",
    "LinkCheck",
    "SavedView",
    "ChannelHealth",
    "Delivery",
    "MediaReference",
    "OptOut",
    "ProviderEvent",
    "ProviderMessage",
    "Reaction",
    "ShortLink",
    "TrainingRun",
    "SecondFactor",
    "ReviewItem",
    "RecoveryCode",
    "Invitation",
    "HouseRule",
    "ApiKey",
    "ActionOutcome",
    "Application",
    "AuditEntry",
    "Base",
    "Conversation",
    "Draft",
    "DraftChange",
    "Handoff",
    "Heartbeat",
    "Id",
    "Attempt",
    "KeptFile",
    "Mail",
    "OneTimeCode",
    "PrivacyRequest",
    "ReminderPlan",
    "TrackerErasure",
    "Message",
    "Moment",
    "Outage",
    "PeriodicJob",
    "Staff",
    "StaffSession",
    "Turn",
    "new_id",
    "now",
]
