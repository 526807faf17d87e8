"""Knows a sheet's headings by the many names people and ATSs give them.

A heading that is not known is left out and named. Where two headings say one thing, the one that is
listed first here is read and the other left out; the same heading twice is a fault.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain.wording import told
from service.sheets.source import SheetError


class Field(StrEnum):
    """What a column can say. The value is the heading that the documentation names first."""

    CANDIDATE_ID = "candidate id"
    APPLICATION_ID = "application id"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    TIME_ZONE = "time zone"
    LOCALE = "language"
    JOB = "job"
    STAGE = "stage"
    STATUS = "status"
    APPLIED_ON = "applied on"
    LAST_CONTACT_ON = "last contact on"
    LAST_CONTACT_BY = "last contact by"
    INTERVIEWED_ON = "interviewed on"
    OWNER = "owner"
    HIRING_MANAGER = "hiring manager"
    PROMISED = "promised"
    PROMISED_FOR = "promised for"


SEVERAL = frozenset({Field.EMAIL, Field.PHONE})
"""What one person has several of: any number of columns may say it."""

# The headings besides the field's own, the surer ones first; case, blanks and signs do not count.
SYNONYMS: Mapping[Field, tuple[str, ...]] = {
    Field.CANDIDATE_ID: (
        "id", "external id", "person id", "applicant id", "contact id", "candidate uuid",
        "candidate reference", "applicant reference", "source id",
    ),
    Field.APPLICATION_ID: (
        "opportunity id", "consideration id", "job consideration id", "pipeline id",
        "candidate application id", "application uuid", "application reference",
    ),
    Field.FIRST_NAME: ("given name", "forename", "firstname", "candidate first name",
                       "applicant first name", "vorname"),
    Field.LAST_NAME: ("surname", "family name", "lastname", "candidate last name",
                      "applicant last name", "nachname", "familienname"),
    Field.NAME: ("full name", "candidate", "candidate name", "applicant", "applicant name",
                 "person", "contact name", "vor- und nachname", "bewerber", "bewerberin",
                 "kandidat", "kandidatin"),
    Field.EMAIL: (
        "e-mail", "mail", "email address", "e-mail address", "mail address", "candidate email",
        "applicant email", "candidate email address", "primary email", "primary email address",
        "personal email", "personal email address", "work email", "secondary email",
        "other email", "emails", "email addresses", "alternate email", "alternative email",
        "e-mail-adresse", "mailadresse",
    ),
    Field.PHONE: (
        "telephone", "mobile", "cell", "phone number", "mobile phone", "mobile number",
        "cell phone", "phone cell", "phone home", "phone work", "home phone", "work phone",
        "primary phone", "primary phone number", "candidate phone", "candidate phone number",
        "phones", "phone numbers", "personal phone", "other phone", "applicant phone", "tel",
        "telefon", "telefonnummer", "mobiltelefon", "mobilnummer", "handy", "handynummer",
    ),
    Field.TIME_ZONE: ("timezone", "tz", "candidate time zone"),
    Field.LOCALE: ("locale", "lang", "candidate language"),
    Field.JOB: (
        "job title", "job name", "position", "position title", "role", "opening", "vacancy",
        "requisition", "requisition title", "job order", "applied for", "job applied for",
        "job applied to", "job posting", "posting", "posting title", "posting name",
        "opportunity", "position applied", "position applied for", "jobs", "stelle",
        "stellenbezeichnung", "stellentitel", "ausschreibung",
    ),
    Field.STAGE: (
        "current stage", "stage name", "interview stage", "current interview stage",
        "pipeline stage", "hiring stage", "recruiting stage", "application stage", "step",
        "pipeline status",
    ),
    Field.STATUS: (
        "application status", "candidate status", "job status of candidate", "state",
        "consideration status", "outcome", "disposition",
    ),
    Field.APPLIED_ON: (
        "applied", "applied at", "applied date", "date applied", "application date",
        "application created at", "application created", "applied to job at", "applied on date",
        "application submitted", "submitted at", "date submitted", "applied to job on",
        "created at", "created on", "created", "date created", "date added", "added on",
        "timestamp", "beworben am", "bewerbungsdatum", "bewerbung vom", "eingang",
        "eingangsdatum", "eingegangen am",
    ),
    Field.LAST_CONTACT_ON: (
        "last contact", "last contacted", "last contact at", "last contact date",
        "last contacted on", "last contacted at", "date last contacted", "last email sent at",
        "last emailed on", "last email to candidate",
    ),
    Field.LAST_CONTACT_BY: ("last contact channel", "last contact means", "contact channel"),
    Field.INTERVIEWED_ON: (
        "interviewed", "interviewed at", "interview date", "last interview", "last interview on",
        "last interview date", "interview held on", "last interviewed on",
    ),
    Field.OWNER: (
        "recruiter", "recruiter email", "owner email", "candidate owner", "application owner",
        "opportunity owner", "assigned to", "recruiter email address", "owner email address",
    ),
    Field.HIRING_MANAGER: ("hiring manager email", "manager", "hm", "hiring manager email address"),
    Field.PROMISED: ("promise", "what was promised", "promised what"),
    Field.PROMISED_FOR: ("promised by", "promised until", "promise due", "promised for when",
                         "promised date", "due", "due on", "due by"),
}  # fmt: skip

ENDINGS = (
    "archived", "archived at", "archived on", "archive date", "archive reason",
    "disqualified", "disqualified at", "disqualified on", "disqualified date",
    "disqualification reason", "disqualify reason",
    "rejected", "rejected at", "rejected on", "rejected date", "rejection date",
    "rejection reason", "reject reason", "reason for rejection",
    "withdrawn", "withdrawn at", "withdrawn on", "withdrawal reason",
    "hired", "hired at", "hired on", "hired date", "hire date",
    "closed at", "closed on", "closed date", "absage", "absage am", "absagegrund",
)  # fmt: skip
"""Headings under which a system tells that an application has ended, and not plainly how."""


def folded(heading: str) -> str:
    """Return a heading as two spellings of it share it: letters and digits alone."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return "".join(char for char in plain if char.isalnum())


_KNOWN = {
    folded(name): field for field in Field for name in (field.value, *SYNONYMS.get(field, ()))
}
_ENDINGS = frozenset(folded(name) for name in ENDINGS)
_RANK = {name: rank for rank, name in enumerate(_KNOWN)}


def field_of(heading: str) -> Field | None:
    """Return what a heading says, or ``None`` where it is not known.

    "Email 2" is an address too: a number at the end counts for what there are several of.
    """
    name = folded(heading)
    found = _KNOWN.get(name)
    if found is None:
        numbered = _KNOWN.get(name.rstrip("0123456789"))
        found = numbered if numbered in SEVERAL else None
    return found


def known_headings(cells: Sequence[str]) -> int:
    """Count the headings that are understood."""
    return sum(field_of(cell) is not None for cell in cells)


@dataclass(frozen=True)
class Columns:
    """Where a sheet says what. ``left_out`` are the headings that nothing is read from.

    ``endings`` are the places of those among them that may tell that an application has ended.
    """

    headings: tuple[str, ...]
    places: Mapping[Field, tuple[int, ...]]
    left_out: tuple[str, ...]
    endings: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        headings: Sequence[str],
        *,
        names: Mapping[str, Field] | None = None,
        without: Collection[str] = (),
    ) -> Columns:
        """Read a heading row. ``names`` says what a heading means, ``without`` which to leave out.

        Raises ``SheetError`` where one thing is said twice or a name given is no heading.
        """
        given = {folded(name): field for name, field in (names or {}).items()}
        ignored = {folded(name) for name in without}
        there = {folded(heading) for heading in headings}
        unknown = [name for name in (*(names or {}), *without) if folded(name) not in there]
        if unknown:
            raise SheetError(
                told("there is no column “%(name)s”: check its spelling", name=shown(unknown[0]))
            )
        places: dict[Field, list[int]] = {}
        left_out = []
        endings = []
        for place, heading in enumerate(headings):
            name = folded(heading)
            field = None if name in ignored else given.get(name) or field_of(heading)
            if field is None:
                if heading.strip():
                    left_out.append(shown(heading))
                if name in _ENDINGS and name not in ignored:
                    endings.append(place)
                continue
            places.setdefault(field, []).append(place)
        for field, found in places.items():
            if field not in SEVERAL and len(found) > 1:
                surest = _surest(headings, found, field, given)
                left_out += [shown(headings[place]) for place in found if place != surest]
                found[:] = [surest]
        return cls(
            tuple(shown(heading) for heading in headings),
            {field: tuple(found) for field, found in places.items()},
            tuple(left_out),
            tuple(endings),
        )

    def heading(self, field: Field) -> str:
        """Return the heading a field stands under, or the field's own name."""
        found = self.places.get(field)
        return self.headings[found[0]] if found else field.value


def _surest(
    headings: Sequence[str], places: Sequence[int], field: Field, given: Collection[str]
) -> int:
    """Return which of several columns is meant: one named by hand is surer than any other."""

    def rank(place: int) -> int:
        name = folded(headings[place])
        return -1 if name in given else _RANK.get(name, -1)

    ranked = sorted((rank(place), place) for place in places)
    if ranked[0][0] == ranked[1][0]:
        names = " and ".join(f"“{shown(headings[place])}”" for _, place in ranked[:2])
        raise SheetError(
            told(
                "%(names)s both say “%(field)s”: rename one, or take it out of the sheet",
                names=names,
                field=field.value,
            )
        )
    return ranked[0][1]


def shown(heading: str) -> str:
    """Return a heading as a page or a line shows it: on one line, and not too long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in heading).split())
    return text if len(text) <= 60 else f"{text[:57]}…"
