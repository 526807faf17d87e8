"""Shows a version of a letter, whatever its state, as it would read: nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Mapping

from service.mail.compiling import compile_template
from service.mail.examples import example_values
from service.mail.templates import Rendered, Value
from service.models import Application, TemplateVersion
from service.workflows.composing import Letter, compose, sender_for
from service.workflows.letter_dates import dated
from service.workflows.template_versions import source_of
from service.workflows.work import Work


def preview_version(
    work: Work,
    version: TemplateVersion,
    application: Application | None,
    values: Mapping[str, str],
    by_user_id: str | None = None,
) -> Rendered:
    """Render a version with one person's data, or with an invented person's.

    ``values`` come first, then what is known of the application, then examples for the rest. An
    optional paragraph shows when it is given. Dates are given and judged as for a letter that is
    sent; for an invented person they are words. ``TemplateError`` where a value does not fit.
    """
    template = compile_template(source_of(version))
    known: Mapping[str, Value] = {}
    if application is not None:
        values = dated(work, application, dict(values)).values
        letter = Letter(version.kind, "", {})
        known = compose(work, application, letter, sender_for(work, application, by_user_id))
    return template.render(
        {
            **example_values(template, optional=application is None),
            **known,
            **values,
        }
    )
