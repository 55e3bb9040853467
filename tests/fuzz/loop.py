"""The loop: change an input, read it, keep it when it went somewhere new, and say of each what became of it."""

import contextlib
import hashlib
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from fuzz.guidance import Arcs, said
from fuzz.mutation import Mutator
from fuzz.reader import Reader, holds

HUNG_SECONDS = 15.0
MOST_GROWN_MB = 100
"""By how much one input may enlarge the process that coordinates, in megabytes."""
MOST_KEPT = 3_000
_ROOT = str(Path(__file__).resolve().parents[2])


class Hung(BaseException):
    """A reader took too long; not an Exception, so that no reader takes it for one of its own."""


@dataclass(frozen=True)
class Fault:
    """An input that broke a promise: what happened, where, and the input itself."""

    reader: str
    kind: str
    """`fault`, `hung` or `grown`."""
    words: str
    where: str
    data: bytes = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Two faults with one key are one fault."""
        return self.reader, self.kind, self.where

    @property
    def name(self) -> str:
        """The name its input is kept under."""
        return hashlib.sha256(self.data).hexdigest()[:16]


@dataclass(frozen=True)
class Tried:
    """What became of one input."""

    answer: Hashable
    features: frozenset[Hashable]
    seconds: float
    fault: Fault | None


@dataclass
class Report:
    """What became of all inputs of one reader."""

    reader: Reader
    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    kept: int = 0
    features: set[Hashable] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, str, str], Fault] = field(default_factory=dict)
    reached_before: int = 0
    """Blocks of the decoders' code that had run before its seeds; `reached_by_seeds` after them, of those of its role."""
    reached_by_seeds: int = 0
    reached: int = 0

    def document(self) -> dict[str, object]:
        """The report as it is printed."""
        return {
            "reader": self.reader.name,
            "guidance": self.reader.guidance,
            "inputs": self.inputs,
            "seconds": round(self.seconds, 1),
            "slowest_seconds": round(self.slowest, 2),
            "kept_as_new": self.kept,
            "features": len(self.features),
            **self._blocks(),
            "answers": dict(self.answers.most_common(20)),
            "faults": [
                {"kind": one.kind, "words": one.words, "where": one.where, "input": one.name, "bytes": len(one.data)}
                for one in self.faults.values()
            ],
        }  # fmt: skip

    def _blocks(self) -> dict[str, object]:
        if self.reader.coverage is None:
            return {}
        reached = {"before": self.reached_before, "by_seeds": self.reached_by_seeds, "by_now": self.reached}
        return {"blocks": {"in_all": self.reader.coverage.in_all, "reached": reached}}


def tried(reader: Reader, data: bytes) -> Tried:
    """What becomes of one input, with the arcs it took; a fault is returned and not raised."""
    arcs, fault, answer = Arcs(reader.traced), None, None
    before, began = _largest_mb(), time.monotonic()
    try:
        with _not_for_ever(), arcs:
            answer = reader.read(data)
    except reader.declared as refused:
        answer = said(refused)
    except Hung:
        fault = Fault(reader.name, "hung", f"more than {HUNG_SECONDS:.0f} s", "reading", data)
    except Exception as error:  # noqa: BLE001 - whatever else comes out of a reader is what is looked for
        fault = Fault(reader.name, "fault", f"{type(error).__name__}: {error}"[:300], _where(error), data)
    seconds = time.monotonic() - began
    if fault is None and seconds > HUNG_SECONDS:
        fault = Fault(reader.name, "hung", f"{seconds:.1f} s", "answered late", data)
    grown = _largest_mb() - before
    if fault is None and grown > MOST_GROWN_MB:
        fault = Fault(reader.name, "grown", f"{grown} MB more", "memory", data)
    features: set[Hashable] = (
        arcs.features() if reader.traced else {answer, ("slow", int(seconds * 20).bit_length())}
    )
    if reader.coverage is not None:
        features |= {("block", number) for number in reader.coverage.fresh()}
    return Tried(answer, frozenset(features), seconds, fault)


class Loop:
    """Fuzzes one reader; everything but the time it takes follows from the seed."""

    def __init__(self, reader: Reader, seed: str, after: Callable[[int], None] = lambda number: None) -> None:
        self.reader = reader
        self.report = Report(reader)
        self._after = after
        self._chance = Random(f"{seed}/{reader.name}")
        self._mutator = Mutator(self._chance, reader.tokens)
        self._kept: list[bytes] = []
        self._seeds = list(reader.seeds())
        self.report.reached_before = self._reached()
        for data in self._seeds:
            self._take(data, is_seed=True)
        self.report.reached_by_seeds = self.report.reached = self._reached()

    def run(self, *, seconds: float = float("inf"), inputs: int | None = None) -> Report:
        """The report after so many seconds or inputs more."""
        end = time.monotonic() + seconds
        most = None if inputs is None else self.report.inputs + inputs
        while time.monotonic() < end and (most is None or self.report.inputs < most):
            self._take(self._next())
        self.report.reached = self._reached()
        return self.report

    def _reached(self) -> int:
        return 0 if self.reader.coverage is None else self.reader.coverage.reached

    def _next(self) -> bytes:
        data = self._chosen()
        if self.reader.shaped is not None and self._chance.random() < 0.5:
            made = self.reader.shaped(data, self._mutator, self._kept)
        else:
            made = self._mutator.changed(data, self._kept)
        return made[: self.reader.longest]

    def _chosen(self) -> bytes:
        """Mostly what was found last, sometimes anything, and the seeds now and then."""
        if not self._kept or self._chance.random() < 0.1:
            return self._chance.choice(self._seeds)
        newest = max(1, len(self._kept) // 4)
        among = self._kept[-newest:] if self._chance.random() < 0.5 else self._kept
        return self._chance.choice(among)

    def _take(self, data: bytes, *, is_seed: bool = False) -> None:
        result, report = tried(self.reader, data), self.report
        if result.fault is not None and result.fault.kind == "hung":
            result = tried(
                self.reader, data
            )  # late once may be the machine: another program, a worker that starts
        report.inputs += 1
        report.seconds += result.seconds
        report.slowest = max(report.slowest, result.seconds)
        report.answers[_class_of(result)] += 1
        if result.fault is not None:
            report.faults.setdefault(result.fault.key, result.fault)
        new = result.features - report.features
        if new and result.fault is None:
            report.features |= new
            self._keep(data, is_seed=is_seed)
        self._after(report.inputs)

    def _keep(self, data: bytes, *, is_seed: bool) -> None:
        self.report.kept += not is_seed
        self._kept.append(data)
        if len(self._kept) > MOST_KEPT:
            del self._kept[self._chance.randrange(len(self._kept) - 1)]


def smaller(reader: Reader, fault: Fault, *, tries: int = 400) -> Fault:
    """The same fault with as short an input as leaving pieces out finds within so many tries."""
    best, piece = fault, max(1, len(fault.data) // 2)
    while piece and tries > 0:
        at = 0
        while at < len(best.data) and tries > 0:
            tries -= 1
            found = tried(reader, best.data[:at] + best.data[at + piece :]).fault
            if found is not None and found.key == fault.key:
                best = found
            else:
                at += piece
        piece //= 2
    return best


def _class_of(result: Tried) -> str:
    if result.fault is not None:
        return result.fault.kind.upper()
    answer = result.answer
    return str(answer[0] if isinstance(answer, tuple) and answer else answer)


def _where(error: BaseException) -> str:
    """The innermost line of this program an error came through, else the innermost line.

    A promise that was not kept is where it was asked for: `holds` is one line for all of them.
    """
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.name != holds.__name__]
    ours = [
        one for one in frames if one.filename.startswith(_ROOT) and "/.venv/" not in one.filename
    ] or frames
    last = ours[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} in {last.name}"


def _largest_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextlib.contextmanager
def _not_for_ever() -> Iterator[None]:
    """`Hung` is raised in the block once this process has used `HUNG_SECONDS` of processor time in it.

    The timer of processor time, because tests have an alarm of their own on the wall clock's.
    """

    def over(_number: int, _frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, HUNG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
