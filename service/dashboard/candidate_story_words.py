"""The words, shapes and sources of timeline entries that need nothing but their kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext

FIXED: Final[Mapping[str, Any]] = {
    "applied": lazy_gettext("applied"),
    "application_deleted": lazy_gettext("the application was deleted in the ATS"),
    "job_changed": lazy_gettext("the ATS moved the application to another job"),
    "decision_withdrawn": lazy_gettext("the decision was withdrawn"),
    "promise_at_risk": lazy_gettext("the owner was reminded: the promise was at risk"),
    "promise_overdue": lazy_gettext("the promise passed without contact"),
    "promise_escalated": lazy_gettext("the owner's manager was told: still no contact"),
    "promise_kept": lazy_gettext("the promise was kept"),
    "promise_kept_late": lazy_gettext("the promise was kept, late"),
    "promise_not_possible": lazy_gettext("a promise could not be made by rule"),
    "flag_withdrawn": lazy_gettext("it was kept in time after all: the flag was taken back"),
    "contact_taken_back": lazy_gettext("a contact was taken back: it did not reach them"),
    "contact_retimed": lazy_gettext("the time of a contact was corrected"),
    "letter_written": lazy_gettext("a letter was written"),
    "letter_released": lazy_gettext("a stopped letter was released"),
    "letter_not_possible": lazy_gettext("a letter could not be written"),
    "objection_overruled": lazy_gettext("somebody read what spoke against a letter and let it go"),
    "candidates_merged": lazy_gettext("another record of this person was merged with this one"),
    "candidate_erased": lazy_gettext("the person's data was erased"),
    "legal_hold_set": lazy_gettext("they were put on legal hold"),
    "legal_hold_lifted": lazy_gettext("the legal hold was lifted"),
    "erasure_kept_back": lazy_gettext("the ATS asked for their erasure; the legal hold kept them"),
    "interview_not_held": lazy_gettext("the interview did not take place"),
    "cannot_be_reached_by_mail": lazy_gettext("mail cannot reach them any more: call"),
    "acknowledgement_not_owed": lazy_gettext("no acknowledgement is owed for it"),
    "bounce_without_a_letter": lazy_gettext("mail from elsewhere to them bounced"),
    "ats_tells_decision": lazy_gettext("the ATS tells them the decision"),
}

STYLES: Final[Mapping[str, tuple[str, str]]] = {
    "promise_overdue": ("overdue", "●"),
    "promise_escalated": ("overdue", "●"),
    "promise_at_risk": ("care", "◐"),
    "promise_kept": ("good", "✓"),
    "promise_kept_late": ("care", "✓"),
    "promise_made": ("plain", "○"),
    "contact_taken_back": ("care", "◐"),
    "cannot_be_reached_by_mail": ("overdue", "●"),
    "letter_delivered": ("good", "✓"),
    "letter_bounced": ("overdue", "●"),
    "letter_failed": ("overdue", "●"),
    "letter_dropped": ("overdue", "●"),
    "letter_blocked": ("care", "◐"),
    "letter_uncertain": ("care", "◐"),
    "legal_hold_set": ("care", "◐"),
    "erasure_kept_back": ("care", "◐"),
    "enquiry": ("plain", "←"),
    "contact": ("plain", "→"),
}

SOURCES: Final[Mapping[str, Any]] = {
    "page": lazy_gettext("on these pages"),
    "api": lazy_gettext("by the API"),
    "cli": lazy_gettext("on the command line"),
    "import": lazy_gettext("by an import"),
    "outbox": lazy_gettext("the outbox"),
    "keepword": "",
}
