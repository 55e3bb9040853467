"""Fingerprints are case data: who looks after the staff of every unit reads and writes those of the own unit only."""

from django.db import migrations

from vigie.kernel.scope import Reach, secure_table

_TABLE = "media_fingerprint"
_NAMES = ("seen", "added", "changed", "removed")
_NEW = [
    statement
    for statement in secure_table(_TABLE, Reach.KEPT)
    if statement.startswith(tuple(f"CREATE POLICY {name} " for name in _NAMES))
]


class Migration(migrations.Migration):
    dependencies = [("media", "0002_media_dihedral")]
    operations = [
        *[migrations.RunSQL(f"DROP POLICY {name} ON {_TABLE}") for name in _NAMES],
        *[migrations.RunSQL(statement) for statement in _NEW],
    ]
