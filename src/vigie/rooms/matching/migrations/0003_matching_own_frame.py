"""Which frame of the unit's own film an answer is about, beside the frame of the other's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0002_matching_questions")]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="own_frame_ms",
            field=models.BigIntegerField(default=-1, db_default=-1),
        )
    ]
