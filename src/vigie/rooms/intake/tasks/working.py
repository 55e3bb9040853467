"""The jobs of intake: a chunk of a submission's files from part to match, and the sweep of what was left behind.

A run that is killed anywhere leaves either nothing or whole rows: each batch is one transaction, parts are removed
after its commit, and whatever was not reached is found again by its state.
"""

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from django.db import OperationalError

from vigie.backends.blobs import BlobStoreFull
from vigie.backends.postgres import wants_room
from vigie.kernel import installation
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Unavailable
from vigie.kernel.jobs import OnBehalf, job
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.vault import CountryClosed, Owner
from vigie.rooms.intake import operations, rules
from vigie.rooms.intake.examining import Examined, Given, examine, is_film
from vigie.rooms.intake.operations.handing_in import SWEEP, WORK
from vigie.rooms.intake.parts import part_of, remaining_parts
from vigie.rooms.intake.queries import (
    awaits_first_answer,
    ready,
    recorded_contents,
    stored_uploads,
    work_left,
)
from vigie.rooms.media.operations import read_at_every_pixel

_THREADS = 2
"""Files examined side by side: while one is decoded in its worker, the other is digested here."""
_FILMS_SECONDS = 60.0
"""How long one run of the job begins films, before it makes room for other submissions. One that was begun is ended."""
_log = logging.getLogger(__name__)


@job(WORK)
def work(*, on_behalf: dict[str, Any], submission: str) -> None:
    """Up to 256 files of this submission (row id) are recorded and matched; another run follows when more wait."""
    behalf, submission_id = OnBehalf.read(on_behalf), uuid.UUID(submission)
    run = _Run(behalf, submission_id)
    run.clear_stored_parts()
    with run.examining():
        run.take_batches()
    run.match_leftovers()
    run.go_on_or_finish()


@job(SWEEP)
def sweep(*, on_behalf: dict[str, Any], submission: str) -> None:
    """Parts of this submission (row id) that nothing needs are gone."""
    service = OnBehalf.read(on_behalf).service(Role.SERVICE_INTAKE)
    with act_as(service, clock=utc_now):
        operations.sweep_parts(service, uuid.UUID(submission))


class _Run:
    """One run of the job: its actors, its confined workers, and what still has to be asked about."""

    def __init__(self, behalf: OnBehalf, submission_id: uuid.UUID) -> None:
        self._service = behalf.service(Role.SERVICE_INTAKE)
        self._matching = behalf.service(Role.SERVICE_MATCH)
        self._submission = submission_id
        self._to_match: list[uuid.UUID] = []
        self._ahead: dict[uuid.UUID, Future[Examined]] = {}
        self._films: dict[uuid.UUID, Given] = {}
        """Films that wait or are looked through; nobody waits for them while there are pictures."""
        self._films_since: float | None = None
        self._over = threading.Event()
        self._looked = self._took = self._no_room = False
        self._asked = time.monotonic()
        self._waits = True
        self._matcher_answers = True

    @contextlib.contextmanager
    def examining(self) -> Iterator[None]:
        """Confined workers of this owner alone stand ready inside the block; they start when a file needs one."""
        owner = Owner(self._service.unit, self._service.country)
        with (
            installation.decoding(owner) as self._pool,
            ThreadPoolExecutor(_THREADS) as self._threads,
            ThreadPoolExecutor(_THREADS) as self._film_threads,
        ):
            try:
                yield
            finally:
                self._over.set()  # a film that is looked through would hold up the run that follows
                self._threads.shutdown(cancel_futures=True)
                self._film_threads.shutdown(cancel_futures=True)

    def clear_stored_parts(self) -> None:
        """Parts that a run left behind when it died between its commit and their removal are gone."""
        lying = [part.upload_id for part in remaining_parts(self._submission)]
        with act_as(self._service, clock=utc_now):
            stored = stored_uploads(self._service, self._submission, lying)
        for upload_id in stored:
            part_of(self._submission, upload_id).remove()

    def take_batches(self) -> None:
        """Batches are recorded and matched until the job has its share or nothing waits."""
        with act_as(self._service, clock=utc_now):
            self._waits = awaits_first_answer(self._service, self._submission)
        taken = 0
        while self._can_go_on(taken):
            self._looked = False
            batch = self._record(rules.FIRST_BATCH_FILES if self._waits else rules.BATCH_FILES)
            taken += batch
            self._took = self._took or batch > 0 or self._looked
            if (
                batch == 0
                and self._can_go_on(taken)
                and not self._looked
                and not self._film_or_picture_came()
            ):
                break
            self._match_when_due()
        self._match()

    def _can_go_on(self, taken: int) -> bool:
        has_share_left = taken < rules.JOB_FILES or bool(self._running_films())
        return has_share_left and self._matcher_answers and not self._no_room

    def match_leftovers(self) -> None:
        """Contents a run recorded before it died are asked about; asking twice gives the same answers."""
        with act_as(self._service, clock=utc_now):
            if not work_left(self._service, self._submission):
                self._to_match = list(recorded_contents(self._service, self._submission))
        self._match()

    def go_on_or_finish(self) -> None:
        """Another run follows when files wait or the matcher was away; else a closed submission is finished.

        A run that could take nothing leaves what waits to the run that has it: they called each other up without end.
        """
        with act_as(self._service, clock=utc_now):
            if not self._matcher_answers:
                operations.wait_then_continue(self._service, self._submission, rules.MATCHER_PAUSE_SECONDS)
            elif self._no_room:
                operations.wait_then_continue(self._service, self._submission, rules.ROOM_PAUSE_SECONDS)
            elif self._took and work_left(self._service, self._submission):
                operations.continue_work(self._service, self._submission)
            else:
                operations.finish_submission(self._service, self._submission)

    def _record(self, files: int) -> int:
        try:
            with act_as(self._service, clock=utc_now):
                done = operations.record_batch(
                    self._service,
                    self._submission,
                    files=files,
                    examine=self._examine,
                    later=self._films,
                )
        except (BlobStoreFull, CountryClosed, OperationalError) as error:
            if isinstance(error, OperationalError) and not wants_room(error):
                raise
            _log.warning("originals cannot be stored now (%s); what arrived waits in its parts", error)
            self._no_room = True
            return 0
        for upload_id in done.uploads:
            # before the next batch: a queue of removals dies with the process (8 parts were left by 20 kills)
            part_of(self._submission, upload_id).remove()
        self._to_match.extend(done.contents)
        return done.taken

    def _examine(self, given: Sequence[Given], coming: Sequence[Given]) -> Iterator[Examined]:
        """Files side by side, in order, until a second has passed; those that come next are examined meanwhile.

        While a batch is sealed and written here, the confined workers are busy with the next one: without that they
        stood idle for half of the time (measured).
        """
        self._looked = True
        end = time.monotonic() + rules.BATCH_SECONDS
        for one in (*given, *coming):
            if one.entry_id in self._ahead or one.entry_id in self._films:
                continue
            if is_film(one):
                self._films[one.entry_id] = one
            else:
                self._ahead[one.entry_id] = self._threads.submit(examine, one, self._pool, self._over)
        for place, one in enumerate(one for one in given if one.entry_id not in self._films):
            if place and time.monotonic() > end:
                return
            yield self._ahead.pop(one.entry_id).result()

    def _running_films(self) -> dict[uuid.UUID, Future[Examined]]:
        return {entry: self._ahead[entry] for entry in self._films if entry in self._ahead}

    def _film_or_picture_came(self) -> bool:
        """A film was looked through, or other files came in meanwhile; False when no film is left for this run.

        Waited for outside of any transaction: a film takes minutes, and what was found until then is asked about.
        """
        self._match()
        self._begin_films()
        while running := self._running_films():
            done = wait(running.values(), rules.BATCH_SECONDS, FIRST_COMPLETED).done
            if done:
                self._films = {e: one for e, one in self._films.items() if running.get(e) not in done}
                return True
            with act_as(self._service, clock=utc_now):
                if ready(self._service, self._submission).exclude(id__in=list(self._films)).exists():
                    return True
        return False

    def _begin_films(self) -> None:
        """As many films are looked through as there are workers, while this run may begin any."""
        now = time.monotonic()
        self._films_since = self._films_since or now
        if now - self._films_since > _FILMS_SECONDS or not self._matcher_answers:
            return
        free = _THREADS - len(self._running_films())
        for one in [film for entry, film in self._films.items() if entry not in self._ahead][:free]:
            self._ahead[one.entry_id] = self._film_threads.submit(examine, one, self._pool, self._over)

    def _match_when_due(self) -> None:
        late = time.monotonic() - self._asked > rules.BATCH_SECONDS
        if self._waits or late or len(self._to_match) >= rules.MATCH_FILES:
            self._match()

    def _match(self) -> None:
        if not self._to_match:
            return
        contents, self._to_match = self._to_match, []
        try:
            near_limit = self._ask_about(contents)
            self._ask_about(self._read_again(near_limit))
        except Unavailable:
            _log.warning("the matcher does not answer; recorded files are asked about later")
            self._matcher_answers = False
            return
        with act_as(self._service, clock=utc_now):
            operations.mark_matched(self._service, self._submission, contents)
        self._asked, self._waits = time.monotonic(), False

    def _ask_about(self, contents: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
        """What is known of these contents is on record; returns those of which a quick reading may have decided it."""
        if not contents:
            return ()
        with act_as(self._matching, clock=utc_now):
            return _match_contents(self._matching, self._submission, contents)

    def _read_again(self, contents: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        """Pictures that only just resemble another are read at every pixel; returns those whose code changed by it."""
        changed: list[uuid.UUID] = []
        for begin in range(0, len(contents), rules.READ_AGAIN_FILES):
            with act_as(self._service, clock=utc_now):
                some = contents[begin : begin + rules.READ_AGAIN_FILES]
                changed += read_at_every_pixel(self._service, some)
        return changed


def _match_contents(
    actor: Actor, submission_id: uuid.UUID, contents: Sequence[uuid.UUID]
) -> Sequence[uuid.UUID]:
    from vigie.rooms.matching.operations import match_contents

    return match_contents(actor, submission_id, contents).near_limit
