"""What tells the loop that an input went somewhere new: arcs between lines, or what a confined worker answered."""

import re
import sys
from collections.abc import Hashable, Iterable
from types import FrameType, ModuleType, TracebackType
from typing import Any, Self

_MOST_TIMES = 8
"""Powers of two by which the number of times an arc was taken is told apart, as AFL does."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
_LONGEST = 120


def sources(*modules: ModuleType) -> frozenset[str]:
    """The files of these modules, by which their lines are followed."""
    return frozenset(module.__file__ for module in modules if module.__file__)


class Arcs:
    """Follows the lines of some files while the block runs; `features` are the arcs taken and roughly how often."""

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files
        self._taken: dict[tuple[str, int, int], int] = {}
        self._before: Any = None

    def __enter__(self) -> Self:
        if self._files:
            self._before = sys.gettrace()
            sys.settrace(self._called)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._files:
            sys.settrace(self._before)

    def features(self) -> set[Hashable]:
        """Each arc with the power of two of the times it was taken."""
        return {(arc, min(_MOST_TIMES, times.bit_length())) for arc, times in self._taken.items()}

    def _called(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in self._files:
            return None
        taken, place = self._taken, f"{code.co_filename}:{code.co_name}"
        last = 0

        def followed(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal last
            if event == "line":
                arc = (place, last, frame.f_lineno)
                taken[arc] = taken.get(arc, 0) + 1
                last = frame.f_lineno
            return followed

        return followed


def said(error: BaseException) -> tuple[str, str]:
    """A refusal as a feature: its kind and its words without numbers and without what was quoted."""
    words = _NUMBER.sub("#", _QUOTED.sub("''", str(error)))
    return type(error).__name__, words[:_LONGEST]


def size(number: int) -> int:
    """A number as a feature: its power of two."""
    return int(number).bit_length()


def names(found: Iterable[str]) -> tuple[str, ...]:
    """Some names as a feature."""
    return tuple(sorted(found))
