"""The pages' words for what a sheet's headings mean, and for what only a command line can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext

from service.sheets.columns import Field

FIELDS: Final[Mapping[Field, Any]] = {
    Field.CANDIDATE_ID: lazy_gettext("the person’s id in another system"),
    Field.APPLICATION_ID: lazy_gettext("the application’s id in another system"),
    Field.FIRST_NAME: lazy_gettext("first name"),
    Field.LAST_NAME: lazy_gettext("last name"),
    Field.NAME: lazy_gettext("name"),
    Field.EMAIL: lazy_gettext("mail address"),
    Field.PHONE: lazy_gettext("telephone"),
    Field.TIME_ZONE: lazy_gettext("time zone"),
    Field.LOCALE: lazy_gettext("language"),
    Field.JOB: lazy_gettext("job"),
    Field.STAGE: lazy_gettext("stage"),
    Field.STATUS: lazy_gettext("status: how it ended"),
    Field.APPLIED_ON: lazy_gettext("applied on"),
    Field.LAST_CONTACT_ON: lazy_gettext("last contact on"),
    Field.LAST_CONTACT_BY: lazy_gettext("last contact by"),
    Field.INTERVIEWED_ON: lazy_gettext("interviewed on"),
    Field.OWNER: lazy_gettext("owner’s mail address"),
    Field.HIRING_MANAGER: lazy_gettext("hiring manager’s mail address"),
    Field.PROMISED: lazy_gettext("what was promised"),
    Field.PROMISED_FOR: lazy_gettext("promised for when"),
}

HERE: Final[Mapping[str, Any]] = {
    "it is no mail address: write the colleague's, or leave the column out with --without and its "
    "heading": lazy_gettext(
        "it is no mail address: write the colleague’s, or leave the heading out below"
    ),
    "what “%(word)s” means is not known: say it with --stage “%(word)s=…”, for which there are "
    "%(stages)s": lazy_gettext("what “%(word)s” means is not known: choose its stage below"),
    "day and month cannot be told apart for certain: say --dates dmy (day first) or --dates mdy "
    "(month first), or write 2026-03-02": lazy_gettext(
        "day and month cannot be told apart for certain: choose below which comes first, or write "
        "2026-03-02"
    ),
    "it does not say which job: fill it in, or say --job TITLE": lazy_gettext(
        "it does not say which job: fill it in"
    ),
    "it seems to tell that this application has ended, and how is not guessed: say --column "
    "“%(heading)s=status” and what its words mean, such as --stage “…=rejected”, or --without "
    "“%(heading)s” where it has not ended": lazy_gettext(
        "it seems to tell that this application has ended, and how is not guessed: choose below "
        "that “%(heading)s” means the status, look again and choose what its words mean, or leave "
        "the heading out where nothing has ended"
    ),
    "several jobs have this title: write the id of one (“keepword job list --all” shows "
    "them)": lazy_gettext(
        "several jobs have this title: write the id of one, which its page has in its address"
    ),
    "no colleague has this address: add them with “keepword user add”, or leave the column out "
    "with --without": lazy_gettext(
        "no colleague has this address: invite them first, or leave the heading out below"
    ),
    "its id is that of somebody here who has another name and address: correct it, or, where the "
    "ids only number the lines of the sheet, leave their column out with --without and its "
    "heading": lazy_gettext(
        "its id is that of somebody here who has another name and address: correct it, or, where "
        "the ids only number the lines of the sheet, leave their heading out below"
    ),
    "no column says which job: add a column “job”, or say --job TITLE": lazy_gettext(
        "no column says which job: say below which heading does, or type the job of everybody"
    ),
    "%(fault)s. Not understood: %(headings)s; what one means is said with --column "
    "“HEADING=%(meaning)s”": lazy_gettext(
        "%(fault)s. Not understood: %(headings)s; choose below what one means"
    ),
    "%(names)s do equally well as separators: say which with --delimiter": lazy_gettext(
        "it is not certain what separates its cells: choose it below"
    ),
    "line %(line)s: the encoding is wrong here: say --encoding": lazy_gettext(
        "line %(line)s: the encoding is wrong here: choose another below"
    ),
    "it holds NUL bytes, so it is no text, or UTF-16 without a byte order mark: save the sheet as "
    "“CSV UTF-8”, or say --encoding utf-16-le": lazy_gettext(
        "it holds NUL bytes, so it is no text, or UTF-16 without a byte order mark: save the sheet "
        "as “CSV UTF-8”, or choose UTF-16 below"
    ),
    "it is not valid %(encoding)s throughout: say --encoding, or save the sheet as “CSV "
    "UTF-8”": lazy_gettext(
        "it is not valid %(encoding)s throughout: choose another encoding below, or save the sheet "
        "as “CSV UTF-8”"
    ),
    "it is valid neither as UTF-8 nor as Windows-1252: say which it is with --encoding, or save "
    "the sheet as “CSV UTF-8”": lazy_gettext(
        "it is valid neither as UTF-8 nor as Windows-1252: save the sheet as “CSV UTF-8”"
    ),
    "nobody has said who sends the rejections of %(name)s, so none is sent: keepword connection "
    "rejections %(name)s keepword, or … ats": lazy_gettext(
        "nobody has said who sends the rejections of %(name)s, so none is sent: an administrator "
        "says it on the command line"
    ),
}
"""How a page says what the command line says with one of its options or commands."""


def field_words(field: Field) -> str:
    """Return what a heading can mean."""
    return str(FIELDS[field])
