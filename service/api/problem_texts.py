"""What every problem means and what to do about it: one text for each ``type`` the API answers.

The table holds exactly the slugs the code can answer with; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ProblemText:
    """A problem in words: ``title`` names it, ``meaning`` explains it, ``remedy`` says what to do.

    Backticks mark what is typed or sent as it stands.
    """

    title: str
    meaning: str
    remedy: str


_T = ProblemText

PROBLEM_TEXTS: Final[Mapping[str, ProblemText]] = {
    "already-sent": _T(
        "The letter cannot be taken back",
        "It has left, or was cancelled already.",
        "Read the letter to see what became of it. If it said something wrong, call the candidate "
        "and log the call.",
    ),
    "application-closed": _T(
        "The application is closed",
        "It was rejected, withdrawn or hired, so nothing new can be promised on it.",
        "Reopen it first: move it to the stage it is in.",
    ),
    "application-deleted": _T(
        "The application was deleted",
        "The ATS deleted it. Its history stays; nothing new can be done about it.",
        "Use another application of the same person. If there is none, add one.",
    ),
    "applied-already": _T(
        "They have applied for this job already",
        "An application of this person for this job is in progress; `detail` names it.",
        "Use that one instead of making a second.",
    ),
    "applied-in-the-future": _T(
        "The application lies in the future",
        "`applied_at` is later than now.",
        "Check the instant and its offset, or leave it out: then it is now.",
    ),
    "ats-sends-rejections": _T(
        "The ATS sends its own rejections",
        "Its connection was set up so: the ATS tells people that they were rejected, and Keepword "
        "does not tell them again.",
        "Reject the person in the ATS. If Keepword is to tell people from now on, set the "
        "connection's `rejections_by` to `keepword` and switch the ATS's own letters off.",
    ),
    "bad-request": _T(
        "The request cannot be read",
        "It is not HTTP as this server understands it.",
        "Check the address, the headers and the encoding.",
    ),
    "body-too-large": _T(
        "The body is too large",
        "This server takes no body of this size.",
        "Send less at a time.",
    ),
    "candidate-erased": _T(
        "The person's data was erased",
        "Nothing may be recorded about them, promised to them or sent to them any more.",
        "Nothing is to be done. If they apply again, add them anew.",
    ),
    "candidate-merged": _T(
        "The record was merged into another",
        "The ATS found that two records are one person; `detail` names the record that stays.",
        "Use that one.",
    ),
    "nobody-named": _T(
        "The person has neither a name nor an address",
        "A record without a name, an address and a number is nobody's: no word could reach them.",
        "Give at least one of them.",
    ),
    "cannot-be-reached-by-mail": _T(
        "They cannot be reached by mail",
        "No address is known, or every address bounced, complained or cannot be written to.",
        "Call them and log the call, or add an address that works.",
    ),
    "changed-meanwhile": _T(
        "It was changed meanwhile",
        "Somebody else changed it after you read it. Nothing of yours was written.",
        "Read it again, look at what changed, and send your change with the new `ETag`.",
    ),
    "closed-already": _T(
        "The job was closed already",
        "It was closed in this way before, and nobody is left who has not been told.",
        "Nothing is to be done. `detail` names the closing; read it to see how far it has come.",
    ),
    "closing-undone": _T(
        "The closing was taken back already",
        "It was undone before, so there is nothing left to undo.",
        "Nothing is to be done. To close the job after all, close it anew.",
    ),
    "conflict": _T(
        "It collides with something written meanwhile",
        "Another request wrote the same thing at the same moment. Nothing of yours was written.",
        "Read it again; what you wanted may be there already.",
    ),
    "contact-in-the-future": _T(
        "The contact lies in the future",
        "A contact is recorded once it happened, and `at` is later than now.",
        "Check the instant and its offset, or leave it out. To announce a call, promise it.",
    ),
    "count-not-confirmed": _T(
        "The number of letters is not confirmed",
        "More than thirty letters would go out and their number was not confirmed, or another "
        "number was: somebody may have applied, or been told, since the preview. Nothing was done.",
        "Look at the preview again and send the number of letters it shows as `confirm_count`.",
    ),
    "cursor-not-valid": _T(
        "The cursor is none of this list",
        "A cursor is good for the list that gave it, as it came.",
        "Send the `next` of a page unchanged, or begin again without a cursor.",
    ),
    "database-busy": _T(
        "The database is busy",
        "It did not answer in time. Nothing was changed.",
        "Try again after the seconds in `Retry-After`. If it goes on, whoever runs this Keepword "
        "finds out more with `keepword doctor`.",
    ),
    "decided-already": _T(
        "A decision stands already",
        "One application has one standing decision at a time.",
        "Withdraw the decision that stands, then record the new one.",
    ),
    "decision-withdrawn": _T(
        "The decision was withdrawn already",
        "It does not stand any more, so it cannot be withdrawn again.",
        "Nothing is to be done. To decide anew, record a new decision.",
    ),
    "delivery-erased": _T(
        "The delivery's body was erased",
        "What the ATS posted was erased with its person, so it cannot be replayed.",
        "Nothing is to be done: what was erased stays erased.",
    ),
    "due-in-the-past": _T(
        "The promise would be due in the past",
        "Counted from when it was given, its time is over already.",
        "Say when the candidate will hear instead: name a later `within` or `due_at`.",
    ),
    "duration-not-understood": _T(
        "The length of time is not understood",
        "Keepword could not read it; `detail` says at which words.",
        "Write it as `4 business hours`, `2 business days`, `45 days`, `by friday 17:00`, "
        "`end of day` or `tomorrow 10:00`.",
    ),
    "ends-before-it-starts": _T(
        "The interview ends before it starts",
        "`ended_at` is earlier than `starts_at`.",
        "Check both instants and their offsets.",
    ),
    "held-in-the-future": _T(
        "The interview has not been held yet",
        "`ended_at` is later than now, and what was held cannot end later than now.",
        "Book it instead: send `held` as `false` until it is over.",
    ),
    "idempotency-key-not-valid": _T(
        "The Idempotency-Key cannot be used",
        "It is 1 to 255 visible ASCII characters without a space.",
        "Send a UUID, a new one for each thing you want done.",
    ),
    "idempotency-key-reused": _T(
        "The Idempotency-Key was used for another request",
        "The same key came before with another address or another body. Nothing was done.",
        "Take a new key for each thing you want done; repeat one only with the very same request.",
    ),
    "if-match-missing": _T(
        "If-Match is missing",
        "A change must say which version it is meant for, so that it undoes nobody else's.",
        "Read what you want to change and send its `ETag` back as `If-Match`.",
    ),
    "internal-error": _T(
        "Something broke on our side",
        "This is a defect of Keepword. Nothing was changed.",
        "Tell whoever runs this Keepword the `request_id` of the answer: it is in the log.",
    ),
    "invalid": _T(
        "A field is at fault",
        "A field, a parameter or the document as a whole is not what the operation takes.",
        "`errors` lists each fault; `pointer` leads to the field (`?name` is a parameter). "
        "Correct them all and send it again.",
    ),
    "key-not-valid": _T(
        "The API key is not valid",
        "It is unknown, expired or revoked.",
        "Check that all of it was sent. Whoever runs this Keepword makes a new one with "
        "`keepword key add`.",
    ),
    "letter-date-in-the-past": _T(
        "The letter would name a day that has passed",
        "A letter says by when the person hears again, or by when they are to answer; a day that "
        "has passed, here or where they are, would be no answer.",
        "Name a day that lies ahead.",
    ),
    "letter-date-not-understood": _T(
        "The letter's date cannot be read",
        "`next_word_by` and `reply_by` are days, because what a letter promises is kept watch on.",
        "Write year-month-day, such as `2026-03-13`. The letter will say “Friday 13 March”.",
    ),
    "letter-date-too-far": _T(
        "The letter would name a day too far ahead",
        "It lies more than a year ahead: that is a slip of the hand, or nothing to promise.",
        "Check the year, or name an earlier day.",
    ),
    "letter-at-fault": _T(
        "The letter's words cannot be used",
        "They name what the kind does not know, hold what a letter may not hold, or the lint finds "
        "a fault in them.",
        "`detail` says what and where. Correct the words and draft them again.",
    ),
    "letter-not-renderable": _T(
        "The letter cannot be written",
        "Its kind does not exist, or a value it needs is missing, unknown or of another shape.",
        "`detail` says which. Correct `kind` or `values`, or complete the record a value comes "
        "from.",
    ),
    "method-not-allowed": _T(
        "This address does not take this method",
        "The address exists; what was asked of it does not.",
        "Use one of the methods in the `Allow` header.",
    ),
    "name-taken": _T(
        "The name or address is taken",
        "Something of this kind with this name or address exists already.",
        "Choose another, or change the one that exists.",
    ),
    "needs-a-decision": _T(
        "A rejection needs a decision",
        "Nobody is rejected by moving a stage: a person decides, for a reason.",
        "Record the decision: who decided, and why. The stage follows.",
    ),
    "no-decision": _T(
        "There is no decision to tell",
        "A rejection letter tells a decision, and none stands for this application.",
        "Record the decision first: who decided, and why.",
    ),
    "no-key": _T(
        "The request carries no API key",
        "Every address under `/api` asks for one.",
        "Send `Authorization: Bearer kw_…`. Whoever runs this Keepword makes a key with "
        "`keepword key add`.",
    ),
    "no-mail-wanted": _T(
        "They must not be emailed",
        "The ATS says that this person wants no mail.",
        "Call them and log the call.",
    ),
    "no-opening": _T(
        "The calendar never opens",
        "The calendar has no working time, or the span leads beyond the time it knows.",
        "Name a shorter span, or correct the calendar's hours and days off.",
    ),
    "no-spoken-policy": _T(
        "No rule says what happens around a spoken promise",
        "Who is warned, and when, is said by an active policy for spoken promises. There is none.",
        "Activate or create such a policy; this takes a key with the scope `admin`.",
    ),
    "not-stopped": _T(
        "The letter is not stopped",
        "Only a letter that the last look stopped can be let go; `detail` says where it stands.",
        "Read the letter to see what became of it.",
    ),
    "cannot-be-overruled": _T(
        "This must not go out",
        "What stopped the letter is no matter of judgement: the person's data was erased, say, or "
        "no decision stands behind it.",
        "Mend what `detail` names, or cancel the letter.",
    ),
    "nothing-to-settle": _T(
        "There is nothing to settle",
        "Only a letter of which nobody knows whether it left can be settled by a person, and only "
        "as long as the provider is not heard of it.",
        "Read the letter to see what became of it.",
    ),
    "not-allowed-to-decide": _T(
        "This person may not decide",
        "A decision against somebody is made by an active recruiter, hiring manager or "
        "administrator.",
        "Name somebody who may decide, or ask them to.",
    ),
    "not-found": _T(
        "There is nothing here",
        "Nothing has this address or this id.",
        "Check the address and the id. An id is sent as it came.",
    ),
    "not-json": _T(
        "The body is not JSON",
        "The request does not say that its body is JSON.",
        "Send JSON, with the header `Content-Type: application/json`.",
    ),
    "out-of-reach": _T(
        "The time lies out of reach",
        "The span leads beyond the time a calendar can say anything about.",
        "Name a shorter span or an earlier instant.",
    ),
    "outcome-not-possible": _T(
        "The channel has no such outcome",
        "What can become of a contact depends on its channel; `detail` lists what is possible.",
        "Choose one of the outcomes listed, or correct the channel.",
    ),
    "promise-not-open": _T(
        "The promise is settled",
        "It was kept, released or replaced, perhaps by somebody else a moment ago.",
        "Read it to see what became of it. If something is still owed, make a new promise.",
    ),
    "promise-not-paused": _T(
        "The promise is not paused",
        "Only a paused promise can be resumed.",
        "Nothing is to be done, if it is open already.",
    ),
    "promise-overdue": _T(
        "The promise is overdue",
        "A broken promise stays broken: a pause cannot undo it.",
        "Contact the candidate and log it, or reschedule the promise and tell them.",
    ),
    "promised-in-the-future": _T(
        "The promise would be given in the future",
        "`promised_at` is later than now.",
        "Leave it out: then it is now.",
    ),
    "promised-too-long-ago": _T(
        "The promise would be too old",
        "`promised_at` lies more than a year before the application was known.",
        "Check the year.",
    ),
    "say-when-once": _T(
        "Say when in one way",
        "Both `within` and `due_at` were sent, or neither.",
        "Send `within` for a length of time, or `due_at` for an instant.",
    ),
    "scope-missing": _T(
        "The key lacks the scope",
        "The key is valid and may not do this; `detail` names the scope that may.",
        "Use a key with that scope. Whoever runs this Keepword makes one with `keepword key add`.",
    ),
    "second-choice-without-a-day": _T(
        "A second choice needs a day",
        "Whoever is kept as second choice is told until when, and that is a promise.",
        "Send the day as `second_choice_until_on`.",
    ),
    "spoken-promise-never-pauses": _T(
        "A spoken promise never pauses",
        "A person gave their word; only what a rule owes can wait.",
        "Reschedule it, and tell the candidate.",
    ),
    "unknown-reference": _T(
        "The request names something that is not there",
        "An id in the body belongs to nothing, or to something of another application.",
        "`pointer` leads to the id. Check it and send it as it came.",
    ),
    "unreadable-json": _T(
        "The body cannot be read as JSON",
        "It is no JSON text in UTF-8, names a key twice, or is nested too deeply.",
        "`detail` says which. Correct it and send it again.",
    ),
    "who-sends-rejections-unanswered": _T(
        "Nobody has said who sends rejections",
        "The application came through a connection for which it was never said whether Keepword "
        "or the ATS tells people that they were rejected. Until it is, Keepword tells nobody, so "
        "that nobody is told twice.",
        "Look up what the ATS sends, then set the connection's `rejections_by`, or run "
        "`keepword connection rejections NAME keepword` (or `ats`).",
    ),
    "version-stands-so-already": _T(
        "The version stands so already",
        "It is approved, or withdrawn, as was asked.",
        "Nothing is to be done. Read it again to see since when.",
    ),
    "worded-already": _T(
        "These words are a version already",
        "A version of this letter says the very same; `detail` names it.",
        "Approve that one, or change the words.",
    ),
    "wish-contradicts-itself": _T(
        "The same application is named twice",
        "It stands in two lists, and they want different things for it.",
        "Name it in one of `second_choice`, `mail_anyway` and `leave_out` only.",
    ),
    "written-already": _T(
        "The letter is written already",
        "One decision is told by one letter; `detail` names it.",
        "Read that letter. Where it did not reach the person, another one may be written.",
    ),
}
