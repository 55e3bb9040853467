from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("units", "0002_units_agreements")]

    operations = [
        migrations.AddField(
            "country", "unviewed_files", models.CharField(default="compared", max_length=10)
        ),
    ]
