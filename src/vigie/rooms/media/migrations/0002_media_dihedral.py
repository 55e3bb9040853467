from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("media", "0001_media")]

    operations = [
        migrations.AddField(
            model_name="fingerprint", name="dihedral", field=models.BinaryField(null=True)
        ),
    ]
