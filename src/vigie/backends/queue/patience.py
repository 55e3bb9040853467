"""When a job that failed is tried again."""

from procrastinate import RetryDecision, RetryStrategy
from procrastinate.jobs import Job

from vigie.backends.postgres import wants_room

ROOM_SECONDS = 20
"""Between two tries of a job that found the database's disk full: five tries with back-off are over after 30 s."""


class Patient(RetryStrategy):
    """Back-off as it was asked for, and no end of tries for want of room: that is nobody's mistake and passes."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when the job is tried again; None when it is given up."""
        if wants_room(exception):
            return RetryDecision(retry_in={"seconds": ROOM_SECONDS})
        return super().get_retry_decision(exception=exception, job=job)
