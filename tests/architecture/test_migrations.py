"""A table stands behind its wall from its first moment: the migration that makes it writes its policies."""

import importlib
import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from support.source import SOURCE
from vigie.kernel.scope import UnitModel

OURS = {c.label for c in apps.get_app_configs() if c.name.startswith("vigie.")}
LOADED = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
MINE = {key: migration for key, migration in LOADED.items() if key[0] in OURS}


def statements(migration: migrations.Migration) -> str:
    steps = [step.sql for step in migration.operations if isinstance(step, migrations.RunSQL)]
    return "\n".join(sql if isinstance(sql, str) else "\n".join(map(str, sql)) for sql in steps)


def created() -> list[tuple[str, str, type | None]]:
    rows = []
    for (label, name), migration in sorted(MINE.items()):
        for step in migration.operations:
            if isinstance(step, migrations.CreateModel):
                model = apps.get_app_config(label).models.get(step.name.lower())
                table = step.options.get("db_table") or f"{label}_{step.name.lower()}"
                rows.append((f"{label}.{name}", table, model))
    return rows


def test_there_are_tables_to_look_at() -> None:
    assert len(created()) >= 25


@pytest.mark.parametrize(("where", "table", "model"), created(), ids=str)
def test_a_scoped_table_gets_its_policies_in_the_migration_that_makes_it(
    where: str, table: str, model: type | None
) -> None:
    label, _, name = where.partition(".")
    text = statements(MINE[label, name])
    if model is not None and not issubclass(model, UnitModel):
        assert re.search(rf"GRANT [\w ,()]+ ON [\w ,]*\b{table}\b", text), f"{table}: no grant is written"
        return
    for needed in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY maintenance ON {table} TO vigie_owner",
        f"CREATE POLICY seen ON {table} FOR SELECT TO vigie_app",
        f"CREATE POLICY added ON {table} FOR INSERT TO vigie_app",
        f"CREATE POLICY changed ON {table} FOR UPDATE TO vigie_app",
    ):
        assert needed in text, f"{where} makes {table} and does not say: {needed}"


def test_tables_made_by_statement_are_walled_too() -> None:
    for (label, name), migration in MINE.items():
        text = statements(migration)
        for table in re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?\"?(\w+)", text):
            assert f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" in text, f"{label}.{name}: {table}"


def test_no_migration_takes_a_wall_down() -> None:
    for (label, name), migration in MINE.items():
        text = statements(migration)
        assert not re.search(r"(DISABLE|NO FORCE) ROW LEVEL SECURITY", text), f"{label}.{name}"
        assert not re.search(r"GRANT [^;\n]*\bTO PUBLIC\b", text), f"{label}.{name}"
        assert not re.search(r"\bBYPASSRLS\b", text), f"{label}.{name}"


def test_a_migration_bears_its_rooms_name() -> None:
    for label, name in MINE:
        assert re.fullmatch(rf"\d{{4}}_{label}(_\w+)?", name), f"{label}.{name}"


@pytest.mark.usefixtures("database")
def test_the_models_and_their_migrations_agree() -> None:
    out = StringIO()
    call_command("makemigrations", *sorted(OURS), dry_run=True, stdout=out)
    assert "No changes detected" in out.getvalue(), out.getvalue()


def test_every_migration_can_be_imported_from_the_package() -> None:
    for path in SOURCE.glob("**/migrations/0*.py"):
        module = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        assert importlib.import_module(module).Migration
