"""Teams: recruiters who see the jobs that belong to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, new_id


class Team(Base):
    """Several colleagues and the jobs that only they see; a job of no team is everybody's."""

    __tablename__ = "team"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tea"))
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class TeamMember(Base):
    """One colleague in one team."""

    __tablename__ = "team_member"

    team_id: Mapped[str] = mapped_column(ForeignKey("team.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("app_user.id"), primary_key=True, index=True)
