"""A film seen from outside: its first frame analysed, the others fetched batch by batch."""

import time
from collections.abc import Iterator

from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.process import WorkerProcess
from vigie.engines.imaging.protocol.messages import Asked, BadMessage, Request
from vigie.engines.imaging.protocol.results import FRAMES_IN_BATCH, LONGEST_BATCH, unpack_batch
from vigie.engines.imaging.rasters import Analysis, FilmFrame
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode


class OpenFilm:
    """One film open in a worker; iterate over it once for its frames, in the order of their times.

    `opening` is the analysis of the first frame: `format` names the container, `frames` is what the container states.
    """

    def __init__(self, worker: WorkerProcess, opening: Analysis, limits: Limits) -> None:
        self.opening = opening
        self._worker = worker
        self._limits = limits

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield one frame a second and up to four key frames between; raises MediaRefused.

        In the order of their times, without those that look like the one before (2 bits of PDQ).
        """
        until = time.monotonic() + self._limits.film_work_seconds
        ended, last = 0, -1
        while not ended:
            if time.monotonic() > until:
                raise MediaRefused(RefusalCode.TOO_SLOW, "looking through it took longer than allowed")
            request = Request(Asked.NEXT_FRAMES, FRAMES_IN_BATCH, self._limits.batch_seconds, 0)
            answer = self._worker.ask(request, (), most=LONGEST_BATCH)
            try:
                frames, ended = unpack_batch(answer, limits=self._limits)
            except BadMessage as error:
                raise MediaRefused(
                    RefusalCode.WORKER_KILLED, f"the worker broke the protocol: {error}"
                ) from error
            for frame in frames:
                if frame.time_ms <= last:
                    raise MediaRefused(RefusalCode.WORKER_KILLED, "the worker gave frames out of order")
                last = frame.time_ms
                yield frame
