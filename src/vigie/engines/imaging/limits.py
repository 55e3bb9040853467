"""What one file and one worker may use; the figures are those of the design, and every one can be changed."""

import json
from dataclasses import asdict, dataclass

GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """The ceilings of a pool, in pixels, bytes and seconds.

    `picture_seconds` and `batch_seconds` are wall time for one picture and for one batch of film frames: the parent
    kills a worker that takes longer. `lifetime_cpu_seconds` ends a worker whose parent has gone.
    """

    pixels: int = 100_000_000
    side: int = 65_535  # pixels; the largest a JPEG can state, and it bounds the memory of the PDQ filter
    file_bytes: int = 1_500_000_000
    film_seconds: int = 3 * 3600
    film_work_seconds: int = 3600  # wall time for all batches of one film
    picture_seconds: int = 10
    batch_seconds: int = 30
    start_seconds: int = 30
    files_per_worker: int = 500
    address_space: int = 4 * GIBIBYTE
    lifetime_cpu_seconds: int = 2 * 3600

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise ValueError(f"the limit {name} must be at least 1, not {value}")

    def to_argument(self) -> str:
        """Return the limits as one command line argument for the worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, text: str) -> "Limits":
        """Return the limits of `to_argument`; raises ValueError or TypeError for any other text."""
        return cls(**json.loads(text))
