"""What several processes agree on about pace: who began a step when, and how much mail may leave.

One row a step and one a channel, however many processes there are; none of it is about people.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base


class StepTurn(Base):
    """When a periodic turn of a step last began anywhere."""

    __tablename__ = "step_turn"

    step: Mapped[str] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime]


class SendRate(Base):
    """A channel's bucket: how many letters it held when it was last looked at, and when."""

    __tablename__ = "send_rate"

    channel: Mapped[str] = mapped_column(primary_key=True)
    letters: Mapped[float]
    filled_at: Mapped[datetime]
