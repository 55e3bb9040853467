"""A reader that walks a JSON text of any size and holds one small value at a time.

Written here because nothing maintained in the standard library streams JSON, and because what lists need is more than
streaming: a broken record is named and passed over, and the records after it are still read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TextIO

_CHUNK: Final = 1 << 16  # characters
_SPACE: Final = re.compile(r"[ \t\r\n\ufeff]*")
_MARK: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]]', re.DOTALL)
_WORD_END: Final = re.compile(r"[,}\]]")
_NUMBER_TAIL: Final = re.compile(r"[0-9.eE+-]*")
_ROW: Final = re.compile(r"\n(?=\{)")
_SEARCHES: Final = (
    64  # times the text that may be searched for the ends of broken values; a sound one takes below ten
)
_DECODER: Final = json.JSONDecoder(strict=False)  # exports hold tabs and line ends inside strings


class JsonBroken(ValueError):  # noqa: N818 - says what happened to the text, as its kin
    """The text is not JSON here; the message says what stands where something else should."""


class JsonCutOff(JsonBroken):
    """The text ends inside a value."""


class JsonTooLarge(ValueError):  # noqa: N818 - says what happened to the text, as its kin
    """A single value is larger than may be held at once."""


class JsonCursor:
    """A place in a JSON text. `largest` bounds in characters what is held at once."""

    def __init__(self, text: TextIO, *, largest: int = 1 << 22) -> None:
        self._text = text
        self._largest = largest
        self._held = ""
        self._at = 0
        self._ended = False
        self._read = self._searched = 0

    def peek(self) -> str:
        """Return the next character that is not white space, "" at the end, and stay before it."""
        while True:
            space = _SPACE.match(self._held, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._held) or not self._more():
                return self._held[self._at : self._at + 1]

    def value(self) -> Any:
        """Return the value here, whole, and stand behind it.

        Raises JsonTooLarge when it is longer than `largest`, standing where it stood; JsonBroken, standing behind it,
        when it is closed but no JSON; JsonCutOff, standing at the end, when the text ends first.
        """
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as broken:
                self._after_failure(broken)
                continue
            if not _NUMBER_TAIL.fullmatch(self._held, end):
                self._at = end
                return found
            if not self._more():  # what is held ends in what may be half a number: "12" of 125, "12e" of 12e5
                return self._last(found, end)

    def skip(self) -> None:
        """Stand behind the value here, however large, without holding it. Raises as `value` for a broken part."""
        match self.peek():
            case "{":
                for _ in self.members():
                    self.skip()
            case "[":
                for _ in self.elements():
                    self.skip()
            case _:
                self.value()

    def skip_to_row(self) -> bool:
        """Stand before the next object that begins a line; False, at the end, when there is none."""
        while (row := _ROW.search(self._held, self._at)) is None:
            self._at = max(self._at, len(self._held) - 1)
            if not self._more():
                self._at = len(self._held)
                return False
        self._at = row.end()
        return True

    def members(self) -> Iterator[str]:
        """Yield the names of the object here; before the next one is asked for, its value must have been read."""
        self._expect("{")
        while self.peek() != "}":
            name = self.value()
            if not isinstance(name, str):
                raise JsonBroken("an object's member has no name")
            self._expect(":")
            yield name
            self._separator("}")
        self._expect("}")

    def elements(self) -> Iterator[None]:
        """Yield once before each element of the array here; the element must have been read before the next is asked for."""
        self._expect("[")
        while self.peek() != "]":
            yield None
            self._separator("]")
        self._expect("]")

    def _separator(self, closing: str) -> None:
        following = self.peek()
        if following == ",":
            self._at += 1
        elif following != closing:
            raise self._missing(f"',' or '{closing}'")

    def _expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise self._missing(f"'{mark}'")
        self._at += 1

    def _missing(self, wanted: str) -> JsonBroken:
        found = self._held[self._at : self._at + 12]
        if not found:
            return JsonCutOff(f"the text is cut off where {wanted} should stand")
        return JsonBroken(f"{found!r} stands where {wanted} should")

    def _last(self, found: Any, end: int) -> Any:
        cut = end < len(self._held)
        self._at = len(self._held)
        if cut:
            raise JsonCutOff("the text is cut off in a number")
        return found

    def _after_failure(self, broken: Exception) -> None:
        """Hold more text and return, or say what is wrong with the value here.

        A text that opens a value in each line and closes none would be searched to its end once a line: it is given up.
        """
        end = self._closing()
        self._searched += (len(self._held) if end is None else end) - self._at
        if end is not None:
            self._at = end
            raise JsonBroken(f"no valid JSON: {getattr(broken, 'msg', 'nested too deeply')}") from broken
        if self._searched > _SEARCHES * (self._read + _CHUNK):
            self._at, self._ended = len(self._held), True
            raise JsonCutOff("too little of the text is JSON: it is given up here") from broken
        if len(self._held) - self._at > self._largest:
            raise JsonTooLarge(f"a value of more than {self._largest} characters") from broken
        if not self._more():
            self._at = len(self._held)
            raise JsonCutOff("the text is cut off") from broken

    def _closing(self) -> int | None:
        """Return where the object or array here ends, by its brackets outside strings; None while that is not held."""
        depth = 0
        for mark in _MARK.finditer(self._held, self._at):
            found = mark[0]
            if found == '"':
                return None
            depth += (found in "{[") - (found in "}]")
            if depth == 0 and (found in "}]" or mark.start() == self._at):
                return mark.end()
            if (
                depth <= 0
            ):  # a broken word such as `tru`: it ends before the next mark that may follow a value
                stop = _WORD_END.search(self._held, self._at)
                return stop.start() if stop else None
        return None

    def _more(self) -> bool:
        """Hold twice as much from here on and forget what was passed; False when the text has ended."""
        if self._ended:
            return False
        kept = self._held[self._at :]
        fresh = self._text.read(max(_CHUNK, len(kept)))
        self._ended = not fresh
        self._read += len(fresh)
        self._held, self._at = kept + fresh, 0
        return bool(fresh)
