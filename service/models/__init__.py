"""The tables, one aggregate a file. They carry constraints and no rules."""

from service.models.absence import UserAbsence
from service.models.application import Application, GoneApplication, Interview
from service.models.calendar import Calendar, CalendarVersion
from service.models.calendar_feed import CalendarFeed
from service.models.candidate import Candidate, CandidateEmail, CandidatePhone, CandidateSource
from service.models.closing import ClosingEntry, JobClosing
from service.models.connection import Connection, Delivery, DeliveryAnswer, ProfileEntry
from service.models.contact import Contact
from service.models.decision import Decision
from service.models.imports import ErasedAddress, Import, ImportedApplication, ImportedJob
from service.models.job import Job
from service.models.message import (
    LetterForm,
    MailChannel,
    MailEvent,
    Message,
    MessageAlso,
    SendBatch,
)
from service.models.operation import Heartbeat, IdempotentRequest
from service.models.pace import SendRate, StepTurn
from service.models.policy import Policy, PolicyVersion
from service.models.presence import Presence
from service.models.promise import Notice, Promise
from service.models.sign_in import (
    OutsideIdentity,
    Passkey,
    PasskeyChallenge,
    Password,
    SignInAttempt,
    SignInLink,
    SignInSession,
)
from service.models.team import Team, TeamMember
from service.models.template import TemplateVersion
from service.models.timeline import TimelineEntry
from service.models.user import ApiKey, User

__all__ = [
    "ApiKey",
    "Application",
    "Calendar",
    "CalendarFeed",
    "CalendarVersion",
    "Candidate",
    "CandidateEmail",
    "CandidatePhone",
    "CandidateSource",
    "ClosingEntry",
    "Connection",
    "Contact",
    "Decision",
    "Delivery",
    "DeliveryAnswer",
    "ErasedAddress",
    "GoneApplication",
    "Heartbeat",
    "IdempotentRequest",
    "Import",
    "ImportedApplication",
    "ImportedJob",
    "Interview",
    "Job",
    "JobClosing",
    "LetterForm",
    "MailChannel",
    "MailEvent",
    "Message",
    "MessageAlso",
    "Notice",
    "OutsideIdentity",
    "Passkey",
    "PasskeyChallenge",
    "Password",
    "Policy",
    "PolicyVersion",
    "Presence",
    "ProfileEntry",
    "Promise",
    "SendBatch",
    "SendRate",
    "SignInAttempt",
    "SignInLink",
    "SignInSession",
    "StepTurn",
    "Team",
    "TeamMember",
    "TemplateVersion",
    "TimelineEntry",
    "User",
    "UserAbsence",
]
