"""Proposals and decisions: added and never changed, seen by the units they are put to."""

import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.conf import settings
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_SEEN = (
    "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid) = ANY (parties) OR "
    "(reach = 'installation' AND (SELECT current_setting('vigie.staff_scope', true)) = 'installation')"
)


def _walls(table: str) -> list[str]:
    """The table's walls; whom its rows are put to stands in the row, and its owner unit is always among them."""
    written = [sql for sql in secure_table(table, Reach.KEPT, verbs="SELECT, INSERT") if " seen ON " not in sql]
    return [*written, f"CREATE POLICY seen ON {table} FOR SELECT TO vigie_app USING ({_SEEN})"]


_TWO_PERSONS = [
    """CREATE FUNCTION vigie_two_persons() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.person_id::text IS DISTINCT FROM current_setting('vigie.person', true) THEN
            RAISE EXCEPTION 'a decision is recorded for the person who is set' USING ERRCODE = '42501';
        END IF;
        IF NEW.decision = 'approved' AND NOT EXISTS (
            SELECT FROM approvals_proposal AS proposal
            JOIN accounts_user AS first ON first.id = proposal.proposer_id
            JOIN accounts_user AS second ON second.id = NEW.person_id
            WHERE proposal.id = NEW.proposal_id AND first.id <> second.id
              AND second.natural_person NOT IN (first.natural_person, proposal.natural_person)
              AND NEW.recorded_at < proposal.expires_at
        ) THEN
            RAISE EXCEPTION 'a proposal is approved by another person, in its time' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END $$""",
    "CREATE TRIGGER two_persons BEFORE INSERT ON approvals_decision FOR EACH ROW EXECUTE FUNCTION vigie_two_persons()",
]
"""What the program's rules say once more, read from the accounts as they are now."""
_OWNED = [
    (
        "id",
        models.UUIDField(default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
    ),
    ("owner_unit", models.UUIDField(editable=False)),
    ("owner_country", models.CharField(editable=False, max_length=3)),
    ("recorded_by", models.UUIDField(editable=False)),
    ("recorded_at", models.DateTimeField(editable=False)),
    ("parties", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
    ("reach", models.CharField(default="unit", max_length=12)),
]
_PERSON = models.ForeignKey(
    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0003_accounts_natural_person")]

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                *_OWNED,
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("kind", models.CharField(max_length=40)),
                ("subject_kind", models.CharField(max_length=30)),
                ("subject_id", models.UUIDField()),
                ("payload", models.TextField()),
                ("state_digest", models.CharField(blank=True, max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("words", models.TextField()),
                ("natural_person", models.UUIDField()),
                ("expires_at", models.DateTimeField()),
                ("proposer", _PERSON.clone()),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["-recorded_at"], name="proposal_new")],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                *_OWNED,
                ("decision", models.CharField(max_length=10)),
                ("natural_person", models.UUIDField()),
                ("words", models.TextField(blank=True)),
                ("person", _PERSON.clone()),
                (
                    "proposal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="approvals.proposal",
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        *[
            migrations.RunSQL(sql)
            for sql in (*_walls("approvals_proposal"), *_walls("approvals_decision"), *_TWO_PERSONS)
        ],
    ]
