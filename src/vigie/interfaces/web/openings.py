"""The whole list of addresses that answer without a signed-in person, and of those open before a second factor.

Everything else is closed: `ActorBlock` asks this list and nothing else.
"""

OPEN = frozenset(
    {
        "account_login",
        "account_logout",
        "mfa_authenticate",
        "enrol",
        "health",
        "set_language",
        "api:openapi-json",
        "api:issue_token",
        "demo:people",
        "demo:enter",
    }
)
"""Names of routes that need no actor. `demo:*` exists only where `vigie demo` made the home."""

SIGNED_IN_ONLY = frozenset(
    {
        "mfa_activate_totp",
        "mfa_index",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "set_language",
    }
)
"""Names of routes a signed-in person reaches before having a second factor."""
