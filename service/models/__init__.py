"""The tables, one aggregate a file. They carry constraints and no rules."""

from service.models.application import Application, Interview
from service.models.calendar import Calendar, CalendarVersion
from service.models.candidate import Candidate, CandidateEmail, CandidatePhone, CandidateSource
from service.models.connection import Connection, Delivery
from service.models.contact import Contact
from service.models.decision import Decision
from service.models.job import Job
from service.models.message import MailChannel, MailEvent, Message
from service.models.operation import Heartbeat, IdempotentRequest
from service.models.policy import Policy, PolicyVersion
from service.models.promise import Notice, Promise
from service.models.timeline import TimelineEntry
from service.models.user import ApiKey, User

__all__ = [
    "ApiKey",
    "Application",
    "Calendar",
    "CalendarVersion",
    "Candidate",
    "CandidateEmail",
    "CandidatePhone",
    "CandidateSource",
    "Connection",
    "Contact",
    "Decision",
    "Delivery",
    "Heartbeat",
    "IdempotentRequest",
    "Interview",
    "Job",
    "MailChannel",
    "MailEvent",
    "Message",
    "Notice",
    "Policy",
    "PolicyVersion",
    "Promise",
    "TimelineEntry",
    "User",
]
