"""What is fuzzed: one reader with its seeds, what it may say, and what guides the loop through it."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from fuzz.covering import Coverage
from fuzz.mutation import LARGEST, Mutator

Answer = Hashable
Change = Callable[[bytes, Mutator, Sequence[bytes]], bytes]


class Wrong(AssertionError):  # noqa: N818 - says what happened
    """A reader gave an answer that its promise does not allow."""


def holds(so: object, words: str) -> None:
    """Return only when a promise of a reader was kept; `Wrong` with these words otherwise."""
    if not so:
        raise Wrong(words)


@dataclass(frozen=True)
class Reader:
    """One reader of what others wrote.

    `read` returns what came of an input in a few words, raises one of `declared` where the reader says no, and
    anything else is a fault of the reader. With `traced` files the arcs through them guide the loop, else the answers.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes], Answer]
    declared: tuple[type[Exception], ...] = ()
    traced: frozenset[str] = frozenset()
    tokens: tuple[bytes, ...] = ()
    shaped: Change | None = None
    """A change that keeps the outer form (checksums, compression) whole, used for half of the inputs."""
    longest: int = LARGEST
    """Bytes of an input at most."""
    weight: float = 1.0
    """Its share of the time."""
    coverage: Coverage | None = None
    """Where the workers that read for it note the blocks of the decoders' code."""

    @property
    def guidance(self) -> str:
        """What guides the loop, for the report."""
        if self.traced:
            return "arcs between lines"
        told = "answers of the confined worker"
        return told if self.coverage is None else f"blocks of the decoders' code, and {told}"
