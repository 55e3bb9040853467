"""Of which erased items somebody may still know."""

import uuid
from collections.abc import Sequence

from django.db import connection

from vigie.kernel.actors import Actor


def untold_withdrawals(actor: Actor, content_ids: Sequence[uuid.UUID]) -> int:
    """Of how many of these erased contents of the unit (row ids) others have not been told yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM match_withdrawal WHERE owner_unit = %s AND content_id = ANY(%s)",
            [actor.unit, list(content_ids)],
        )
        return int(cursor.fetchone()[0])
