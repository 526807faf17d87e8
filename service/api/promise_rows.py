"""A promise as it is shown: its row, and how it stands at this moment."""

from __future__ import annotations

from typing import Any

from service.api.operation import Call
from service.domain.promises import standing
from service.models import Promise


def shown(call: Call, promise: Promise) -> dict[str, Any]:
    """Return a promise's columns together with its standing now."""
    row = {column.key: getattr(promise, column.key) for column in Promise.__table__.columns}
    now = standing(promise.state, promise.due_at, promise.warn_at, call.work.now)
    return {**row, "standing": now.value}
