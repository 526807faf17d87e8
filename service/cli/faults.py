"""Says in one message what went wrong below a command, and what to do about it.

A message never holds what a person wrote: of an unknown fault it names the kind and the place.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from click import unstyle
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)

from service.config import ConfigError
from service.mail.variables import TemplateError
from service.resources import ResourceMissingError
from service.secret_box import SealedSecretError

DEBUG_HINT = "KEEPWORD_LOG_LEVEL=DEBUG shows where it comes from."


class NotMigratedError(RuntimeError):
    """The database's schema is not the one this version works on."""


def told(error: Exception) -> str:
    """Return the message for one error: the fault first, then its remedy."""
    match error:
        case ConfigError() | ResourceMissingError() | NotMigratedError():
            return str(error)
        case SealedSecretError():
            text = str(error)
            return f"{text[0].upper()}{text[1:]} (keepword connection rotate NAME)."
        case TemplateError():
            return f"A mail template cannot be used: {error}"
        case ArgumentError() | NoSuchModuleError():
            return (
                "DATABASE_URL is not understood. Write sqlite:////absolute/path.db or "
                "postgresql+psycopg://user:password@host/name."
            )
        case DBAPIError():
            return _of_database(error)
        case PermissionError():
            return (
                f"{error.filename} cannot be written or read. Give this user access to it, or set "
                "KEEPWORD_HOME to a folder of its own."
            )
        case FileNotFoundError() | IsADirectoryError() | NotADirectoryError():
            return f"{error.filename} cannot be written or read: {error.strerror}. Name another."
        case OSError() if error.filename is None and error.strerror:
            return f"What was to be shown could not be written: {error.strerror}."
        case _:
            return f"Keepword failed with {type(error).__name__} {_place(error)}. {DEBUG_HINT}"


def _of_database(error: DBAPIError) -> str:
    # The driver's own text, first line alone: the rest quotes the statement. Parameters are
    # hidden by the engine.
    lines = unstyle(str(error.orig)).strip().splitlines()
    first = lines[0] if lines else type(error.orig).__name__
    lowered = first.lower()
    if "database" in lowered and "does not exist" in lowered:
        return (
            f"There is no such database: {first}\n"
            "Make it first (createdb NAME), or check the name in DATABASE_URL."
        )
    if "not a database" in lowered or "malformed" in lowered:
        return (
            f"The database cannot be read: {first}. Check that DATABASE_URL or KEEPWORD_HOME "
            "leads to Keepword's own, or restore it from a copy."
        )
    if isinstance(error, OperationalError | ProgrammingError) and (
        "no such table" in lowered
        or "no such column" in lowered
        or "has no column" in lowered
        or "does not exist" in lowered
    ):
        return f"The database lacks what is asked of it ({first}). Run: keepword db upgrade"
    if "readonly" in lowered or "read-only" in lowered:
        return (
            f"The database cannot be written: {first}\n"
            "Let this user write to its file and the folder around it; on PostgreSQL let "
            "DATABASE_URL name the server that takes writes."
        )
    if "unable to open database file" in lowered:
        return (
            "The database's file cannot be opened or made.\n"
            "Make the folder around it, let this user write there, or mend the path in "
            "DATABASE_URL or KEEPWORD_HOME."
        )
    if "disk is full" in lowered or "no space left" in lowered:
        return "The disk is full, so the change was not made. Make room and try again."
    if "locked" in lowered:
        return "The database is busy with another writer. Try again in a moment."
    if isinstance(error, OperationalError):
        return (
            f"The database cannot be reached: {first}\n"
            "Check DATABASE_URL, and that the server runs and takes this user."
        )
    return f"The database refused with {type(error.orig).__name__} {_place(error)}. {DEBUG_HINT}"


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    # Our own deepest line says most; every traceback begins where commands are invoked.
    own = [
        frame
        for frame in frames
        if "/service/" in (path := Path(frame.filename).as_posix())
        and not path.endswith("/cli/lazy.py")
    ]
    if not frames:
        return "outside Python"
    last = (own or frames)[-1]
    return f"at {Path(last.filename).name}:{last.lineno}"
