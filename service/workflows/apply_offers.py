"""Applies what a source says of offers, in any order: one that was withdrawn does not come back
because the word that it was made is late, and another stays open.
"""

from __future__ import annotations

from datetime import datetime

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
    # What came before they were all remembered is the one that is open.
    offers = application.offers or dict.fromkeys(filter(None, [application.open_offer]), _MADE)
    known = offers.get(offer)
    if known is not None:
        if at is None:
            # Made, and nobody knows when: it says nothing that a withdrawal may not have followed.
            return
        known_at = datetime.fromisoformat(known["at"]) if known["at"] else None
        if known_at is not None and (at < known_at or (made and at == known_at)):
            return
    told = {"open": made, "at": at.isoformat() if at else None}
    application.offers = {**offers, offer: told}
    still_open = (id_ for id_, each in application.offers.items() if each["open"])
    application.open_offer = next(still_open, None)
