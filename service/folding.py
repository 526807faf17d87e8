"""Folds what is searched and what is searched in, so that nobody has to type an accent or a case.

SQLite is given our own function, and PostgreSQL has what it takes; where the two differ (PostgreSQL
keeps an "ß" that Python spells "ss"), a search also looks for the text as it was typed.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

FUNCTION: Final = "keepword_folded"
"""What SQLite calls our function."""


def fold(text: str | None) -> str:
    """Return a text in small letters without accents: ``Élise Müller`` is ``elise muller``."""
    apart = unicodedata.normalize("NFKD", (text or "").casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


class folded(FunctionElement[str]):  # noqa: N801 - it reads as the functions of SQL do
    """The text of a column as :func:`fold` returns it, told by the database."""

    type = String()
    inherit_cache = True


@compiles(folded, "sqlite")
def _for_sqlite(element: folded, compiler: Any, **options: Any) -> str:
    return f"{FUNCTION}({compiler.process(element.clauses, **options)})"


@compiles(folded, "postgresql")
def _for_postgresql(element: folded, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    return rf"regexp_replace(lower(normalize({text}, NFKD)), '[\u0300-\u036f]', '', 'g')"
