"""What the problems around decisions, letters and closings mean, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.api.problem_text import ProblemText

LETTER_PROBLEM_TEXTS: Final[Mapping[str, ProblemText]] = {
    "already-sent": ProblemText(
        "The letter cannot be taken back",
        "It has left.",
        "Read the letter to see what became of it. If it said something wrong, call the candidate "
        "and log the call.",
    ),
    "ats-sends-rejections": ProblemText(
        "The ATS sends its own rejections",
        "Its connection was set up so: the ATS tells people that they were rejected, and Keepword "
        "does not tell them again.",
        "Reject the person in the ATS. If Keepword is to tell people from now on, set the "
        "connection's `rejections_by` to `keepword` and switch the ATS's own letters off.",
    ),
    "cannot-be-overruled": ProblemText(
        "This must not go out",
        "What stopped the letter is no matter of judgement: the person's data was erased, say, or "
        "no decision stands behind it.",
        "Mend what `detail` names, or cancel the letter.",
    ),
    "cannot-be-reached-by-mail": ProblemText(
        "They cannot be reached by mail",
        "No address is known, or every address bounced, complained or cannot be written to.",
        "Call them and log the call, or add an address that works.",
    ),
    "closed-already": ProblemText(
        "The job was closed already",
        "It was closed in this way before, and nobody is left who has not been told.",
        "Nothing is to be done. `detail` names the closing; read it to see how far it has come.",
    ),
    "closing-undone": ProblemText(
        "The closing was taken back already",
        "It was undone before, so there is nothing left to undo.",
        "Nothing is to be done. To close the job after all, close it anew.",
    ),
    "count-not-confirmed": ProblemText(
        "The number of letters is not confirmed",
        "More than thirty letters would go out and their number was not confirmed, or another "
        "number was: somebody may have applied, or been told, since the preview. Nothing was done.",
        "Look at the preview again and send the number of letters it shows as `confirm_count`.",
    ),
    "decided-already": ProblemText(
        "A decision stands already",
        "One application has one standing decision at a time.",
        "Withdraw the decision that stands, then record the new one.",
    ),
    "decision-withdrawn": ProblemText(
        "The decision was withdrawn already",
        "It does not stand any more, so it cannot be withdrawn again.",
        "Nothing is to be done. To decide anew, record a new decision.",
    ),
    "letter-at-fault": ProblemText(
        "The letter's words cannot be used",
        "They name what the kind does not know, hold what a letter may not hold, or the lint finds "
        "a fault in them.",
        "`detail` says what and where. Correct the words and draft them again.",
    ),
    "letter-date-in-the-past": ProblemText(
        "The letter would name a day that has passed",
        "A letter says by when the person hears again, or by when they are to answer; a day that "
        "has passed, here or where they are, would be no answer.",
        "Name a day that lies ahead.",
    ),
    "letter-date-not-understood": ProblemText(
        "The letter's date cannot be read",
        "`next_word_by` and `reply_by` are days, because what a letter promises is kept watch on.",
        "Write year-month-day, such as `2026-03-13`. The letter will say “Friday 13 March”.",
    ),
    "letter-date-too-far": ProblemText(
        "The letter would name a day too far ahead",
        "It lies more than a year ahead: that is a slip of the hand, or nothing to promise.",
        "Check the year, or name an earlier day.",
    ),
    "letter-not-renderable": ProblemText(
        "The letter cannot be written",
        "Its kind does not exist, or a value it needs is missing, unknown or of another shape.",
        "`detail` says which. Correct `kind` or `values`, or complete the record a value comes "
        "from.",
    ),
    "needs-a-decision": ProblemText(
        "A rejection needs a decision",
        "Nobody is rejected by moving a stage: a person decides, for a reason.",
        "Record the decision: who decided, and why. The stage follows.",
    ),
    "no-decision": ProblemText(
        "There is no decision to tell",
        "A rejection letter tells a decision, and none stands for this application.",
        "Record the decision first: who decided, and why.",
    ),
    "no-mail-wanted": ProblemText(
        "They must not be emailed",
        "The ATS says that this person wants no mail.",
        "Call them and log the call.",
    ),
    "not-allowed-to-decide": ProblemText(
        "This person may not decide",
        "A decision against somebody is made by an active recruiter, hiring manager or "
        "administrator.",
        "Name somebody who may decide, or ask them to.",
    ),
    "not-stopped": ProblemText(
        "The letter is not stopped",
        "Only a letter that the last look stopped can be let go; `detail` says where it stands.",
        "Read the letter to see what became of it.",
    ),
    "nothing-to-settle": ProblemText(
        "There is nothing to settle",
        "Only a letter of which nobody knows whether it left can be settled by a person, and only "
        "as long as the provider is not heard of it.",
        "Read the letter to see what became of it.",
    ),
    "second-choice-to-nobody": ProblemText(
        "Nobody was chosen first",
        "A second choice is told that somebody else was chosen, and a job that is closed or "
        "cancelled has nobody.",
        "Send the outcome as `filled`, or leave `second_choice` out.",
    ),
    "second-choice-without-a-day": ProblemText(
        "A second choice needs a day",
        "Whoever is kept as second choice is told until when, and that is a promise.",
        "Send the day as `second_choice_until_on`.",
    ),
    "version-stands-so-already": ProblemText(
        "The version stands so already",
        "It is approved, or withdrawn, as was asked.",
        "Nothing is to be done. Read it again to see since when.",
    ),
    "who-sends-rejections-unanswered": ProblemText(
        "Nobody has said who sends rejections",
        "The application came through a connection for which it was never said whether Keepword "
        "or the ATS tells people that they were rejected. Until it is, Keepword tells nobody, so "
        "that nobody is told twice.",
        "Look up what the ATS sends, then set the connection's `rejections_by`, or run "
        "`keepword connection rejections NAME keepword` (or `ats`).",
    ),
    "wish-contradicts-itself": ProblemText(
        "The same application is named twice",
        "It stands in two lists, and they want different things for it.",
        "Name it in one of `second_choice`, `mail_anyway` and `leave_out` only.",
    ),
    "worded-already": ProblemText(
        "These words are a version already",
        "A version of this letter says the very same; `detail` names it.",
        "Approve that one, or change the words.",
    ),
    "written-already": ProblemText(
        "The letter is written already",
        "One decision is told by one letter; `detail` names it.",
        "Read that letter. Where it did not reach the person, another one may be written.",
    ),
}
