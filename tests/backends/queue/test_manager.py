"""The job table: countries take turns, an attempt that is over ends nothing, and no clock decides who is alive."""

import asyncio

import pytest
from procrastinate.jobs import Job, Status

from support.database import administrator
from support.job_queue import claimed, country_of, managed, put, state_of, worker
from vigie.backends.queue import FairJobs, manager

pytestmark = pytest.mark.usefixtures("database")
LEASE = 6.0


class TestTurns:
    """Whose job is next."""

    def test_a_long_queue_of_one_country_does_not_keep_another_waiting(self) -> None:
        put("ALV", count=300)
        put("BOR")
        assert {country_of(job) for job in claimed(worker(), 2)} == {"ALV", "BOR"}

    def test_whoever_has_the_fewest_running_is_next(self) -> None:
        put("ALV", count=20)
        put("BOR", count=20)
        put("CAS", count=20)
        given = [country_of(job) for job in claimed(worker(), 30)]
        assert [given.count(country) for country in ("ALV", "BOR", "CAS")] == [10, 10, 10]

    def test_upkeep_comes_first(self) -> None:
        put("ALV", count=50)
        put("")
        [first] = claimed(worker())
        assert country_of(first) == ""

    def test_within_a_country_the_order_is_that_of_priority_and_of_time(self) -> None:
        first, second = put("ALV", count=2)
        [urgent] = put("ALV", priority=5)
        assert [job.id for job in claimed(worker(), 3)] == [urgent, first, second]

    def test_what_is_not_due_waits_and_holds_nobody_up(self) -> None:
        put("ALV", wait=3600)
        [due] = put("BOR")
        assert [job.id for job in claimed(worker(), 2)] == [due]

    def test_a_lock_is_held_by_one_at_a_time_in_order(self) -> None:
        first, second = put("ALV", count=2, lock="one")
        [free] = put("ALV")
        someone = worker()
        assert [job.id for job in claimed(someone, 3)] == [first, free]
        managed(lambda jobs: jobs.finish_job_by_id_async(first, Status.SUCCEEDED, True))
        assert [job.id for job in claimed(someone)] == [second]

    def test_a_worker_of_one_queue_takes_nothing_else(self) -> None:
        put("ALV", queue="slow")
        [care] = put("ALV", queue="care")
        someone = worker()

        async def fetch(jobs: FairJobs) -> list[Job | None]:
            return [await jobs.fetch_job(["care"], someone) for _ in range(2)]

        found, none = managed(fetch)
        assert found is not None
        assert (found.id, none) == (care, None)

    def test_a_worker_that_was_taken_for_dead_gets_none_before_its_next_heartbeat(self) -> None:
        put("ALV")
        someone = worker()
        with administrator() as connection:
            connection.execute("DELETE FROM procrastinate_workers")
        assert claimed(someone) == []
        managed(lambda jobs: jobs.update_heartbeat(someone))
        assert len(claimed(someone)) == 1


class TestAttempts:
    """The end of a run counts for the attempt it belongs to."""

    @pytest.fixture
    def over(self) -> Job:
        """A job as the worker has it that lost it: another runs its next attempt."""
        put("ALV")
        [first] = claimed(worker())
        managed(lambda jobs: jobs.retry_job(first))
        [second] = claimed(worker())
        assert (second.id, second.attempts) == (first.id, 1)
        return first

    def test_the_present_one_ends_its_job(self) -> None:
        put("ALV", count=2)
        one, other = claimed(worker(), 2)
        managed(lambda jobs: jobs.finish_job(one, Status.SUCCEEDED, delete_job=True))
        managed(lambda jobs: jobs.finish_job(other, Status.FAILED, delete_job=False))
        assert one.id is not None
        assert other.id is not None
        assert (state_of(one.id), state_of(other.id)) == (None, ("failed", 1))

    def test_one_that_is_over_neither_ends_nor_repeats_it(
        self, over: Job, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert over.id is not None
        managed(lambda jobs: jobs.finish_job(over, Status.SUCCEEDED, delete_job=True))
        managed(lambda jobs: jobs.retry_job(over))
        assert state_of(over.id) == ("doing", 1)
        assert caplog.text.count("is over: its end changes nothing") == 2

    def test_a_row_its_run_holds_is_not_waited_for(self) -> None:
        put("ALV")
        [job] = claimed(worker())
        assert job.id is not None
        with administrator() as other, other.transaction():
            other.execute("SELECT 1 FROM procrastinate_jobs FOR SHARE")
            managed(lambda jobs: jobs.retry_job(job))
            assert state_of(job.id) == ("doing", 0)
        managed(lambda jobs: jobs.retry_job(job))
        assert state_of(job.id) == ("todo", 1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "_LOOK_AGAIN_SECONDS", 0.3)


@pytest.mark.usefixtures("quick")
class TestWhoIsDead:
    """A heartbeat that stands still between two looks, whatever the clock says."""

    def lost(self, *living: int) -> list[int]:
        """The jobs that need somebody else, while these workers give their heartbeats."""

        async def look(jobs: FairJobs) -> list[int]:
            async def beat() -> None:
                await asyncio.sleep(0.1)
                for one in living:
                    await jobs.update_heartbeat(one)

            beating = asyncio.create_task(beat())
            found = await jobs.get_stalled_jobs(seconds_since_heartbeat=LEASE)
            await beating
            return sorted(job.id for job in found if job.id is not None)

        return managed(look)

    @pytest.mark.parametrize("seconds", [7, 3600, -3600])
    def test_the_jobs_of_a_dead_worker_are_lost_and_it_is_forgotten(self, seconds: float) -> None:
        put("ALV", count=2)
        dead, living = worker(seconds_ago=seconds), worker()
        [one] = claimed(dead)
        claimed(living)
        assert self.lost() == [one.id]
        with administrator() as connection:
            assert connection.execute("SELECT id FROM procrastinate_workers").fetchall() == [(living,)]

    @pytest.mark.parametrize("seconds", [7, 3600, -3600])
    def test_a_clock_that_was_set_takes_no_job_from_who_lives(self, seconds: float) -> None:
        put("ALV", count=2)
        workers = [worker(seconds_ago=seconds) for _ in range(2)]
        for one in workers:
            claimed(one)
        assert self.lost(*workers) == []

    def test_one_that_was_silent_for_less_keeps_its_jobs(self) -> None:
        put("ALV")
        claimed(worker(seconds_ago=LEASE - 1))
        assert self.lost() == []

    def test_nobody_is_looked_at_twice_when_all_give_heartbeats(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def no_wait(_: float) -> None:
            raise AssertionError("it looked again")

        worker()
        with monkeypatch.context() as patched:
            patched.setattr(manager.asyncio, "sleep", no_wait)
            assert managed(lambda jobs: jobs.prune_stalled_workers(LEASE)) == []
