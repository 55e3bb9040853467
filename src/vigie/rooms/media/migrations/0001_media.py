import django.contrib.postgres.fields
import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.scope import Reach, secure_table

_FINGERPRINT = [
    "ALTER TABLE media_fingerprint ADD COLUMN changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id()",
    "CREATE INDEX media_fingerprint_changed ON media_fingerprint (changed_xid)",
    """CREATE FUNCTION vigie_fingerprint_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.changed_xid = pg_current_xact_id(); RETURN NEW; END $$""",
    "CREATE TRIGGER changed BEFORE UPDATE ON media_fingerprint FOR EACH ROW "
    "EXECUTE FUNCTION vigie_fingerprint_changed()",
    *secure_table("media_fingerprint", Reach.STAFF),
    "CREATE POLICY matched ON media_fingerprint FOR SELECT TO vigie_matcher USING (true)",
    "GRANT SELECT ON media_fingerprint TO vigie_matcher",
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("cases", "0001_cases"),
        ("intake", "0001_intake"),
    ]

    operations = [
        migrations.CreateModel(
            name="Content",
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
                ("audience", models.CharField(default="unit", max_length=12)),
                (
                    "listed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                ("answer_outside", models.CharField(default="contact_only", max_length=12)),
                ("sha256", models.BinaryField()),
                ("sha1", models.BinaryField()),
                ("md5", models.BinaryField()),
                ("size", models.BigIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("format", models.CharField(blank=True, max_length=20)),
                ("width", models.IntegerField(null=True)),
                ("height", models.IntegerField(null=True)),
                ("orientation", models.IntegerField(default=1)),
                ("duration_ms", models.BigIntegerField(null=True)),
                ("holding", models.CharField(max_length=10)),
                ("analysed_with", models.CharField(blank=True, max_length=80)),
                ("refusal", models.CharField(blank=True, max_length=30)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("owner_unit", "sha256"), name="content_once_per_owner")
                ],
            },
        ),
        migrations.CreateModel(
            name="Occurrence",
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
                ("path", models.BinaryField()),
                ("path_text", models.TextField()),
                ("modified_text", models.CharField(blank=True, max_length=60)),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="occurrences",
                        to="media.content",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="intake.manifestentry",
                    ),
                ),
                (
                    "exhibit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.exhibit"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="OriginalKey",
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
                ("name", models.CharField(max_length=64)),
                ("key_id", models.CharField(max_length=40)),
                ("wrapped", models.BinaryField()),
                ("commitment", models.BinaryField()),
                (
                    "content",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="original_key",
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
            name="Fingerprint",
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
                ("public_id", models.UUIDField()),
                ("frame_ms", models.BigIntegerField(default=-1)),
                ("sha256", models.BinaryField()),
                ("sha1", models.BinaryField()),
                ("md5", models.BinaryField()),
                ("size", models.BigIntegerField()),
                ("pdq", models.BinaryField(null=True)),
                ("quality", models.IntegerField(default=0)),
                ("audience", models.CharField(max_length=12)),
                (
                    "listed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), default=list, size=None
                    ),
                ),
                (
                    "excluded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), default=list, size=None
                    ),
                ),
                ("answer_outside", models.CharField(max_length=12)),
                ("sealed", models.BooleanField(default=False)),
                ("withdrawn", models.BooleanField(default=False)),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fingerprints",
                        to="media.content",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("content", "frame_ms"), name="fingerprint_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Rendition",
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
                ("audience", models.CharField(default="unit", max_length=12)),
                (
                    "listed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=36), blank=True, default=list, size=None
                    ),
                ),
                ("answer_outside", models.CharField(default="contact_only", max_length=12)),
                ("kind", models.CharField(max_length=10)),
                ("media_type", models.CharField(max_length=30)),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("key_id", models.CharField(max_length=40)),
                ("wrapped", models.BinaryField()),
                ("commitment", models.BinaryField()),
                ("ciphertext", models.BinaryField()),
                (
                    "content",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renditions",
                        to="media.content",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("content", "kind"), name="rendition_once")],
            },
        ),
        *[
            migrations.RunSQL(sql)
            for table in ("media_content", "media_rendition")
            for sql in secure_table(table, Reach.SHARED)
        ],
        *[
            migrations.RunSQL(sql)
            for table in ("media_originalkey", "media_occurrence")
            for sql in secure_table(table, Reach.UNIT)
        ],
        *[migrations.RunSQL(sql) for sql in _FINGERPRINT],
    ]
