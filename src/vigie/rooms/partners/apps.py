"""The room `partners` as a Django application."""

from uuid import UUID

from django.apps import AppConfig

from vigie.kernel.actors import Actor


class PartnersConfig(AppConfig):
    """What partner organisations submit, and the opinions on it."""

    name = "vigie.rooms.partners"
    label = "partners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What its owner withdraws is taken back from what was found about submissions, too."""
        from vigie.rooms.matching.operations import match_withdrawn
        from vigie.rooms.partners import operations

        def handle(actor: Actor, pair: UUID, **_: object) -> None:
            operations.take_back(actor, pair)

        match_withdrawn.connect(handle, dispatch_uid="partners.withdrawn", weak=False)
