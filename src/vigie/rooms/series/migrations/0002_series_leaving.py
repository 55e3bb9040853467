"""Memberships leave with an erased content."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("series", "0001_series")]
    operations = [migrations.RunSQL("GRANT DELETE ON series_membership TO vigie_app")]
