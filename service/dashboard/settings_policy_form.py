"""A rule as a form: its terms and its ladder, each fault beside the field it is in.

The domain reads the terms and finds the faults; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from service.dashboard.saying import fault_words
from service.domain.policies import Keeps, Kind, PolicyDocumentError, Terms, Trigger

SPARE: Final = 2
"""Empty steps at the end of the ladder."""

MOST_RUNGS: Final = 20

_TEXTS: Final = ("wording", "within", "then_every", "warn_before", "pause_cap", "kind", "keeps")
_FLAGS: Final = ("before_interview_only", "voicemail_counts")
_OPTIONAL: Final = ("then_every",)
_RUNG: Final = ("when", "offset", "action", "template")


@dataclass
class PolicyForm:
    """What stands in the fields, and what is wrong by field."""

    trigger: str
    texts: dict[str, str]
    flags: dict[str, bool]
    stages: frozenset[str]
    ladder: list[dict[str, str]]
    name: str = ""
    active: bool = True
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, terms: Terms, *, name: str, active: bool) -> PolicyForm:
        """Return the form that shows a rule."""
        document: dict[str, Any] = terms.to_document()
        ladder = [{key: str(rung.get(key) or "") for key in _RUNG} for rung in document["ladder"]]
        return cls(
            document["trigger"],
            {key: str(document[key] or "") for key in _TEXTS},
            {key: bool(document[key]) for key in _FLAGS},
            frozenset(document["stages"]),
            ladder,
            name,
            active,
        )

    @classmethod
    def new(cls) -> PolicyForm:
        """Return the form of a rule that does not exist yet."""
        terms = Terms(Trigger.SILENCE, Kind.STATUS, "5 business days", "", Keeps.PERSON)
        return cls.of(terms, name="", active=True)

    @classmethod
    def typed(cls, form: MultiDict[str, str], trigger: str | None = None) -> PolicyForm:
        """Return the form as somebody filled it in; the trigger of a rule that exists stays."""
        columns = [form.getlist(f"rung-{key}")[:MOST_RUNGS] for key in _RUNG]
        rows = zip(*columns, strict=False)
        ladder = [dict(zip(_RUNG, (text.strip() for text in row), strict=True)) for row in rows]
        return cls(
            trigger or form.get("trigger", ""),
            {key: form.get(key, "").strip() for key in _TEXTS},
            {key: key in form for key in _FLAGS},
            frozenset(form.getlist("stages")),
            [row for row in ladder if row["action"]],
            form.get("name", "").strip(),
            "active" in form,
        )

    def terms(self) -> Terms | None:
        """Return the terms that were meant, or ``None`` with the faults noted."""
        try:
            terms = Terms.from_document(self._document())
        except PolicyDocumentError as error:
            for pointer, text in error.faults:
                self.faults.setdefault(_field(pointer), fault_words(text))
            return None
        return None if self.faults else terms

    @property
    def rows(self) -> list[dict[str, str]]:
        """The steps of the ladder, and empty ones to fill in."""
        return [*self.ladder, *(dict.fromkeys(_RUNG, "") for _ in range(SPARE))]

    def _document(self) -> Mapping[str, object]:
        texts = {
            key: text or (None if key in _OPTIONAL else text) for key, text in self.texts.items()
        }
        ladder = []
        for row in self.ladder:
            has_offset = row["when"] in ("before", "after")
            has_letter = row["action"] in ("send", "holding")
            rung = {"when": row["when"], "action": row["action"]}
            rung |= {"offset": row["offset"]} if has_offset else {}
            rung |= {"template": row["template"]} if has_letter and row["template"] else {}
            ladder.append(rung)
        return {
            "trigger": self.trigger,
            **texts,
            **self.flags,
            "stages": sorted(self.stages),
            "ladder": ladder,
        }


def _field(pointer: str) -> str:
    path = pointer.strip("/").split("/")
    if path[0] == "ladder":
        return f"rung-{path[1]}" if len(path) > 1 else "rung-0"
    return path[0]
