"""No page shows a text in another order than it is written, or hides a character of it: such characters are codes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from vigie.engines.formats.hidden_characters import shown_on_a_page


class HiddenCharacters:
    """Every page, whole or in part, passes through here: a new one cannot forget it. Files and JSON go as they are."""

    def __init__(self, handler: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the handlers inside."""
        response = self.handler(request)
        if isinstance(response, HttpResponse) and response.headers.get("Content-Type", "").startswith(
            "text/html"
        ):
            response.content = shown_on_a_page(response.content)
        return response
