"""Takes in forms that carry a sheet: larger than others, and read before anything is locked.

A body that says it is larger than its page takes is refused before a byte of it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, request
from flask_babel import format_decimal
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from service.dashboard.sheet_form import CARRIED, LARGEST, MOST_ROWS
from service.dashboard.site import message
from service.db import db

Given = ParamSpec("Given")


def carries_a_sheet(view: Callable[Given, Response]) -> Callable[Given, Response]:
    """Let a form of this view carry a sheet; it stands before whatever else looks at the form."""

    @wraps(view)
    def arrived(*given: Given.args, **named: Given.kwargs) -> Response:
        # A slow line must not hold what letting them in took: on SQLite nobody else could write.
        db.session.rollback()
        request.max_content_length = CARRIED
        request.max_form_memory_size = CARRIED
        try:
            _read = (request.form, request.files)
        except RequestEntityTooLarge:
            return too_large()
        return view(*given, **named)

    return arrived


def too_large() -> Response:
    """Say that a sheet is larger than a page takes."""
    return message(
        413,
        _("This sheet is too large for a page"),
        _(
            "Nobody was imported. A page takes %(megabytes)s MB and %(rows)s rows: split the "
            "sheet, or let whoever runs this Keepword import it on its machine with:",
            megabytes=LARGEST // 1_000_000,
            rows=format_decimal(MOST_ROWS),
        ),
        command="keepword import people.csv",
    )
