"""The one checkpoint of a day that is kept as a file: that which was dated and witnessed best."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from vigie.engines.proofs import parse_checkpoint
from vigie.kernel.models import AuditCheckpoint
from vigie.rooms.oversight import models
from vigie.rooms.oversight.queries.witnessing import cosigned
from vigie.rooms.oversight.schemas import DayCheckpoint


def checkpoint_of_day(day: date, using: str | None = None) -> DayCheckpoint | None:
    """The checkpoint of this day (UTC), or of the last one before on which the log was signed; None for an empty log.

    Of several, the stamped one, then the one most witnesses signed, then the newest.
    """
    ends = datetime.combine(day + timedelta(days=1), time(), UTC)
    rows = AuditCheckpoint.objects.using(using).filter(at__lt=ends).order_by("-size")
    last = rows.first()
    if last is None:
        return None
    begins = datetime.combine(last.at.astimezone(UTC).date(), time(), UTC)
    sizes = list(rows.filter(at__gte=begins).values_list("size", flat=True))
    best = max(sizes, key=_rank(sizes, using))
    note = parse_checkpoint(rows.get(size=best).note)
    stamps = models.Stamp.objects.using(using).filter(size=best).order_by("recorded_at")
    return DayCheckpoint(
        day=begins.date(),
        size=best,
        note=note.note,
        cosigned=cosigned([note], using)[0].note,
        stamps=tuple(bytes(row.reply) for row in stamps),
    )


def _rank(sizes: list[int], using: str | None) -> "_Rank":
    stamped = set(models.Stamp.objects.using(using).filter(size__in=sizes).values_list("size", flat=True))
    pairs = models.Cosignature.objects.using(using).filter(size__in=sizes, witness__ended_at=None)
    return _Rank(stamped, Counter(size for size, _ in set(pairs.values_list("size", "witness"))))


class _Rank:
    """The order in which checkpoints of one day are preferred."""

    def __init__(self, stamped: set[int], witnesses: Counter[int]) -> None:
        self._stamped = stamped
        self._witnesses = witnesses

    def __call__(self, size: int) -> tuple[bool, int, int]:
        return size in self._stamped, self._witnesses[size], size
