"""Secret addresses under which a person's own calendar program reads what they owe."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class CalendarFeed(Base):
    """One person's address: only the SHA-256 of its secret, which has 256 random bits.

    ``names_people`` says that the entries carry whole names and the words of the promise.
    """

    __tablename__ = "calendar_feed"

    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    names_people: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
