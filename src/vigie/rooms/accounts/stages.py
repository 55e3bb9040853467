"""The steps of a sign-in that differ from the library's own."""

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest

PROVIDER_FACTOR = "vigie_provider_factor"
"""In the state of a sign-in: its provider stated a second factor, so that none is asked here."""


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # the library ships no types
    """Asks for the second factor, unless this very sign-in came through a provider that stated one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        if self.login.state.get(PROVIDER_FACTOR) is True:
            return False
        asked: bool = super()._should_handle(request)
        return asked
