"""The policies a new installation starts with; every one can be edited.

The spans follow what employers rated best by candidates do (acknowledge within a day, word within
three to five business days of an interview); nobody waits fifteen without an alarm.
"""

from __future__ import annotations

from service.domain.changes import Stage
from service.domain.policies import Action, Anchor, Keeps, Kind, Rung, Terms, Trigger
from service.domain.wording import to_say

_REMIND = Rung(Anchor.BEFORE, Action.REMIND, "2 business hours")
_FLAG = Rung(Anchor.DUE, Action.FLAG)
_ESCALATE = Rung(Anchor.AFTER, Action.ESCALATE, "1 business day")

DEFAULT_POLICIES: dict[str, Terms] = {
    "acknowledgement": Terms(
        trigger=Trigger.APPLIED,
        kind=Kind.ACKNOWLEDGEMENT,
        within="1 business day",
        wording=to_say("An acknowledgement that the application arrived"),
        keeps=Keeps.ANY,
        ladder=(Rung(Anchor.MADE, Action.SEND, template="acknowledgement"), _FLAG),
    ),
    # By itself, so that 500 applicants do not become 500 tasks. It goes out half a working day
    # early: what counts is that it is delivered by the due instant, not that it was sent.
    "status-letter": Terms(
        trigger=Trigger.SILENCE,
        kind=Kind.STATUS,
        within="10 business days",
        wording=to_say("A letter saying where the application stands"),
        keeps=Keeps.ANY,
        stages=frozenset({Stage.APPLIED, Stage.SCREENING, Stage.ASSESSMENT, Stage.INTERVIEW}),
        before_interview_only=True,
        ladder=(
            Rung(Anchor.BEFORE, Action.SEND, "4 business hours", template="status-update"),
            _FLAG,
        ),
    ),
    "reply": Terms(
        trigger=Trigger.ENQUIRY,
        kind=Kind.REPLY,
        within="1 business day",
        wording=to_say("A reply to their enquiry"),
        ladder=(_REMIND, _FLAG, _ESCALATE),
    ),
    "word-after-interview": Terms(
        trigger=Trigger.INTERVIEWED,
        kind=Kind.STATUS,
        within="3 business days",
        then_every="5 business days",
        wording=to_say("Word after their interview"),
        ladder=(_REMIND, _FLAG, _ESCALATE),
    ),
    "decision-told": Terms(
        trigger=Trigger.DECIDED,
        kind=Kind.DECISION,
        within="2 business days",
        wording=to_say("To be told the decision"),
        keeps=Keeps.ANY,
        ladder=(_REMIND, _FLAG, _ESCALATE),
    ),
    "silence-alarm": Terms(
        trigger=Trigger.SILENCE,
        kind=Kind.STATUS,
        within="15 business days",
        wording=to_say("Any word at all"),
        keeps=Keeps.ANY,
        ladder=(_FLAG, Rung(Anchor.DUE, Action.ESCALATE)),
    ),
    "spoken": Terms(
        trigger=Trigger.SPOKEN,
        kind=Kind.CALLBACK,
        within="1 business day",
        wording=to_say("A call"),
        ladder=(_REMIND, _FLAG, _ESCALATE),
    ),
}

BUILT_IN_WORDINGS = frozenset(terms.wording for terms in DEFAULT_POLICIES.values())
"""What the rules say is owed where nobody has said it in other words."""
