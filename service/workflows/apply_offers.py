"""Applies what a source says of offers, in any order: one that was withdrawn does not come back
because the word that it was made is late, and another stays open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.domain.changes import OfferMade, OfferWithdrawn
from service.models import Application

_MADE = {"open": True, "at": None}


def apply_offer(
    application: Application, change: OfferMade | OfferWithdrawn, received_at: datetime
) -> None:
    """Take over that an offer is out, or stands no more. Only an offer that is made anew, and says
    so by its time, is open again after it was withdrawn.
    """
    offer = change.offer_external_id
    made = isinstance(change, OfferMade)
    at = change.at if made else change.at or received_at
    offers = _known(application)
    known = offers.get(offer)
    if known is not None:
        if at is None:
            # Made, and nobody knows when: it says nothing that a withdrawal may not have followed.
            return
        known_at = datetime.fromisoformat(known["at"]) if known["at"] else None
        if known_at is not None and (at < known_at or (made and at == known_at)):
            return
    told = {"open": made, "at": at.isoformat() if at else None}
    _keep(application, {**offers, offer: told})


def end_offers(application: Application, at: datetime) -> None:
    """Note that no offer made by then stands any more: the hire that came of it was taken back."""
    ended = {"open": False, "at": at.isoformat()}
    offers = _known(application)
    if offers:
        told = {id_: ended if _out_by(each, at) else each for id_, each in offers.items()}
        _keep(application, told)


def _out_by(told: dict[str, Any], at: datetime) -> bool:
    made_at = datetime.fromisoformat(told["at"]) if told["at"] else None
    return bool(told["open"]) and (made_at is None or made_at <= at)


def _known(application: Application) -> dict[str, Any]:
    # What came before they were all remembered is the one that is open.
    return application.offers or dict.fromkeys(filter(None, [application.open_offer]), _MADE)


def _keep(application: Application, offers: dict[str, Any]) -> None:
    application.offers = offers
    still_open = (id_ for id_, each in offers.items() if each["open"])
    application.open_offer = next(still_open, None)
