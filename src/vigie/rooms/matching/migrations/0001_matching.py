import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_UNIT = "(SELECT nullif(current_setting('vigie.unit', true), '')::uuid)"
_OWNED = ["matching_candidate", "matching_matchnotice", "matching_knownlist", "matching_knownitem"]
_DELIVERY = [
    "ALTER TABLE match_delivery ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE match_delivery FORCE ROW LEVEL SECURITY",
    "CREATE POLICY maintenance ON match_delivery TO vigie_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY written ON match_delivery FOR INSERT TO vigie_matcher WITH CHECK (true)",
    f"CREATE POLICY delivered ON match_delivery FOR SELECT TO vigie_app USING (owner_unit = {_UNIT})",
    "CREATE POLICY listed ON match_delivery FOR SELECT TO vigie_jobs USING (true)",
    "GRANT INSERT ON match_delivery TO vigie_matcher",
    "GRANT SELECT ON match_delivery TO vigie_app",
    "GRANT SELECT (id, owner_unit, owner_country, deliver_after) ON match_delivery TO vigie_jobs",
    "CREATE TABLE match_delivered (delivery_id uuid PRIMARY KEY, owner_unit uuid NOT NULL)",
    "ALTER TABLE match_delivered ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE match_delivered FORCE ROW LEVEL SECURITY",
    "CREATE POLICY maintenance ON match_delivered TO vigie_owner USING (true) WITH CHECK (true)",
    f"CREATE POLICY marked ON match_delivered FOR INSERT TO vigie_app WITH CHECK (owner_unit = {_UNIT})",
    "CREATE POLICY listed ON match_delivered FOR SELECT TO vigie_jobs USING (true)",
    "GRANT INSERT ON match_delivered TO vigie_app",
    "GRANT SELECT ON match_delivered TO vigie_jobs",
]
_VERDICT = [
    *secure_table("matching_verdict", Reach.UNIT, verbs="SELECT, INSERT"),
    f"CREATE POLICY other_party ON matching_verdict FOR SELECT TO vigie_app USING ({_UNIT} = ANY (parties))",
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("intake", "0001_intake"),
        ("media", "0001_media"),
    ]

    operations = [
        migrations.CreateModel(
            name="KnownList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("name", models.CharField(max_length=80)),
                ("source", models.CharField(max_length=120)),
                ("version", models.CharField(max_length=40)),
                ("role", models.CharField(max_length=10)),
                ("terms", models.CharField(default="online_only", max_length=20)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("owner_unit", "name", "version"), name="known_list_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchDelivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField()),
                ("owner_country", models.CharField(max_length=3)),
                ("content_id", models.UUIDField()),
                ("asker_unit", models.UUIDField()),
                ("asker_country", models.CharField(max_length=3)),
                ("asker_public_id", models.UUIDField(null=True)),
                ("pair", models.UUIDField()),
                ("level", models.CharField(max_length=12)),
                ("claim", models.CharField(max_length=12)),
                ("by", models.CharField(max_length=10)),
                ("distance", models.IntegerField(null=True)),
                ("variant", models.CharField(blank=True, max_length=30)),
                ("at", models.DateTimeField()),
                ("deliver_after", models.DateTimeField()),
            ],
            options={
                "db_table": "match_delivery",
                "constraints": [models.UniqueConstraint(fields=("content_id", "pair"), name="delivery_once")],
            },
        ),
        migrations.CreateModel(
            name="MatchNotice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("delivery_id", models.UUIDField(unique=True)),
                ("pair", models.UUIDField()),
                ("asker_unit", models.UUIDField()),
                ("asker_country", models.CharField(max_length=3)),
                ("asker_public_id", models.UUIDField(null=True)),
                ("level", models.CharField(max_length=12)),
                ("claim", models.CharField(max_length=12)),
                ("by", models.CharField(max_length=10)),
                ("distance", models.IntegerField(null=True)),
                ("variant", models.CharField(blank=True, max_length=30)),
                ("state", models.CharField(default="proposed", max_length=14)),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="match_notices",
                        to="media.content",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                ("pair", models.UUIDField()),
                (
                    "parties",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                ("verdict", models.CharField(max_length=14)),
                ("method", models.CharField(max_length=60)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["pair", "-id"], name="verdict_pair")],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                (
                    "public_id",
                    models.UUIDField(default=vigie.kernel.ids.public_id, editable=False, unique=True),
                ),
                ("answer_key", models.BinaryField()),
                ("level", models.CharField(max_length=12)),
                ("claim", models.CharField(max_length=12)),
                ("by", models.CharField(max_length=10)),
                ("holder_unit", models.UUIDField()),
                ("holder_country", models.CharField(max_length=3)),
                ("other_public_id", models.UUIDField(null=True)),
                ("distance", models.IntegerField(null=True)),
                ("variant", models.CharField(blank=True, max_length=30)),
                ("frame_ms", models.BigIntegerField(default=-1)),
                ("engine", models.CharField(max_length=60)),
                ("state", models.CharField(default="proposed", max_length=14)),
                ("published_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(null=True)),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="candidates",
                        to="media.content",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="candidates",
                        to="intake.submission",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["owner_unit", "-published_at"], name="candidate_new")],
                "constraints": [
                    models.UniqueConstraint(fields=("content", "answer_key"), name="candidate_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="KnownItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=vigie.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_unit", models.UUIDField(editable=False)),
                ("owner_country", models.CharField(editable=False, max_length=3)),
                ("recorded_by", models.UUIDField(editable=False)),
                ("recorded_at", models.DateTimeField(editable=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("victim_identification", "victim_identification"),
                            ("investigation", "investigation"),
                            ("safeguarding", "safeguarding"),
                            ("oversight", "oversight"),
                            ("training", "training"),
                        ],
                        max_length=32,
                    ),
                ),
                ("legal_basis", models.CharField(max_length=64)),
                ("handling", models.CharField(default="orcon", max_length=20)),
                ("confidentiality", models.CharField(blank=True, max_length=40)),
                ("review_at", models.DateField(null=True)),
                ("retain_until", models.DateField(null=True)),
                ("item", models.CharField(max_length=80)),
                ("sha256", models.BinaryField(null=True)),
                ("sha1", models.BinaryField(null=True)),
                ("md5", models.BinaryField(null=True)),
                ("size", models.BigIntegerField(null=True)),
                ("pdq", models.BinaryField(null=True)),
                ("category", models.CharField(blank=True, max_length=40)),
                ("series", models.CharField(blank=True, max_length=120)),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="matching.knownlist",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["owner_unit", "sha256"], name="known_sha256"),
                    models.Index(fields=["owner_unit", "md5"], name="known_md5"),
                    models.Index(fields=["owner_unit", "sha1"], name="known_sha1"),
                ],
            },
        ),
        *[migrations.RunSQL(sql) for table in _OWNED for sql in secure_table(table, Reach.UNIT)],
        *[migrations.RunSQL(sql) for sql in _DELIVERY],
        *[migrations.RunSQL(sql) for sql in _VERDICT],
    ]
