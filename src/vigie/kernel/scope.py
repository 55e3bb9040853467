"""Reads: models whose queries refuse to run without an actor, and the row-level policies of their tables.

Every table with case data derives from `OwnedModel` (seen by its owner unit only) or `SharedModel` (seen by the
audience its owner chose). Both carry the predicate of `policy.match_answer` as a filter; PostgreSQL carries it
again as a policy, written by `secure_table` in the table's own migration.
"""

import enum
import uuid
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet

from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose, StaffScope
from vigie.kernel.errors import GuardMissing
from vigie.kernel.ids import public_id, uuid7
from vigie.kernel.policy import AnswerOutside, Audience, Governed, Handling, Visibility


class SystemPurpose(enum.Enum):
    """Why a query runs for no person."""

    SIGN_IN = "sign-in"
    """Who is this, which roles and certificates hold: read by the `plumbing` role before there is an actor."""
    MATCHING = "matching"
    """The matcher process reads fingerprints, and nothing else, by its own role."""


class GuardedQuery(models.sql.Query):
    """A query that compiles only after somebody said for whom, and only while that actor is the one set."""

    vigie_scope: Actor | SystemPurpose | None = None

    def chain(self, klass: type[models.sql.Query] | None = None) -> models.sql.Query:
        """The copy keeps the mark; turning into an UPDATE needs it already."""
        if klass is not None:
            self.require_scope()
        return super().chain(klass)

    def get_compiler(self, *args: Any, **options: Any) -> Any:
        """The compiler of a scoped query; GuardMissing for one that is not."""
        self.require_scope()
        return super().get_compiler(*args, **options)

    def combine(self, rhs: models.sql.Query, connector: str) -> None:
        """Both halves of `a | b` are scoped: the mark of one must not cover the rows of the other."""
        rhs.require_scope()  # type: ignore[attr-defined]  # Django joins queries of one model only: rhs is guarded
        super().combine(rhs, connector)

    def require_scope(self) -> None:
        """Somebody said for whom, and that actor is still set; GuardMissing otherwise.

        A query set that left its block would meet no setting on the connection and return nothing, silently.
        """
        if self.vigie_scope is None:
            raise GuardMissing(f"{self._name()}: call .for_actor(actor) first")
        if isinstance(self.vigie_scope, Actor) and context.current().actor != self.vigie_scope:
            raise GuardMissing(f"{self._name()}: this query was made for an actor who is no longer set")

    def _name(self) -> str:
        return self.model._meta.label if self.model else "query"  # noqa: SLF001 - Django documents _meta


class GuardedQuerySet(QuerySet[Any, Any]):
    """A query set that raises unless `.for_actor(actor)` was called with the actor that is set."""

    query: GuardedQuery

    def __init__(self, model: type[models.Model] | None = None, query: Any = None, **options: Any) -> None:
        super().__init__(model, query or GuardedQuery(model), **options)

    def for_actor(self, actor: Actor) -> Self:
        """The rows this actor may see; GuardMissing when another actor, or none, is set on the connection."""
        if context.current().actor != actor:
            raise GuardMissing("this actor is not the one set on the connection")
        scoped = self.filter(self.model.visible_to(actor))
        scoped.query.vigie_scope = actor
        return scoped

    def system(self, purpose: SystemPurpose) -> Self:
        """All rows the database role of the connection may see, for a named purpose and no person.

        GuardMissing on the default connection, where every row is read for somebody.

        The role's own policies still hold: `app` sees nothing without an actor.
        """
        if self.db == "default":
            raise GuardMissing(f"{purpose.value}: rows of the default connection are read for an actor")
        scoped = self.all()
        scoped.query.vigie_scope = purpose
        return scoped

    def _update(self, values: Any) -> int:
        # save() of a loaded instance comes here; the write gate and WITH CHECK stand behind it.
        self.query.vigie_scope = context.current().actor
        return super()._update(values)  # type: ignore[misc, no-any-return]  # Django's private half of save()

    def _raw_delete(self, using: str | None) -> int:
        # Django turns the query into a DELETE here without asking it for a compiler.
        self.query.require_scope()
        return super()._raw_delete(using)  # Django's private half of delete()

    def raw(self, *_: Any, **__: Any) -> Any:
        """Not available: SQL of one's own carries no actor's filter."""
        raise GuardMissing(f"{self.model._meta.label}: raw SQL goes past the guard")  # noqa: SLF001 - documented


GuardedManager = models.Manager.from_queryset(GuardedQuerySet)


class UnitModel(models.Model):
    """A record of one unit about its own staff or work, without case data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_unit = models.UUIDField(editable=False)
    owner_country = models.CharField(max_length=3, editable=False)
    recorded_by = models.UUIDField(editable=False)
    recorded_at = models.DateTimeField(editable=False)

    objects = GuardedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The rows of the actor's own unit; for those who look after more staff, their country's or all rows."""
        if actor.staff_scope is StaffScope.INSTALLATION:
            return Q()
        own = Q(owner_unit=actor.unit)
        return own | Q(owner_country=actor.country) if actor.staff_scope is StaffScope.COUNTRY else own


class OwnedModel(UnitModel):
    """A record of one unit with case data, seen by that unit only, for the purposes that may read it."""

    purpose = models.CharField(max_length=32, choices=[(p.value, p.value) for p in Purpose])
    legal_basis = models.CharField(max_length=64)
    handling = models.CharField(max_length=20, default=Handling.ORCON.value)
    confidentiality = models.CharField(max_length=40, blank=True)
    review_at = models.DateField(null=True)
    retain_until = models.DateField(null=True)

    class Meta(UnitModel.Meta):
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The rows of the actor's own unit, for a purpose that may read them."""
        return Q(owner_unit=actor.unit, purpose__in=sorted(actor.readable_purposes))


class SharedModel(OwnedModel):
    """A record whose owner chose an audience; the five visibility columns of design.md section 5."""

    public_id = models.UUIDField(unique=True, default=public_id, editable=False)
    audience = models.CharField(max_length=12, default=Audience.UNIT.value)
    listed = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    excluded = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    answer_outside = models.CharField(max_length=12, default=AnswerOutside.CONTACT_ONLY.value)

    class Meta(OwnedModel.Meta):
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Q:
        """The owner's rows, and those whose audience the actor is in without being excluded."""
        parties = [str(actor.unit), actor.country]
        inside = (
            Q(audience=Audience.COMMUNITY.value)
            | Q(audience=Audience.COUNTRY.value, owner_country=actor.country)
            | Q(audience=Audience.LISTED.value, listed__overlap=parties)
        )
        seen = Q(owner_unit=actor.unit) | (inside & ~Q(excluded__overlap=parties))
        return seen & Q(purpose__in=sorted(actor.readable_purposes))

    @property
    def governed(self) -> Governed:
        """What the owner allows with it, as the policy's own value."""
        return Governed(self.visibility, Handling(self.handling))

    @property
    def visibility(self) -> Visibility:
        """The columns as the policy's own value."""
        return Visibility(
            owner_unit=self.owner_unit,
            owner_country=self.owner_country,
            audience=Audience(self.audience),
            listed=frozenset(self.listed),
            excluded=frozenset(self.excluded),
            answer_outside=AnswerOutside(self.answer_outside),
        )


def staff_ownership(actor: Actor, *, unit: uuid.UUID, country: str) -> dict[str, Any]:
    """The ownership columns of a staff record this actor makes now for a unit."""
    return {
        "owner_unit": unit,
        "owner_country": country,
        "recorded_by": actor.on_behalf_of or actor.id,
        "recorded_at": context.now(),
    }


def ownership(
    actor: Actor, *, legal_basis: str, purpose: Purpose, handling: Handling = Handling.ORCON
) -> dict[str, Any]:
    """The ownership columns of a record this actor makes now, in its unit's name."""
    recorder: uuid.UUID = actor.on_behalf_of or actor.id
    return {
        "owner_unit": actor.unit,
        "owner_country": actor.country,
        "recorded_by": recorder,
        "recorded_at": context.now(),
        "purpose": purpose.value,
        "legal_basis": legal_basis,
        "handling": handling.value,
    }


class Reach(enum.Enum):
    """Who sees the rows of a table."""

    STAFF = "staff"
    """The unit itself, and those who look after its staff: its country's gateway, administrators. No case data."""
    KEPT = "kept"
    """The unit itself and nobody else, whatever its purpose."""
    UNIT = "unit"
    """The unit itself, for a purpose that may read the row."""
    SHARED = "shared"
    """The audience the owner chose, for a purpose that may read the row."""


_UNIT = "owner_unit = (SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_PARTIES = (
    "ARRAY[(SELECT nullif(current_setting('vigie.unit', true), '')), "
    "(SELECT nullif(current_setting('vigie.country', true), ''))]::text[]"
)
_PURPOSE = (
    "purpose = ANY (string_to_array((SELECT nullif(current_setting('vigie.purposes', true), '')), ','))"
)
_COUNTRY = "owner_country = (SELECT nullif(current_setting('vigie.country', true), ''))"
_SIGNED_IN = "(SELECT nullif(current_setting('vigie.unit', true), '')) IS NOT NULL"
_STAFF_SCOPE = "(SELECT current_setting('vigie.staff_scope', true))"
_STAFF = f"({_UNIT} OR {_STAFF_SCOPE} = 'installation' OR ({_STAFF_SCOPE} = 'country' AND {_COUNTRY}))"
_AUDIENCE = (
    f"({_UNIT} OR ({_SIGNED_IN} AND NOT (excluded::text[] && {_PARTIES}) AND (audience = 'community' "
    f"OR (audience = 'country' AND {_COUNTRY}) OR (audience = 'listed' AND listed::text[] && {_PARTIES}))))"
)


def directory_table(table: str) -> list[str]:
    """The statements for a table of the installation's public directory: read by all, written in operations."""
    return [
        f"GRANT SELECT, INSERT, UPDATE ON {table} TO vigie_app",
        f"GRANT SELECT ON {table} TO vigie_plumbing",
    ]


def secure_table(table: str, reach: Reach, *, verbs: str = "SELECT, INSERT, UPDATE") -> list[str]:
    """The statements that put a case table behind row-level security: forced, with its policies and grants.

    Comparisons are plain: a sub-query over another table or a non-leakproof function would turn an index look-up
    into a scan (reference platform.md 1.3). A setting that ended reads '' and not NULL, hence `nullif`.
    """
    written = _STAFF if reach is Reach.STAFF else _UNIT
    seen = {
        Reach.STAFF: _STAFF,
        Reach.KEPT: _UNIT,
        Reach.UNIT: f"{_UNIT} AND {_PURPOSE}",
        Reach.SHARED: f"{_AUDIENCE} AND {_PURPOSE}",
    }[reach]
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY maintenance ON {table} TO vigie_owner USING (true) WITH CHECK (true)",
        f"CREATE POLICY seen ON {table} FOR SELECT TO vigie_app USING ({seen})",
        f"CREATE POLICY added ON {table} FOR INSERT TO vigie_app WITH CHECK ({written})",
        f"CREATE POLICY changed ON {table} FOR UPDATE TO vigie_app USING ({written}) WITH CHECK ({written})",
        f"CREATE POLICY removed ON {table} FOR DELETE TO vigie_app USING ({written})",
        f"GRANT {verbs} ON {table} TO vigie_app",
    ]
