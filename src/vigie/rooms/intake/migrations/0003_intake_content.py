"""A file of a manifest points to its content, so that what was answered is found by what a submission brought in.

Until now the way led over occurrences, and a place that was on record already had none of the second submission.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_intake_ordinals"), ("media", "0004_media_occurrence_once")]

    operations = [
        migrations.RenameField("manifestentry", "content_id", "content"),
        migrations.AlterField(
            "manifestentry",
            "content",
            models.ForeignKey("media.content", models.PROTECT, null=True, related_name="entries"),
        ),
    ]
