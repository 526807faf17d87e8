"""The languages of the pages: the person's own choice, else the browser's, else English.

The words of each language lie in ``translations/<language>/*.po``, one file for each group of
pages, and are compiled into one ``messages.mo`` by ``python -m service.dashboard.translating``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Flask, g, request
from flask_babel import Babel

from service.dashboard.access import Visitor

FOLDER: Final = Path(__file__).parent / "translations"

LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
"""Every language there is, by its own name."""


def language() -> str:
    """Return the language of this answer."""
    visitor: Visitor | None = g.get("keepword_visitor")
    if visitor is not None and visitor.locale in LANGUAGES:
        return str(visitor.locale)
    return request.accept_languages.best_match(list(LANGUAGES), "en")


def init_languages(app: Flask) -> None:
    """Let templates and code say things in the reader's language."""
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    Babel(app, default_translation_directories=str(FOLDER), locale_selector=language)
