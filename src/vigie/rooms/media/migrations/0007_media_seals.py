"""Sealed files: nothing that comes from their pixels stands in the database, whatever the program does."""

from django.db import migrations, models

_REFUSE = """
CREATE FUNCTION media_rendition_of_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM media_content WHERE id = NEW.content_id AND sealed) THEN
        RAISE EXCEPTION 'a sealed file has no rendition' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
_WATCH = """
CREATE TRIGGER media_rendition_of_sealed BEFORE INSERT OR UPDATE OF content_id ON media_rendition
FOR EACH ROW EXECUTE FUNCTION media_rendition_of_sealed()
"""


class Migration(migrations.Migration):
    dependencies = [("media", "0006_media_courts")]

    operations = [
        migrations.AddField("content", "sealed", models.BooleanField(default=False, db_default=False)),
        migrations.AddConstraint(
            "fingerprint",
            models.CheckConstraint(
                condition=models.Q(sealed=False) | models.Q(pdq=None, dihedral=None, frame_ms=-1),
                name="fingerprint_sealed",
            ),
        ),
        migrations.RunSQL(_REFUSE),
        migrations.RunSQL(_WATCH),
    ]
