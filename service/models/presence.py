"""Who looks at which person: what keeps two colleagues from calling the same one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class Presence(Base):
    """One colleague with one person's page open, when their browser last said so.

    It is worth a minute and never stands in anybody's way.
    """

    __tablename__ = "presence"

    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    candidate_id: Mapped[str] = mapped_column(
        ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    seen_at: Mapped[datetime]
