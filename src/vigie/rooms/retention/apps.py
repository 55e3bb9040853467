"""The room `retention` as a Django application."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Erasure and its certificates; how long records are kept, who is asked, what stops a clock."""

    name = "vigie.rooms.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Erasing evidence by decision is known to the room that brings two persons together."""
        from vigie.kernel.permissions import Permission
        from vigie.rooms.approvals.acts import Act, register
        from vigie.rooms.retention import operations

        register(
            Act(
                kind=operations.EVIDENCE_ERASE,
                proposes=Permission.ERASURE_CONTENT_ORDER,
                approves=Permission.ERASURE_CONTENT_ORDER,
                summary=operations.erasure_in_words,
                perform=operations.erase_proposed,
                state=operations.evidence_as_it_is,
                certified=True,
            )
        )
