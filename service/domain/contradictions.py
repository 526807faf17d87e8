"""The contradiction guard: what we say now must not deny what we said a moment ago.

All of these a person may overrule: they know what was said by telephone, and we do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from service.domain.changes import Stage
from service.domain.letter_facts import LetterFacts, Rule, Says
from service.domain.wording import to_say

ENCOURAGED_WITHIN = timedelta(days=5)
"""How long "you are through" still rings: a rejection sooner than this needs a person's eye."""

TOLD_ELSEWHERE_WITHIN = timedelta(hours=24)
"""Two final letters to one person within this span should have been one."""

_ON_THE_WAY = (Stage.APPLIED, Stage.SCREENING, Stage.ASSESSMENT, Stage.INTERVIEW, Stage.OFFER)


def moved_forward(before: str, after: str) -> bool:
    """Tell whether a move told the person that they are through.

    Screening is ours alone: nobody out there notices it.
    """
    if before not in _ON_THE_WAY or after not in _ON_THE_WAY:
        return False
    to = _ON_THE_WAY.index(Stage(after))
    return to > max(_ON_THE_WAY.index(Stage(before)), _ON_THE_WAY.index(Stage.SCREENING))


def last_moves_forward(
    moves: Iterable[tuple[str, datetime, Mapping[str, Any]]],
) -> dict[str, datetime]:
    """Return when each application last moved so that the person noticed.

    ``moves`` are entries of its timeline: the application, when, and the stages of the move.
    """
    last: dict[str, datetime] = {}
    for application_id, at, data in moves:
        if moved_forward(str(data.get("before")), str(data.get("stage"))):
            last[application_id] = max(at, last.get(application_id, at))
    return last


def encouraged_lately(facts: LetterFacts) -> str | None:
    """Nobody is rejected within days of "you are through"."""
    ago = facts.encouraged_ago
    if facts.says is not Says.FINAL or ago is None or ago >= ENCOURAGED_WITHIN:
        return None
    return to_say(
        "the person was moved on or invited within the last five days: speak to them first, then "
        "let this letter go"
    )


def two_final_letters(facts: LetterFacts) -> str | None:
    """A person is rejected once, unless something encouraging was sent in between."""
    told, considered = facts.told_ago, facts.considered_ago
    if facts.says is not Says.FINAL or told is None:
        return None
    if considered is not None and considered < told:
        return None
    return to_say(
        "another letter has told this decision already: cancel this one, or let it go if that one "
        "did not arrive"
    )


def final_elsewhere(facts: LetterFacts) -> str | None:
    """A person with several applications gets one letter for them."""
    ago = facts.told_elsewhere_ago
    if facts.says is not Says.FINAL or ago is None or ago >= TOLD_ELSEWHERE_WITHIN:
        return None
    return to_say(
        "a rejection for another of this person's applications left within the last day: one "
        "letter for several is kinder, so put them together, or let this one go by itself"
    )


def considered_after_rejection(facts: LetterFacts) -> str | None:
    """Nobody who was rejected is told that they are considered while the decision stands."""
    if facts.says is not Says.CONSIDERED or not facts.told_stands:
        return None
    return to_say(
        "this says that the person is still considered, and a rejection has left: withdraw the "
        "decision first, or cancel this letter"
    )


CONTRADICTIONS: tuple[Rule, ...] = (
    encouraged_lately,
    two_final_letters,
    final_elsewhere,
    considered_after_rejection,
)
