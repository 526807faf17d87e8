"""Policies: the rules that make promises, and the terms a promise copies from them.

A document is checked once, on the way in, and every fault is reported with a JSON pointer.
Durations are kept as the texts of :mod:`service.domain.durations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from service.domain.changes import Stage
from service.domain.durations import (
    BusinessDays,
    BusinessHours,
    ByTime,
    CalendarDays,
    DurationError,
    EndOfDay,
    parse,
)
from service.domain.policy_words import Action, Anchor, Keeps, Kind, Trigger
from service.domain.wording import to_say

__all__ = [
    "LETTERS",
    "Action",
    "Anchor",
    "Keeps",
    "Kind",
    "PolicyDocumentError",
    "Rung",
    "RungAt",
    "Terms",
    "Trigger",
]

E = TypeVar("E", bound=StrEnum)

_NOTHING = frozenset({BusinessHours(0), BusinessDays(0), CalendarDays(0)})


LETTERS = frozenset({"acknowledgement", "status-update", "holding", "apology-late"})
"""Templates a ladder may send by itself: those that can be filled in without a person.

No rejection is among them (it needs a decision), and no invitation (it needs a link).
"""

# Where a rung of each kind may stand. A flag says "overdue", a reminder says "not yet".
_STANDS: dict[Action, frozenset[Anchor]] = {
    Action.FLAG: frozenset({Anchor.DUE}),
    Action.REMIND: frozenset({Anchor.MADE, Anchor.BEFORE}),
}
_RUNG_MEMBERS = frozenset({"when", "action", "offset", "template"})


class PolicyDocumentError(ValueError):
    """A policy document is not usable; ``faults`` holds (JSON pointer, message) pairs."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{pointer or '/'}: {text}" for pointer, text in faults))


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: ``offset`` is a duration text for ``before`` and ``after``."""

    anchor: Anchor
    action: Action
    offset: str | None = None
    template: str | None = None

    def to_document(self) -> dict[str, object]:
        """Return the rung as the API shows it."""
        document: dict[str, object] = {"when": self.anchor.value, "action": self.action.value}
        if self.offset:
            document["offset"] = self.offset
        if self.template:
            document["template"] = self.template
        return document


@dataclass(frozen=True)
class RungAt:
    """A rung of one promise: an instant, so that the checker calculates nothing."""

    at: datetime
    action: Action
    template: str | None = None

    def to_document(self) -> dict[str, object]:
        """Return the stored form."""
        return {"at": self.at.isoformat(), "action": self.action.value, "template": self.template}

    @classmethod
    def from_document(cls, document: Mapping[str, str]) -> RungAt:
        """Read the stored form; raise ``ValueError`` or ``KeyError`` where it is damaged."""
        return cls(
            datetime.fromisoformat(document["at"]),
            Action(document["action"]),
            document.get("template"),
        )


@dataclass(frozen=True)
class Terms:
    """What a policy says. ``stages`` empty means any active stage.

    ``within`` runs from the trigger; ``then_every`` makes a new promise from each contact that
    kept the last one, until the application is closed or leaves ``stages``.
    """

    trigger: Trigger
    kind: Kind
    within: str
    wording: str
    keeps: Keeps = Keeps.PERSON
    then_every: str | None = None
    stages: frozenset[Stage] = frozenset()
    before_interview_only: bool = False
    voicemail_counts: bool = False
    warn_before: str = "2 business hours"
    pause_cap: str = "10 business days"
    ladder: tuple[Rung, ...] = ()

    def to_document(self) -> dict[str, object]:
        """Return the terms as the API shows them; ``from_document`` reads them back."""
        return {
            "trigger": self.trigger.value,
            "kind": self.kind.value,
            "within": self.within,
            "wording": self.wording,
            "keeps": self.keeps.value,
            "then_every": self.then_every,
            "stages": sorted(stage.value for stage in self.stages),
            "before_interview_only": self.before_interview_only,
            "voicemail_counts": self.voicemail_counts,
            "warn_before": self.warn_before,
            "pause_cap": self.pause_cap,
            "ladder": [rung.to_document() for rung in self.ladder],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Terms:
        """Read terms; raise ``PolicyDocumentError`` with every fault found."""
        return _TermsReader(document).read()

    def applies_to(self, stage: Stage, *, interviewed: bool) -> bool:
        """Tell whether an application at this stage is still owed what this policy promises."""
        if self.trigger is Trigger.DECIDED:
            return stage is Stage.REJECTED
        if self.trigger in (Trigger.ENQUIRY, Trigger.SPOKEN):
            # A question asked and a word given outlive the decision; only withdrawal ends them.
            return stage is not Stage.WITHDRAWN
        if stage in (Stage.HIRED, Stage.REJECTED, Stage.WITHDRAWN):
            return False
        if self.before_interview_only and interviewed:
            return False
        return not self.stages or stage in self.stages


class _TermsReader:
    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document
        self._faults: list[tuple[str, str]] = []

    def read(self) -> Terms:
        known = set(Terms.__dataclass_fields__)
        for name in sorted(set(self._document) - known):
            self._fault(f"/{name}", f"is not a term: the terms are {', '.join(sorted(known))}")
        trigger = self._choice("trigger", Trigger, None)
        terms = Terms(
            trigger=trigger or Trigger.SPOKEN,
            kind=self._choice("kind", Kind, None) or Kind.STATUS,
            within=self._within(trigger) or "1 business day",
            wording=self._text("wording"),
            keeps=self._choice("keeps", Keeps, Keeps.PERSON) or Keeps.PERSON,
            then_every=self._span("then_every"),
            stages=self._stages(),
            before_interview_only=self._flag("before_interview_only"),
            voicemail_counts=self._flag("voicemail_counts"),
            warn_before=self._working_time("warn_before", "2 business hours"),
            pause_cap=self._span("pause_cap") or "10 business days",
            ladder=self._ladder(),
        )
        if self._faults:
            raise PolicyDocumentError(self._faults)
        return terms

    def _fault(self, pointer: str, text: str) -> None:
        self._faults.append((pointer, text))

    def _text(self, name: str) -> str:
        value = self._document.get(name)
        if not isinstance(value, str) or not value.strip():
            self._fault(
                f"/{name}", to_say("is missing: say in words what is owed, such as 'A reply'")
            )
            return ""
        return value.strip()

    def _flag(self, name: str) -> bool:
        value = self._document.get(name, False)
        if not isinstance(value, bool):
            self._fault(f"/{name}", "must be true or false")
            return False
        return value

    def _choice(self, name: str, of: type[E], default: E | None) -> E | None:
        value = self._document.get(name, default)
        try:
            return of(value)  # type: ignore[arg-type]  # a wrong type is reported as a wrong value
        except ValueError:
            self._fault(f"/{name}", f"must be one of {', '.join(of)}")
            return None

    def _within(self, trigger: Trigger | None) -> str | None:
        value = self._document.get("within")
        # A person may well have said "by friday 17:00"; a rule cannot.
        if trigger is Trigger.SPOKEN:
            return self._parse("/within", value, point=True)
        return self._parse("/within", value, empty=False)

    def _span(self, name: str) -> str | None:
        value = self._document.get(name)
        return None if value is None else self._parse(f"/{name}", value, empty=False)

    def _working_time(self, name: str, default: str) -> str:
        value = self._parse(f"/{name}", self._document.get(name, default))
        if value is not None and not isinstance(parse(value), BusinessHours):
            self._fault(f"/{name}", to_say("must be business hours, such as '2 business hours'"))
        return value or default

    def _parse(
        self, pointer: str, value: object, *, point: bool = False, empty: bool = True
    ) -> str | None:
        if not isinstance(value, str):
            self._fault(pointer, to_say("must be a duration, such as '2 business days'"))
            return None
        try:
            duration = parse(value)
        except DurationError as error:
            self._fault(pointer, error.said)
            return None
        if isinstance(duration, ByTime | EndOfDay):
            if not point:
                self._fault(pointer, to_say("must be a length of time, not a point in time"))
                return None
        elif not empty and duration in _NOTHING:
            self._fault(pointer, to_say("must be longer than nothing"))
            return None
        return str(duration)

    def _stages(self) -> frozenset[Stage]:
        value = self._document.get("stages")
        if value is None:
            return frozenset()
        if not isinstance(value, list):
            self._fault("/stages", "must be a list of stages")
            return frozenset()
        stages = set()
        for index, name in enumerate(value):
            try:
                stages.add(Stage(name))
            except ValueError:
                self._fault(f"/stages/{index}", f"must be one of {', '.join(Stage)}")
        return frozenset(stages)

    def _ladder(self) -> tuple[Rung, ...]:
        value = self._document.get("ladder")
        if value is None:
            return ()
        if not isinstance(value, list):
            self._fault("/ladder", "must be a list of rungs")
            return ()
        return tuple(rung for i, item in enumerate(value) if (rung := self._rung(i, item)))

    def _rung(self, index: int, item: object) -> Rung | None:
        pointer = f"/ladder/{index}"
        if not isinstance(item, dict):
            self._fault(pointer, 'must be an object such as {"when": "due", "action": "flag"}')
            return None
        try:
            anchor = Anchor(str(item.get("when")))
            action = Action(str(item.get("action")))
        except ValueError:
            self._fault(
                pointer,
                f"needs 'when' ({', '.join(Anchor)}) and 'action' ({', '.join(Action)})",
            )
            return None
        for name in sorted(str(name) for name in item if name not in _RUNG_MEMBERS):
            self._fault(f"{pointer}/{name}", "is no part of a rung")
        stands = _STANDS.get(action)
        if stands is not None and anchor not in stands:
            allowed = " or ".join(repr(str(each)) for each in Anchor if each in stands)
            self._fault(f"{pointer}/when", f"must be {allowed} where the action is '{action}'")
        offset = None
        if anchor in (Anchor.BEFORE, Anchor.AFTER):
            offset = self._parse(f"{pointer}/offset", item.get("offset"))
        template = item.get("template")
        if action is Action.HOLDING:
            template = template or "holding"
        if action in (Action.SEND, Action.HOLDING) and template not in LETTERS:
            self._fault(f"{pointer}/template", f"must be one of {', '.join(sorted(LETTERS))}")
        return Rung(anchor, action, offset, template if isinstance(template, str) else None)
