from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_intake")]

    operations = [
        migrations.AlterField(model_name="manifestentry", name="ordinal", field=models.BigIntegerField()),
        migrations.AddIndex(
            model_name="manifestentry",
            index=models.Index(fields=["submission", "sha256"], name="entry_digest"),
        ),
    ]
