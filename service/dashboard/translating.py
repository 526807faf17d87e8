"""Gathers what the pages say and turns the translations of it into the catalog that is shipped.

``python -m service.dashboard.translating missing`` lists what has no words in a language yet;
``… compile`` writes each ``<language>/LC_MESSAGES/messages.mo`` from the ``.po`` files beside it.
Nothing here runs while Keepword serves.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from service.dashboard.language import FOLDER, LANGUAGES

_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS: Final = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "to_say": None,
    "told": None,
    "say": None,
    "say_many": (1, 2),
}
_SHELLS: Final = frozenset({"dashboard", "cli"})
"""What speaks for itself: the pages, whose texts are found with their templates, and the command
line, which speaks English."""

_SAYS: Final = re.compile(r"\b(?:to_say|told|say|say_many)\(")

_FOR_OPERATORS: Final = frozenset({"queries/feed_words.py", "queries/loops.py"})
"""What these say names commands on pages too: it is for whoever runs Keepword."""

_OF_COMMANDS: Final = re.compile(r"--[a-z]|“keepword |: keepword [a-z]")
"""What only the command line can do about it: a page has words of its own for that."""

Message = str | tuple[str, ...]


def said_on_pages() -> dict[Message, str]:
    """Return every text that is translated, and the file it stands in."""
    found: dict[Message, str] = {}
    pages = FOLDER.parent
    for name, _line, message, *_ in extract_from_dir(
        str(pages), _METHODS, _OPTIONS, keywords=_KEYWORDS
    ):
        found.setdefault(tuple(message) if isinstance(message, (list, tuple)) else message, name)
    for message, name in _said_below():
        if not _is_of_commands(message, name):
            found.setdefault(message, name)
    return found


def said_by_commands() -> set[Message]:
    """Return what names an option or a command, and a page must say in its own way."""
    return {message for message, name in _said_below() if _is_of_commands(message, name)}


def _is_of_commands(message: Message, name: str) -> bool:
    return name not in _FOR_OPERATORS and bool(_OF_COMMANDS.search(str(message)))


def _said_below() -> Iterator[tuple[Message, str]]:
    """Yield what the layers below say to whoever reads, and where: they know no language.

    They are given a ``Speech``, or what they say still knows its text. Every module is looked
    into, so that none can be forgotten.
    """
    whole = FOLDER.parent.parent
    for path in sorted(whole.rglob("*.py")):
        name = path.relative_to(whole)
        if name.parts[0] in _SHELLS or not _SAYS.search(path.read_text("utf-8")):
            continue
        for _line, message, *_ in extract_from_file("python", path, keywords=_KEYWORDS):
            yield tuple(message) if isinstance(message, tuple) else message, name.as_posix()


def catalog_of(language: str) -> Catalog:
    """Return all words of a language, from every file of it."""
    # The same words give the same file, whenever it is made.
    whole = Catalog(
        locale=language, fuzzy=False, creation_date=_BEGINNING, revision_date=_BEGINNING
    )
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string:
                    whole.add(message.id, message.string)
    return whole


def missing_in(language: str) -> Iterator[tuple[Message, str]]:
    """Yield what a language has no words for, and where it stands."""
    catalog = catalog_of(language)
    for message, where in said_on_pages().items():
        known = catalog.get(message[0] if isinstance(message, tuple) else message)
        words = known.string if known is not None else ""
        if not words or not all(words if isinstance(words, tuple) else (words,)):
            yield message, where


def compiled(language: str) -> bytes:
    """Return the catalog of a language as it is shipped."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog_of(language))
    return buffer.getvalue()


def shipped(language: str) -> Path:
    """Return where the catalog of a language lies."""
    return FOLDER / language / "LC_MESSAGES" / "messages.mo"


def main(arguments: list[str]) -> int:
    """Run ``missing`` or ``compile``; return the exit code."""
    others = [language for language in LANGUAGES if language != "en"]
    if arguments == ["compile"]:
        for language in others:
            shipped(language).parent.mkdir(parents=True, exist_ok=True)
            shipped(language).write_bytes(compiled(language))
        return 0
    if arguments == ["missing"]:
        lines = [f"{lang}: {where}: {text}" for lang in others for text, where in missing_in(lang)]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        return 1 if lines else 0
    sys.stderr.write("Say “missing” or “compile”.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
