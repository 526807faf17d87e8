"""Guesses which of our stages an employer's own stage name means.

A guess is never a closed stage: only a source's own event says that a person was rejected or
hired. What cannot be guessed is ``None`` and becomes a visible to-do, never a silent "applied".
"""

from __future__ import annotations

import re
import unicodedata

from service.domain.changes import Stage


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(alternatives) + r")\b")


# Words that speak of an end, a pause, or a person who has not applied.
_NO_STAGE = _words(
    "reject(?:ed|ion)?s?", "declined?", "withdr(?:ew|awn|awal)", "hired", "archived?", "closed",
    "disqualified", "not selected", "unsuccessful", "no show", "on hold", "keep warm",
    "talent pool", "pipeline", "sourced", "new leads?", "prospects?", "duplicates?", "spam",
    "onboarding", "contacted", "reached out", "absage", "abgelehnt",
)  # fmt: skip

_PAPERS = _words("resumes?", "cvs?", "applications?", "profiles?", "papers?", "bewerbung(?:en)?")
_REVIEW = _words("review(?:ing|ed)?", "check", "prufung")
_CHECKS = _words(
    "references?", "background", "right to work", "credit check", "referenzen"
)  # fmt: skip

# The first pattern that is found wins, so the order is part of the rule: a "phone screen
# interview" is a screen, a "coding interview" is an interview, an "offer call" is an offer.
_RULES: tuple[tuple[Stage, re.Pattern[str]], ...] = (
    (Stage.OFFER, _words(
        "offers?", "offered", "contract", "negotiation", "compensation", "angebot", "vertrag",
        "offre", "oferta", "aanbod",
    )),
    (Stage.INTERVIEW, _CHECKS),
    (Stage.SCREENING, _words("pre ?screen(?:ing|ed)?", "screen(?:s|ing|ed)?")),
    (Stage.INTERVIEW, _words(
        "interviews?", "interviewing", "interviewed", "on ?site", "virtual onsite",
        "face to face", "f2f", "in person", "panel", "final(?:s| round| stage)?",
        r"(?:first|second|third|1st|2nd|3rd|last|technical) rounds?", r"rounds? \d", "super ?day",
        "meet the team", "team meet(?:ing)?", "hiring manager (?:call|chat|meeting|conversation)",
        "loop", "debrief", "presentation", "trial day", "work trial", "culture fit", "executive",
        "gesprach", "vorstellungsgesprach", "probetag", "entretien", "entrevista",
        "kennismaking", "gesprek", "colloquio",
    )),
    (Stage.ASSESSMENT, _words(
        "assess(?:ment|ments|ed)?", "tests?", "testing", "take ?home", "home ?work",
        "challenges?", "exercises?", "assignments?", "case stud(?:y|ies)", "case", "work samples?",
        "cod(?:e|ing)", "hackerrank", "codility", "codesignal", "questionnaire",
        "(?:technical|practical) task", "skills?", "aptitude", "psychometric", "probeaufgabe",
    )),
    (Stage.SCREENING, _words(
        "phone", "telephone", "calls?", "recruiters?", "hr", "intro(?:duction|ductory)?", "chat",
        "telefonat", "telefon", "short ?list(?:ed)?", "long ?list(?:ed)?", "qualif(?:ied|ication)",
        "triage", "sichtung",
    )),
    (Stage.APPLIED, _words(
        "applied", "new", "inbox", "received", "applicants?", "applications?", "apply",
        "bewerbung(?:en)?", "eingang", "eingegangen", "beworben", "candidatures?",
        "sollicitatie", "submitted", "incoming",
    )),
    (Stage.SCREENING, _REVIEW),
)  # fmt: skip


def guess_stage(label: str | None) -> Stage | None:
    """Our stage for an employer's stage name, or ``None`` where no honest guess is possible."""
    text = _plain(label)
    if not text or _NO_STAGE.search(text):
        return None
    if _PAPERS.search(text) and _REVIEW.search(text):
        return Stage.APPLIED
    for stage, pattern in _RULES:
        if pattern.search(text):
            return stage
    return None


def is_meeting(label: str | None) -> bool:
    """Whether a step of this name, when complete, means that somebody met the candidate.

    Reading papers, a test done at home and asking referees are steps in an ATS too, but the
    candidate came to no interview and is owed no word after one. An unknown name counts as a
    meeting: a promise too many is seen and released, a missing one is silence.
    """
    text = _plain(label)
    if _CHECKS.search(text):
        return False
    return guess_stage(label) not in {Stage.APPLIED, Stage.ASSESSMENT, Stage.OFFER}


def _plain(label: str | None) -> str:
    folded = unicodedata.normalize("NFKD", label or "").casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())
