"""Workers of one role that take turns, each replaced after many files or after any error."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vigie.engines.imaging.confinement.bubblewrap import Bubblewrap
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.process import WorkerProcess
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.roles import Role


class Lane:
    """Up to `workers` processes of one role; a thread that wants one waits until one is free.

    Processes start when first needed. Safe for any number of threads.
    """

    def __init__(self, role: Role, workers: int, limits: Limits, wrap: Bubblewrap | None) -> None:
        if workers < 1:
            raise ValueError(f"a pool has at least one worker, not {workers}")
        self._role = role
        self._limits = limits
        self._wrap = wrap
        self._free: queue.LifoQueue[WorkerProcess | None] = queue.LifoQueue()
        for _ in range(workers):
            self._free.put(None)
        self._lock = threading.Lock()
        self._alive: set[WorkerProcess] = set()
        self._closed = False
        self._layers: tuple[str, ...] = ()

    @contextmanager
    def worker(self) -> Iterator[WorkerProcess]:
        """Hand out a ready worker for one job; it is ended when the job raises anything, else kept for the next."""
        kept: WorkerProcess | None = None
        taken = self._free.get()
        try:
            worker = self._ready(taken)
            try:
                yield worker
            except BaseException:
                self._end(worker)
                raise
            if worker.served < self._limits.files_per_worker:
                kept = worker
            else:
                self._end(worker)
        finally:
            self._free.put(kept)

    def layers(self) -> tuple[str, ...]:
        """Return the layers that hold a worker, starting one where none has run yet; raises MediaRefused."""
        if not self._layers:
            with self.worker():
                pass
        return self._layers

    def close(self) -> None:
        """End every process, also those at work: their jobs are refused as `worker_killed`."""
        with self._lock:
            self._closed = True
            alive, self._alive = self._alive, set()
        for worker in alive:
            worker.stop()

    def _ready(self, taken: WorkerProcess | None) -> WorkerProcess:
        """The worker taken, or a new one where there was none or it died while it waited (short memory ends them)."""
        if taken is not None and taken.is_alive():
            return taken
        if taken is not None:
            self._end(taken)
        return self._started()

    def _started(self) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise MediaRefused(RefusalCode.WORKER_KILLED, "the pool of workers is closed")
            worker = self._process()
            self._alive.add(worker)
        try:
            self._layers = worker.greet()
        except BaseException:
            self._end(worker)
            raise
        return worker

    def _process(self) -> WorkerProcess:
        """A process of this role that has not greeted yet; the fuzzer puts one that notes its way in this place."""
        return WorkerProcess(self._role, self._limits, self._wrap)

    def _end(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.stop()
