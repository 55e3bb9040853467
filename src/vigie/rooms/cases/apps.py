"""The room `cases` as a Django application."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases, exhibits and the chain of custody."""

    name = "vigie.rooms.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Opening a case to a court is known to the room that brings two persons together."""
        from vigie.kernel.permissions import Permission
        from vigie.rooms.approvals.acts import Act, register
        from vigie.rooms.cases import operations

        register(
            Act(
                kind=operations.COURT_OPEN,
                proposes=Permission.CASE_COURT_OPEN,
                approves=Permission.CASE_COURT_OPEN,
                summary=operations.court_access_in_words,
                perform=operations.open_to_court,
                state=operations.court_access_as_it_is,
                certified=True,
            )
        )
