"""The whole list of addresses that answer without a signed-in person, and of those open before a second factor.

Everything else is closed: `ActorBlock` asks this list and nothing else.
"""

OPEN = frozenset(
    {
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "enrol",
        "health",
        "provider_back",
        "provider_done",
        "provider_leave",
        "set_language",
        "api:openapi-json",
        "api:issue_token",
        "demo:people",
        "demo:enter",
    }
)
"""Names of routes that need no actor. `demo:*` exists only where `vigie demo` made the home."""

ONLY_BY = {"api:issue_token": frozenset({"POST"}), "api:openapi-json": frozenset({"GET", "HEAD"})}
"""For an address whose methods are acts of different kinds, those that need no actor.

The framework gives all methods of one address a single name: without this, ending one's tokens (DELETE) would be as
open as asking for one (POST).
"""


def is_open(name: str, method: str) -> bool:
    """True when the route of this name answers this method without an actor."""
    return name in OPEN and method in ONLY_BY.get(name, {method})


OPEN_TO_SUSPENDED = frozenset({"my_access", "session_end"})
"""Names of routes a person reaches whose access is suspended: why that is, whom to ask, and their own sign-ins."""

SIGNED_IN_ONLY = frozenset(
    {
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "set_language",
    }
)
"""Names of routes a signed-in person reaches before having a second factor."""
