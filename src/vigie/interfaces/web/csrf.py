"""Cross-site request forgery: the API's views are exempt for tokens, never for cookies."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _not_exempt() -> HttpResponse:
    """A view without the exemption mark, so that the check is made."""
    return HttpResponse()


def refused(request: HttpRequest) -> bool:
    """True when a request that rides on a session cookie carries no valid token against forgery."""
    check = _Check(lambda _: HttpResponse())
    check.process_request(request)
    return check.process_view(request, _not_exempt, (), {}) is not None
