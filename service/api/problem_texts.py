"""What every problem means and what to do about it: one text for each ``type`` the API answers.

The table holds exactly the slugs the code can answer with; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.api.letter_problem_texts import LETTER_PROBLEM_TEXTS
from service.api.problem_text import ProblemText

PROBLEM_TEXTS: Final[Mapping[str, ProblemText]] = {
    **LETTER_PROBLEM_TEXTS,
    "application-closed": ProblemText(
        "The application is closed",
        "It was rejected, withdrawn or hired, so nothing new can be promised on it.",
        "Reopen it first: move it to the stage it is in.",
    ),
    "application-deleted": ProblemText(
        "The application was deleted",
        "The ATS deleted it. Its history stays; nothing new can be done about it.",
        "Use another application of the same person. If there is none, add one.",
    ),
    "applied-already": ProblemText(
        "They have applied for this job already",
        "An application of this person for this job is in progress; `detail` names it.",
        "Use that one instead of making a second.",
    ),
    "applied-in-the-future": ProblemText(
        "The application lies in the future",
        "`applied_at` is later than now.",
        "Check the instant and its offset, or leave it out: then it is now.",
    ),
    "bad-request": ProblemText(
        "The request cannot be read",
        "It is not HTTP as this server understands it.",
        "Check the address, the headers and the encoding.",
    ),
    "body-too-large": ProblemText(
        "The body is too large",
        "This server takes no body of this size; `detail` names the most that it takes.",
        "Send less at a time.",
    ),
    "candidate-erased": ProblemText(
        "The person's data was erased",
        "Nothing may be recorded about them, promised to them or sent to them any more.",
        "Nothing is to be done. If they apply again, add them anew.",
    ),
    "candidate-merged": ProblemText(
        "The record was merged into another",
        "Two records turned out to be one person; `detail` names the record that stays.",
        "Use that one.",
    ),
    "changed-meanwhile": ProblemText(
        "It was changed meanwhile",
        "Somebody else changed it after you read it. Nothing of yours was written.",
        "Read it again, look at what changed, and send your change with the new `ETag`.",
    ),
    "conflict": ProblemText(
        "It collides with something written meanwhile",
        "Another request wrote the same thing at the same moment. Nothing of yours was written.",
        "Read it again; what you wanted may be there already.",
    ),
    "contact-in-the-future": ProblemText(
        "The contact lies in the future",
        "A contact is recorded once it happened, and `at` is later than now.",
        "Check the instant and its offset, or leave it out. To announce a call, promise it.",
    ),
    "cursor-not-valid": ProblemText(
        "The cursor is none of this list",
        "A cursor is good for the list that gave it, as it came.",
        "Send the `next` of a page unchanged, or begin again without a cursor.",
    ),
    "database-busy": ProblemText(
        "The database is busy",
        "It did not answer in time. Nothing was changed.",
        "Try again after the seconds in `Retry-After`. If it goes on, whoever runs this Keepword "
        "finds out more with `keepword doctor`.",
    ),
    "delivery-emptied": ProblemText(
        "The delivery's body had its time",
        "What the ATS posted is kept as it came for so many days and is gone by now.",
        "Nothing is to be done: what changes at the ATS is read as ever.",
    ),
    "delivery-erased": ProblemText(
        "The delivery's body was erased",
        "What the ATS posted was erased with its person, so it cannot be replayed.",
        "Nothing is to be done: what was erased stays erased.",
    ),
    "due-in-the-past": ProblemText(
        "The promise would be due in the past",
        "Counted from when it was given, its time is over already.",
        "Say when the candidate will hear instead: name a later `within` or `due_at`.",
    ),
    "duration-not-understood": ProblemText(
        "The length of time is not understood",
        "Keepword could not read it; `detail` says at which words.",
        "Write it as `4 business hours`, `2 business days`, `45 days`, `by friday 17:00`, "
        "`end of day` or `tomorrow 10:00`.",
    ),
    "ends-before-it-starts": ProblemText(
        "The interview ends before it starts",
        "`ended_at` is earlier than `starts_at`.",
        "Check both instants and their offsets.",
    ),
    "entry-not-open": ProblemText(
        "There is nothing to do about the entry",
        "It is in the profile already, on its way there, or cancelled.",
        "Nothing, unless it is cancelled: then write it into the profile by hand.",
    ),
    "held-in-the-future": ProblemText(
        "The interview has not been held yet",
        "`ended_at` is later than now, and what was held cannot end later than now.",
        "Book it instead: send `held` as `false` until it is over.",
    ),
    "hold-needs-a-reason": ProblemText(
        "A legal hold needs a reason",
        "None was given, or one that is too long to be kept.",
        "Say in a sentence why they are put on legal hold.",
    ),
    "idempotency-key-not-valid": ProblemText(
        "The Idempotency-Key cannot be used",
        "It is 1 to 255 visible ASCII characters without a space.",
        "Send a UUID, a new one for each thing you want done.",
    ),
    "idempotency-key-reused": ProblemText(
        "The Idempotency-Key was used for another request",
        "The same key came before with another address or another body. Nothing was done.",
        "Take a new key for each thing you want done; repeat one only with the very same request.",
    ),
    "if-match-missing": ProblemText(
        "If-Match is missing",
        "A change must say which version it is meant for, so that it undoes nobody else's.",
        "Read what you want to change and send its `ETag` back as `If-Match`.",
    ),
    "internal-error": ProblemText(
        "Something broke on our side",
        "This is a defect of Keepword. Nothing was changed.",
        "Tell whoever runs this Keepword the `request_id` of the answer: it is in the log.",
    ),
    "import-undone": ProblemText(
        "The import was taken back already",
        "What it made is gone already, but for what something had happened to.",
        "Nothing is to be done.",
    ),
    "invalid": ProblemText(
        "A field is at fault",
        "A field, a parameter or the document as a whole is not what the operation takes.",
        "`errors` lists each fault; `pointer` leads to the field (`?name` is a parameter). "
        "Correct them all and send it again.",
    ),
    "key-not-valid": ProblemText(
        "The API key is not valid",
        "It is unknown, expired or revoked.",
        "Check that all of it was sent. Whoever runs this Keepword makes a new one with "
        "`keepword key add`.",
    ),
    "method-not-allowed": ProblemText(
        "This address does not take this method",
        "The address exists; what was asked of it does not.",
        "Use one of the methods in the `Allow` header.",
    ),
    "name-taken": ProblemText(
        "The name or address is taken",
        "Something of this kind with this name or address exists already.",
        "Choose another, or change the one that exists.",
    ),
    "no-key": ProblemText(
        "The request carries no API key",
        "Every address under `/api` asks for one.",
        "Send `Authorization: Bearer kw_…`. Whoever runs this Keepword makes a key with "
        "`keepword key add`.",
    ),
    "no-opening": ProblemText(
        "The calendar never opens",
        "The calendar has no working time, or the span leads beyond the time it knows.",
        "Name a shorter span, or correct the calendar's hours and days off.",
    ),
    "no-spoken-policy": ProblemText(
        "No rule says what happens around a spoken promise",
        "Who is warned, and when, is said by an active policy for spoken promises. There is none.",
        "Activate or create such a policy; this takes a key with the scope `admin`.",
    ),
    "nobody-named": ProblemText(
        "The person has neither a name nor an address",
        "A record without a name, an address and a number is nobody's: no word could reach them.",
        "Give at least one of them.",
    ),
    "not-found": ProblemText(
        "There is nothing here",
        "Nothing has this address or this id.",
        "Check the address and the id. An id is sent as it came.",
    ),
    "not-json": ProblemText(
        "The body is not JSON",
        "The request does not say that its body is JSON.",
        "Send JSON, with the header `Content-Type: application/json`.",
    ),
    "not-on-legal-hold": ProblemText(
        "They are on no legal hold",
        "There is no hold to be lifted.",
        "Nothing is to be done.",
    ),
    "on-legal-hold": ProblemText(
        "They are on legal hold",
        "A colleague said that the person's data may still be needed, so nobody erases it.",
        "Ask who set the hold; it stands on the person's page, and is lifted there.",
    ),
    "out-of-reach": ProblemText(
        "The time lies out of reach",
        "The span leads beyond the time a calendar can say anything about.",
        "Name a shorter span or an earlier instant.",
    ),
    "outcome-not-possible": ProblemText(
        "The channel has no such outcome",
        "What can become of a contact depends on its channel; `detail` lists what is possible.",
        "Choose one of the outcomes listed, or correct the channel.",
    ),
    "person-not-clear": ProblemText(
        "It is not clear who or what is meant",
        "The addresses belong to different people here, the job or the colleague is not known or "
        "not the only one of this name, or the person's data was erased; `detail` says which.",
        "Correct what `pointer` leads to, or name the job by its id.",
    ),
    "promise-not-open": ProblemText(
        "The promise is settled",
        "It was kept, released or replaced, perhaps by somebody else a moment ago.",
        "Read it to see what became of it. If something is still owed, make a new promise.",
    ),
    "promise-not-paused": ProblemText(
        "The promise is not paused",
        "Only a paused promise can be resumed.",
        "Nothing is to be done, if it is open already.",
    ),
    "promise-overdue": ProblemText(
        "The promise is overdue",
        "A broken promise stays broken: a pause cannot undo it.",
        "Contact the candidate and log it, or reschedule the promise and tell them.",
    ),
    "promised-in-the-future": ProblemText(
        "The promise would be given in the future",
        "`promised_at` is later than now.",
        "Leave it out: then it is now.",
    ),
    "promised-too-long-ago": ProblemText(
        "The promise would be too old",
        "`promised_at` lies more than a year before the application was known.",
        "Check the year.",
    ),
    "same-person": ProblemText(
        "Both are one record",
        "`into` names the very record that was to be merged.",
        "Name the other record of the person, if there is one.",
    ),
    "say-when-once": ProblemText(
        "Say when in one way",
        "Both `within` and `due_at` were sent, or neither.",
        "Send `within` for a length of time, or `due_at` for an instant.",
    ),
    "scope-missing": ProblemText(
        "The key lacks the scope",
        "The key is valid and may not do this; `detail` names the scope that may.",
        "Use a key with that scope. Whoever runs this Keepword makes one with `keepword key add`.",
    ),
    "spoken-promise-never-pauses": ProblemText(
        "A spoken promise never pauses",
        "A person gave their word; only what a rule owes can wait.",
        "Reschedule it, and tell the candidate.",
    ),
    "sync-not-possible": ProblemText(
        "The ATS cannot be asked what changed",
        "It has no such API, what the API asks for is not set, or syncing is switched off; "
        "`detail` says which.",
        "Set `settings`, `credentials` and `sync_every_minutes` of the connection, then try again.",
    ),
    "too-late-to-undo": ProblemText(
        "It was too long ago to be undone at once",
        "What was done half an hour ago and more may have been built upon since.",
        "Change it by hand: each thing that was done has an act of its own that takes it back.",
    ),
    "unknown-reference": ProblemText(
        "The request names something that is not there",
        "An id in the body belongs to nothing, or to something of another application.",
        "`pointer` leads to the id. Check it and send it as it came.",
    ),
    "unreadable-json": ProblemText(
        "The body cannot be read as JSON",
        "It is no JSON text in UTF-8, names a key twice, or is nested too deeply.",
        "`detail` says which. Correct it and send it again.",
    ),
}
