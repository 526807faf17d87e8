"""Tells from an employer's own words for closing an application whether the candidate left.

Only words about the candidate's own act count. Whatever else a reason says, the closing is the
employer's decision, and its candidate is owed an answer.
"""

from __future__ import annotations

import re
import unicodedata

_LEFT = re.compile(
    r"\b(?:"
    r"withdr[ae]w\w*|self[ -]?withdraw\w*|dropped out|pulled out|backed out|"
    r"(?:candidate|applicant|they|bewerber(?:in)?|kandidat(?:in)?) "
    r"(?:has |have |hat )?(?:declined|rejected|refused|cancell?ed|withdrew|left|abgesagt|"
    r"zuruckgezogen)|"
    r"(?:declined|rejected|refused|turned down) (?:our|the|job|an) (?:job )?offer|"
    r"(?:offer|angebot) (?:was |wurde )?(?:declined|refused|turned down|abgelehnt)|"
    r"(?:accepted|took|taken) (?:another|a different|other) (?:job|offer|position|role)|"
    r"(?:candidate|applicant) (?:is )?(?:not|no longer) interested|lost interest|"
    r"bewerbung zuruckgezogen|zuruckgezogen|absage (?:durch|vom|von) (?:bewerber|kandidat)\w*"
    r")\b"
)


def says_candidate_left(reason: str | None) -> bool:
    """Whether a reason, as an employer wrote it, says that the candidate withdrew."""
    folded = unicodedata.normalize("NFKD", reason or "").casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return _LEFT.search(" ".join(letters.split())) is not None
