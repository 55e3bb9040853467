"""The job queue: procrastinate's, with turns for countries, attempts that end, and leases no clock can end."""

from vigie.backends.queue.manager import FairJobs
from vigie.backends.queue.patience import Patient

__all__ = ["FairJobs", "Patient"]
