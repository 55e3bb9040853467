"""Guarded query sets: no way of asking runs without an actor, and every way shows that actor's rows only."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.utils import DatabaseError, DataError, ProgrammingError

from factories.actors import investigator
from factories.cases import borellian, directory, opened_case, opened_exhibit
from vigie.kernel import context, gate
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import GuardMissing
from vigie.kernel.permissions import Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.kernel.scope import SystemPurpose, ownership
from vigie.rooms.accounts.models import RoleGrant
from vigie.rooms.cases.models import Case, Exhibit
from vigie.rooms.media.models import Content
from vigie.rooms.series.models import Series

pytestmark = pytest.mark.usefixtures("database")
ALICE, BRUNO = investigator(), borellian()
"""Investigators of two countries."""


@pytest.fixture(autouse=True)
def cases_of_two_units(database: None) -> None:
    directory()
    for actor, name in ((ALICE, "A"), (BRUNO, "B")):
        for number in (1, 2):
            opened_exhibit(actor, case=opened_case(actor, reference=f"{name}-{number}"))


READS: dict[str, Callable[[QuerySet[Any]], Any]] = {
    "list": list,
    "iterator": lambda rows: list(rows.iterator(chunk_size=1)),
    "get": lambda rows: rows.get(reference="A-1"),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "earliest": lambda rows: rows.earliest("recorded_at"),
    "latest": lambda rows: rows.latest("recorded_at"),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "contains": lambda rows: rows.contains(Case(id=uuid.uuid4())),
    "aggregate": lambda rows: rows.aggregate(n=Count("id")),
    "aggregate over a slice": lambda rows: rows.order_by("id")[:1].aggregate(n=Count("id")),
    "values": lambda rows: list(rows.values("id")),
    "values_list": lambda rows: list(rows.values_list("id", flat=True)),
    "dates": lambda rows: list(rows.dates("review_at", "year")),
    "datetimes": lambda rows: list(rows.datetimes("recorded_at", "day")),
    "in_bulk": lambda rows: rows.in_bulk(),
    "in_bulk of some": lambda rows: rows.in_bulk([uuid.uuid4()]),
    "slice": lambda rows: list(rows[:1]),
    "index": lambda rows: rows.order_by("id")[0],
    "boolean": bool,
    "length": len,
    "distinct": lambda rows: list(rows.distinct()),
    "annotate": lambda rows: list(rows.annotate(n=Count("exhibits"))),
    "only": lambda rows: list(rows.only("id")),
    "select_related": lambda rows: list(rows.select_related()),
    "select_for_update": lambda rows: list(rows.select_for_update()),
    "prefetch_related": lambda rows: list(rows.prefetch_related("exhibits")),
    "explain": lambda rows: rows.explain(),
    "union": lambda rows: list(rows.union(rows)),
    "difference": lambda rows: list(rows.difference(rows.none())),
    "or": lambda rows: list(rows | rows.filter(title="")),
    "and": lambda rows: list(rows & rows.filter(title="")),
    "raw": lambda rows: list(rows.raw("SELECT * FROM cases_case")),
    "update": lambda rows: rows.update(title="x"),
    "bulk_update": lambda rows: rows.bulk_update([Case(id=uuid.uuid4(), title="x")], ["title"]),
    "delete": lambda rows: rows.delete(),
    "raw_delete": lambda rows: rows._raw_delete("default"),
    "get_or_create": lambda rows: rows.get_or_create(reference="A-1"),
    "update_or_create": lambda rows: rows.update_or_create(reference="A-1", defaults={"title": "x"}),
}


@pytest.mark.parametrize("how", READS)
def test_no_way_of_asking_runs_without_an_actor(how: str) -> None:
    with context.acting_as(ALICE, clock=utc_now), gate.opened(), pytest.raises(GuardMissing):
        READS[how](Case.objects.all())


@pytest.mark.parametrize("how", [how for how in READS if not how.startswith(("raw", "delete", "prefetch"))])
def test_every_way_of_asking_runs_for_the_actor_who_is_set(how: str) -> None:
    with context.acting_as(ALICE, clock=utc_now), gate.opened():
        READS[how](Case.objects.for_actor(ALICE))


def references(rows: Any) -> set[str]:
    return {row.reference for row in rows}


def test_an_actor_sees_its_own_units_rows_only() -> None:
    for actor, expected in ((ALICE, {"A-1", "A-2"}), (BRUNO, {"B-1", "B-2"})):
        with context.acting_as(actor, clock=utc_now):
            rows = Case.objects.for_actor(actor)
            assert references(rows) == references(rows.union(rows)) == expected
            assert rows.count() == rows.aggregate(n=Count("id"))["n"] == len(rows.in_bulk()) == 2


def test_the_guard_alone_narrows_as_the_database_does() -> None:
    """The filter is in the statement: it does not lean on the second wall."""
    with context.acting_as(ALICE, clock=utc_now):
        sql = str(Case.objects.for_actor(ALICE).query)
    assert str(ALICE.unit) in sql
    assert "victim_identification" in sql


def test_a_query_is_made_for_the_actor_who_is_set_and_nobody_else() -> None:
    with context.acting_as(ALICE, clock=utc_now), pytest.raises(GuardMissing, match="not the one set"):
        Case.objects.for_actor(BRUNO)
    with pytest.raises(GuardMissing, match="no actor is set"):
        Case.objects.for_actor(ALICE)


def test_a_query_set_that_left_its_block_raises_instead_of_returning_nothing() -> None:
    with context.acting_as(ALICE, clock=utc_now):
        kept = Case.objects.for_actor(ALICE)
    with pytest.raises(GuardMissing, match="no actor is set"):
        list(kept)
    with context.acting_as(BRUNO, clock=utc_now), pytest.raises(GuardMissing, match="no longer set"):
        list(kept)


def test_rows_of_the_default_connection_are_never_read_for_the_system() -> None:
    with pytest.raises(GuardMissing, match="read for an actor"):
        Case.objects.system(SystemPurpose.MATCHING)
    assert list(RoleGrant.objects.using("plumbing").system(SystemPurpose.SIGN_IN)) == []


@pytest.mark.parametrize("joined", ["|", "&", "^"])
def test_a_scoped_query_never_lends_its_mark_to_an_unscoped_one(joined: str) -> None:
    join = {"|": lambda a, b: a | b, "&": lambda a, b: a & b, "^": lambda a, b: a ^ b}[joined]
    with context.acting_as(ALICE, clock=utc_now):
        scoped, loose = Case.objects.for_actor(ALICE), Case.objects.filter(title="")
        for left, right in ((scoped, loose), (loose, scoped)):
            with pytest.raises(GuardMissing):
                list(join(left, right))


def test_what_stands_inside_a_query_is_scoped_too() -> None:
    loose = Exhibit.objects.filter(case=OuterRef("pk"))
    with context.acting_as(ALICE, clock=utc_now):
        rows = Case.objects.for_actor(ALICE)
        inner = Exhibit.objects.for_actor(ALICE).filter(case=OuterRef("pk"))
        assert rows.filter(Exists(inner)).count() == 2
        assert rows.filter(exhibits__in=Exhibit.objects.for_actor(ALICE)).count() == 2
        for ask in (
            rows.filter(Exists(loose)),
            rows.annotate(one=Subquery(loose.values("id")[:1])),
            rows.filter(exhibits__in=Exhibit.objects.all()),
            rows.union(Case.objects.all()),
            rows.exclude(pk__in=Case.objects.values("pk")),
        ):
            with pytest.raises(GuardMissing):
                list(ask)


def test_relations_are_no_way_round() -> None:
    with context.acting_as(ALICE, clock=utc_now):
        case = Case.objects.for_actor(ALICE).filter(reference="A-1").get()
        exhibit = Exhibit.objects.for_actor(ALICE).filter(case=case).get()
        with pytest.raises(GuardMissing):
            list(case.exhibits.all())
        with pytest.raises(GuardMissing):
            case.exhibits.count()
        with pytest.raises(GuardMissing):
            exhibit.case  # noqa: B018 - the access is the point
        with pytest.raises(GuardMissing):
            exhibit.refresh_from_db()
        with pytest.raises(GuardMissing):
            Exhibit.objects.for_actor(ALICE).only("id").first().reference  # noqa: B018 - a deferred column
        assert case.exhibits.for_actor(ALICE).count() == 1
        assert Exhibit.objects.for_actor(ALICE).select_related("case").get(pk=exhibit.pk).case == case
        exhibit.refresh_from_db(from_queryset=Exhibit.objects.for_actor(ALICE))


def test_a_prefetch_names_its_actor() -> None:
    with context.acting_as(ALICE, clock=utc_now):
        scoped = Prefetch("exhibits", Exhibit.objects.for_actor(ALICE))
        assert [len(c.exhibits.all()) for c in Case.objects.for_actor(ALICE).prefetch_related(scoped)] == [
            1,
            1,
        ]


def test_a_join_from_an_unscoped_table_meets_the_second_wall() -> None:
    from vigie.rooms.accounts.models import User

    with context.acting_as(ALICE, clock=utc_now):
        assert not User.objects.filter(certificates__course="x").exists()


def test_a_write_changes_the_actors_own_rows_only() -> None:
    with context.acting_as(ALICE, clock=utc_now), gate.opened():
        assert Case.objects.for_actor(ALICE).update(title="mine") == 2
        row = Case.objects.for_actor(ALICE).get(reference="A-1")
        row.title = "saved"
        row.save()
        assert Case.objects.for_actor(ALICE).bulk_update([row], ["title"]) == 1
    with context.acting_as(BRUNO, clock=utc_now), gate.opened():
        assert references(Case.objects.for_actor(BRUNO).filter(title="")) == {"B-1", "B-2"}
        row.title = "taken over"
        with pytest.raises(DatabaseError, match="did not affect"):
            row.save(force_update=True)


def test_nobody_records_in_another_units_name() -> None:
    with context.acting_as(ALICE, clock=utc_now), gate.opened():
        columns = ownership(ALICE, legal_basis="x", purpose=Purpose.INVESTIGATION)
        with pytest.raises(ProgrammingError, match="row-level security"):
            Case.objects.create(**(columns | {"owner_unit": BRUNO.unit}), reference="theirs")


def test_app_may_not_delete_a_case_even_inside_an_operation() -> None:
    with (
        context.acting_as(ALICE, clock=utc_now),
        gate.opened(),
        pytest.raises((ProgrammingError, GuardMissing)),
    ):
        Case.objects.for_actor(ALICE)._raw_delete("default")


def test_a_shared_row_is_seen_by_its_audience_and_never_by_the_excluded() -> None:
    third = investigator(unit=uuid.uuid4(), country="CAS")
    same_country = investigator(unit=uuid.uuid4())

    def seen(audience: Audience, **parties: list[str]) -> set[str]:
        with context.acting_as(ALICE, clock=utc_now), gate.opened():
            Series.objects.for_actor(ALICE).update(
                audience=audience.value,
                listed=parties.get("listed", []),
                excluded=parties.get("excluded", []),
            )
        found = set()
        for name, actor in {"own": ALICE, "country": same_country, "b": BRUNO, "c": third}.items():
            with context.acting_as(actor, clock=utc_now):
                if Series.objects.for_actor(actor).exists():
                    found.add(name)
        return found

    with context.acting_as(ALICE, clock=utc_now), gate.opened():
        Series.objects.create(
            number="1", name="n", **ownership(ALICE, legal_basis="x", purpose=Purpose.INVESTIGATION)
        )
    assert seen(Audience.UNIT) == {"own"}
    assert seen(Audience.COUNTRY) == {"own", "country"}
    assert seen(Audience.LISTED, listed=["BOR"]) == {"own", "b"}
    assert seen(Audience.LISTED, listed=[str(third.unit)], excluded=["CAS"]) == {"own"}
    assert seen(Audience.COMMUNITY) == {"own", "country", "b", "c"}
    assert seen(Audience.COMMUNITY, excluded=["ALV", str(BRUNO.unit)]) == {"own", "c"}


def test_a_row_reads_as_the_policys_own_value() -> None:
    row = Series(
        owner_unit=ALICE.unit, owner_country="ALV", audience="listed", listed=["BOR"], answer_outside="silent"
    )
    assert row.visibility.audience is Audience.LISTED
    assert row.visibility.listed == {"BOR"}
    assert row.visibility.answer_outside is AnswerOutside.SILENT


def test_a_purpose_that_may_not_read_sees_no_row() -> None:
    for purpose in (Purpose.OVERSIGHT, Purpose.TRAINING):
        actor = investigator(purpose=purpose)
        with context.acting_as(actor, clock=utc_now):
            assert not Case.objects.for_actor(actor).exists()
            assert not Content.objects.for_actor(actor).exists()


def test_those_who_look_after_staff_see_every_units_staff_and_no_case() -> None:
    carer = investigator(roles=frozenset({Role.ADMINISTRATOR}), unit=uuid.uuid4(), country="ZZZ")
    with context.acting_as(ALICE, clock=utc_now), gate.opened():
        columns = {"owner_unit": ALICE.unit, "owner_country": "ALV", "recorded_by": ALICE.id}
        from vigie.rooms.accounts.models import User

        user = User.objects.create(
            username="ines", display_name="Ines", unit_id=ALICE.unit, reviewed_at=utc_now()
        )
        RoleGrant.objects.create(user=user, role="investigator", recorded_at=utc_now(), **columns)

    def grants_seen_by(actor: Actor) -> int:
        with context.acting_as(actor, clock=utc_now):
            assert actor is not carer or not Case.objects.for_actor(actor).exists()
            return RoleGrant.objects.for_actor(actor).count()

    gateways = [
        investigator(roles=frozenset({Role.GATEWAY}), unit=uuid.uuid4(), country=country)
        for country in ("ALV", "ZZZ")
    ]
    assert [grants_seen_by(actor) for actor in (ALICE, BRUNO, carer, *gateways)] == [1, 0, 1, 1, 0]


def test_an_error_of_the_database_names_no_other_units_row() -> None:
    """The same reference in two units is no conflict: uniqueness is per owner."""
    with context.acting_as(BRUNO, clock=utc_now), gate.opened():
        Case.objects.create(
            reference="A-1", **ownership(BRUNO, legal_basis="x", purpose=Purpose.INVESTIGATION)
        )
        assert Case.objects.for_actor(BRUNO).annotate(one=Value(1)).count() == 3


def test_the_unit_setting_does_not_survive_its_block() -> None:
    from django.db import connections

    with context.acting_as(ALICE, clock=utc_now):
        pass
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT nullif(current_setting('vigie.unit', true), '')")
        assert cursor.fetchone() == (None,)
        cursor.execute("SELECT count(*) FROM cases_case")
        assert cursor.fetchone() == (0,)


def test_a_refused_statement_does_not_leave_the_actor_behind() -> None:
    def break_it() -> None:
        with context.acting_as(ALICE, clock=utc_now):
            Case.objects.for_actor(ALICE).extra(where=["1/0 = 1"]).exists()

    with pytest.raises(DataError, match="division by zero"):
        break_it()
    assert context.current_or_none() is None
    with context.acting_as(BRUNO, clock=utc_now):
        assert Case.objects.for_actor(BRUNO).count() == 2
