"""What the oversight console asks again and again, and how a cell leaves for a spreadsheet."""

from dataclasses import dataclass

from vigie.kernel.permissions import Permission

P = Permission


@dataclass(frozen=True, slots=True)
class View:
    """A question to the log: these acts (none: all), with this outcome (none: any)."""

    acts: frozenset[Permission] = frozenset()
    outcome: str = ""


VIEWS: dict[str, View] = {
    "seen": View(frozenset({P.MEDIA_VEIL_VIEW, P.MEDIA_CLEAR_VIEW, P.MEDIA_ORIGINAL_EXPORT}), "done"),
    "clear": View(frozenset({P.MEDIA_CLEAR_VIEW}), "done"),
    "refused": View(outcome="refused"),
    "exports": View(frozenset({P.AUDIT_LOG_EXPORT, P.AUDIT_VIEW_EXPORT, P.MEDIA_ORIGINAL_EXPORT}), "done"),
    "lookups": View(frozenset({P.MATCH_LOOKUP_ASK, P.MATCH_LOOKUP_RELEASE})),
    "rights": View(
        frozenset(
            {
                P.ACCOUNT_CERTIFICATE_GRANT,
                P.ACCOUNT_CERTIFICATE_REVOKE,
                P.ACCOUNT_ROLE_GRANT,
                P.ACCOUNT_ROLE_REVOKE,
                P.ACCOUNT_USER_ADD,
                P.AUDIT_WITNESS_ADD,
                P.AUDIT_WITNESS_END,
                P.MEDIA_VISIBILITY_TIGHTEN,
            }
        )
    ),
}
"""Every view by its code."""
