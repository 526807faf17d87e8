"""The HTTP API under ``/api/v1``: it translates requests into workflows and rows into answers."""

from service.api.setup import init_app, openapi_text

__all__ = ["init_app", "openapi_text"]
