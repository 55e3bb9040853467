"""Every table with case data stands behind row-level security, and every model is scoped or excused by name."""

import pytest
from django.apps import apps
from django.db import connections

from support import database as ground
from vigie.kernel.scope import GuardedQuerySet, UnitModel

pytestmark = pytest.mark.usefixtures("database")

EXCUSED = {
    "units.Country": "the public directory: which countries take part",
    "units.Organisation": "the public directory: which organisations take part",
    "units.Agreement": "the public directory: until when an organisation takes part",
    "units.Unit": "the public directory: whom to call",
    "units.LegalBasis": "the public directory: a country's own legal grounds",
    "accounts.User": "read before there is an actor, by a role that may only read; no case data",
    "accounts.BrowserSession": "sign-ins: the role that keeps them alone reads them, before there is an actor",
    "kernel.AuditEvent": "its own policies: written by its unit, read by log scope; append-only",
    "kernel.AuditNote": "its own policies: written by its unit, read by log scope",
    "kernel.AuditLeaf": "hashes of all events: proofs need them; append-only",
    "kernel.AuditCheckpoint": "signed sizes and roots: proofs need them; append-only",
    "matching.ListDelivery": "its own policies: the asker's side inserts, the owner's side reads",
    "oversight.Witness": "names and public keys of bodies outside, digests of tokens; no case data",
    "oversight.Cosignature": "witnesses' signatures of sizes and roots; append-only",
    "oversight.Stamp": "time stamps of signed checkpoints; append-only",
    "matching.MatchDelivery": "its own policies: the matcher inserts, the owner's side reads",
}
OWN_POLICIES = {"kernel.AuditEvent", "kernel.AuditNote", "matching.ListDelivery", "matching.MatchDelivery"}


def our_models() -> list[type]:
    return [m for m in apps.get_models() if m.__module__.startswith("vigie.")]


def test_every_model_is_scoped_or_excused_with_a_reason() -> None:
    loose = {m._meta.label for m in our_models() if not issubclass(m, UnitModel)}
    assert loose == set(EXCUSED)


def test_a_scoped_model_has_only_guarded_managers() -> None:
    for model in our_models():
        if issubclass(model, UnitModel):
            for manager in (*model._meta.managers, model._base_manager):
                assert isinstance(manager.get_queryset(), GuardedQuerySet), model


def test_every_case_table_forces_row_level_security_and_has_its_policies() -> None:
    with ground.administrator() as connection:
        walls = dict(
            connection.execute(
                "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            ).fetchall()
        )
        policies: dict[str, set[str]] = {}
        for table, name in connection.execute("SELECT tablename, policyname FROM pg_policies").fetchall():
            policies.setdefault(table, set()).add(name)
    for model in our_models():
        table = model._meta.db_table
        if issubclass(model, UnitModel):
            assert walls[table], table
            assert {"maintenance", "seen", "added", "changed"} <= policies[table], table
        elif model._meta.label in OWN_POLICIES:
            assert walls[table], table
            assert "maintenance" in policies[table], table


def test_the_suite_itself_has_no_way_past_the_walls() -> None:
    for alias in ground.ROLES:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            name, superuser, bypass = cursor.fetchone()
        assert name == ground.ROLES[alias].value
        assert not superuser
        assert not bypass


def test_app_owns_nothing() -> None:
    with ground.administrator() as connection:
        owners = {
            row[0]
            for row in connection.execute("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")
        }
    assert owners == {"vigie_owner"}
