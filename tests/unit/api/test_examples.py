"""The examples in the reference are bodies that the API takes."""

from __future__ import annotations

import pytest

from service.api.resources import RESOURCES
from service.api.schemas import (
    application,
    calendar,
    candidate,
    closing_preview,
    connection,
    contact,
    decision,
    job,
    message,
    policy,
    promise,
    user,
)
from service.api.schemas.base import ApiSchema

_MODULES = (
    application,
    calendar,
    candidate,
    closing_preview,
    connection,
    contact,
    decision,
    job,
    message,
    policy,
    promise,
    user,
)
_BODIES = sorted(
    {
        value
        for module in _MODULES
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, ApiSchema)
        and name.endswith(("NewSchema", "ChangeSchema", "KeepSchema", "RescheduleSchema"))
    },
    key=lambda schema: schema.__name__,
)


@pytest.mark.parametrize("schema", _BODIES, ids=lambda schema: schema.__name__)
def test_an_example_is_a_body_that_is_taken(schema: type[ApiSchema]) -> None:
    assert schema().validate(schema.EXAMPLE) == {}


def test_there_are_examples_and_resources() -> None:
    assert len(_BODIES) >= 15
    assert len(RESOURCES) >= 14
