import django.db.models.deletion
import vigie.kernel.ids
from django.db import migrations, models

from vigie.kernel.actors import Purpose
from vigie.kernel.scope import Reach, secure_table


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_intake_content"), ("cases", "0003_cases_clocks")]

    operations = [
        migrations.CreateModel(
            name="SealAuthority",
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
                    models.CharField(choices=[(one.value, one.value) for one in Purpose], max_length=32),
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
                ("kind", models.CharField(max_length=20)),
                ("reference", models.CharField(max_length=120)),
                ("issuer", models.CharField(max_length=120)),
                ("issued_on", models.DateField(null=True)),
                ("files", models.IntegerField()),
                ("opened_at", models.DateTimeField(null=True)),
                (
                    "exhibit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.exhibit"
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.AddField("manifestentry", "sealed", models.BooleanField(default=False, db_default=False)),
        migrations.AddField(
            "manifestentry",
            "authority",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="intake.sealauthority",
            ),
        ),
        *[migrations.RunSQL(sql) for sql in secure_table("intake_sealauthority", Reach.UNIT)],
    ]
