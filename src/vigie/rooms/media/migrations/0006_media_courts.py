"""What was found in a case that is open to a court: occurrences, contents and their renditions; no original key."""

from django.db import migrations

_CASES = "(SELECT nullif(current_setting('vigie.cases', true), ''))"
_CONTENT_IS_OPEN = f"""
CREATE FUNCTION vigie_content_is_open(content uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (
    SELECT 1 FROM media_occurrence JOIN cases_exhibit ON cases_exhibit.id = media_occurrence.exhibit_id
    WHERE media_occurrence.content_id = content AND cases_exhibit.case_id = ANY (string_to_array({_CASES}, ',')::uuid[])
) $$
"""
_STATEMENTS = [
    _CONTENT_IS_OPEN,
    *[
        f"CREATE POLICY open_case ON {table} FOR SELECT TO vigie_app USING ({_CASES} IS NOT NULL AND {is_open})"
        for table, is_open in (
            ("media_occurrence", "vigie_exhibit_is_open(exhibit_id)"),
            ("media_content", "vigie_content_is_open(id)"),
            ("media_rendition", "vigie_content_is_open(content_id)"),
        )
    ],
]


class Migration(migrations.Migration):
    dependencies = [("media", "0005_media_tombstones"), ("cases", "0004_cases_courts")]
    operations = [migrations.RunSQL(statement) for statement in _STATEMENTS]
