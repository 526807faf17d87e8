"""Finds the one person whom a command names by their id or address.

It says nothing that names anybody, and ends the command where an address means several people.
"""

from __future__ import annotations

from contextlib import suppress

from service.cli.running import Opened, unusable
from service.cli.showing import note
from service.mail.addresses import BadAddressError, checked_address
from service.queries.at_stake import people_at
from service.queries.candidate_page import surviving_id
from service.workflows.erased_addresses import erased_among


def person_named(keepword: Opened, who: str, parameter: str, *, undone: str) -> str | None:
    """Return whose id or address this is; ``None`` where whoever had the address is erased.

    ``parameter`` is where it was named, ``undone`` says what is not done otherwise.
    """
    session = keepword.session
    if "@" not in who:
        id_ = surviving_id(session, who)
        if id_ is None:
            unusable("there is nobody with this id. It ends the address of their page.", parameter)
        if id_ != who:
            note(f"{who} was merged into {id_}: that is who is meant.")
        return id_
    keys = {who.strip().casefold()}
    with suppress(BadAddressError):
        keys.add(checked_address(who).casefold())
    found = people_at(session, keys)
    if len(found) > 1:
        unusable(
            f"{len(found)} people have this address, and {undone}. Name one by the id: "
            f"{', '.join(found)}.",
            parameter,
        )
    if found:
        return found[0]
    if not erased_among(keepword.work(), keys):
        unusable("nobody here has this address.", parameter)
    return None
