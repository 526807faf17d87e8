"""``/contacts`` and ``/enquiries``: every touch, in and out."""

from __future__ import annotations

from typing import Any

from service.api.contact_rows import logged
from service.api.lookups import check_references, found, locked_application
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import invalid
from service.api.promise_rows import shown
from service.api.schemas.base import page_of
from service.api.schemas.contact import (
    ContactNewSchema,
    ContactQuery,
    ContactSchema,
    EnquiryNewSchema,
    EnquiryQuery,
    EnquirySchema,
    LoggedSchema,
)
from service.domain.contacts import Channel, Direction, Outcome
from service.models import Contact, User
from service.queries import records
from service.workflows.contacts import log_contact
from service.workflows.enquire import enquire

resource = Resource("contacts", "Touches, in and out: only what reached the person keeps a word.")


@resource.operation(
    "GET", "/contacts", scope="read", query=ContactQuery, returns=page_of(ContactSchema)
)
def list_contacts(call: Call, args: dict[str, Any]) -> Any:
    """List contacts.

    In the order they happened.
    """
    return _listed(call, args, "contacts", args.get("direction"))


@resource.operation(
    "POST", "/contacts", scope="write", body=ContactNewSchema, status=201, returns=LoggedSchema
)
def create_contact(call: Call, body: dict[str, Any]) -> Answer:
    """Log a contact.

    The answer says which promises it kept and why each other one stays open.
    """
    application = locked_application(call, body["application_id"], "application_id")
    check_references(call, body, by_user_id=User)
    meant = frozenset(body["meant_for"])
    own = records.promises_among(call.session, application.id, meant)
    for index, promise_id in enumerate(body["meant_for"]):
        if promise_id not in own:
            raise invalid(
                f"/meant_for/{index}",
                "This application has no promise with this id.",
                "unknown-reference",
            )
    done = log_contact(
        call.work,
        application,
        channel=Channel(body["channel"]),
        outcome=Outcome(body["outcome"]),
        at=body.get("at") or call.work.now,
        by_user_id=body.get("by_user_id") or call.user_id,
        note=body.get("note"),
        meant_for=meant,
    )
    call.session.flush()
    return Answer(logged(call, done), location=f"/contacts/{done.contact.id}")


@resource.operation("GET", "/contacts/<contact_id>", scope="read", returns=ContactSchema)
def get_contact(call: Call, contact_id: str) -> Answer:
    """Show a contact.

    What it was, whether it was taken back, and for an enquiry which promise will answer it.
    """
    return Answer(found(call, Contact, contact_id, "contact"))


@resource.operation(
    "GET", "/enquiries", scope="read", query=EnquiryQuery, returns=page_of(ContactSchema)
)
def list_enquiries(call: Call, args: dict[str, Any]) -> Any:
    """List enquiries.

    The contacts that came from candidates, in the order they happened.
    """
    return _listed(call, args, "enquiries", Direction.IN)


@resource.operation(
    "POST", "/enquiries", scope="write", body=EnquiryNewSchema, status=201, returns=EnquirySchema
)
def create_enquiry(call: Call, body: dict[str, Any]) -> Answer:
    """Record that a candidate asked.

    A reply is owed. While a person's promise is open and not yet due, that promise answers the
    question and no second one is made.
    """
    application = locked_application(call, body["application_id"], "application_id")
    asked = enquire(
        call.work,
        application,
        channel=Channel(body["channel"]),
        at=body.get("at") or call.work.now,
        note=body.get("note"),
    )
    call.session.flush()
    value = {
        "contact": asked.contact,
        "promise": shown(call, asked.promise) if asked.promise else None,
        "new": asked.new,
    }
    return Answer(value, location=f"/contacts/{asked.contact.id}")


def _listed(call: Call, args: dict[str, Any], name: str, direction: str | None) -> Any:
    equal = {key: args[key] for key in ("application_id",) if key in args}
    return paged(
        name,
        args,
        lambda after, limit: records.contacts(
            call.session, after=after, limit=limit, direction=direction, **equal
        ),
    )
