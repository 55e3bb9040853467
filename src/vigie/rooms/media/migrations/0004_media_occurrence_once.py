"""One place is one row: the same file of the same exhibit, handed in again by another run, is no second occurrence."""

from django.db import migrations, models

_TABLE = "media_occurrence"


class Migration(migrations.Migration):
    dependencies = [("media", "0003_media_fingerprint_wall")]
    operations = [
        migrations.RunSQL(
            f"DELETE FROM {_TABLE} later USING {_TABLE} first WHERE later.exhibit_id = first.exhibit_id "
            "AND later.content_id = first.content_id AND later.path = first.path AND later.id > first.id"
        ),
        migrations.AddConstraint(
            model_name="occurrence",
            constraint=models.UniqueConstraint(
                "exhibit",
                "content",
                models.Func("path", function="sha256", output_field=models.BinaryField()),
                name="occurrence_once",
            ),
        ),
    ]
