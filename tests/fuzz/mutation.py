"""Changes to an input: bits, bytes, numbers, tokens of its format, pieces moved, doubled, left out and taken elsewhere."""

from collections.abc import Callable, Sequence
from random import Random

LARGEST = 128 * 1024
"""Bytes of an input at most: what is larger slows every worker and shows little more."""
_ODD_BYTES = (0x00, 0x01, 0x0A, 0x0D, 0x20, 0x22, 0x2F, 0x30, 0x5C, 0x7F, 0x80, 0xFE, 0xFF)
_ODD_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip
_ODD_TEXTS = (
    b"", b"0", b"-1", b"1e999", b"NaN", b"9" * 40, b"9" * 5000, b"null", b"true", b"[]", b"{}", b'""', b"\xff\xfe", b"\xef\xbb\xbf",
    b"\xe2\x80\xae", b"\xc3\xa9", b"\xed\xa0\x80", b"\\ud800", b"\x00", b"\r\n", b"\n\n", b"../", b"=1+1",
)  # fmt: skip
_WIDTHS = (1, 2, 4, 8)


class Mutator:
    """Makes inputs out of inputs; everything it does follows from `chance`."""

    def __init__(self, chance: Random, tokens: Sequence[bytes] = ()) -> None:
        self.chance = chance
        self._tokens = (*tokens, *_ODD_TEXTS)
        self._changes: tuple[Callable[[bytearray], None], ...] = (
            self._flip, self._flip, self._odd_byte, self._any_byte, self._odd_number, self._near_number, self._token,
            self._insert_token, self._leave_out, self._double, self._move, self._cut, self._many_times,
        )  # fmt: skip

    def changed(self, data: bytes, others: Sequence[bytes] = ()) -> bytes:
        """The input with one to eight changes, perhaps with a piece of another; at most `LARGEST` bytes."""
        made = bytearray(data)
        if others and self.chance.random() < 0.2:
            self._piece_of(made, self.chance.choice(others))
        for _ in range(1 << self.chance.randrange(4)):
            self.chance.choice(self._changes)(made)
        return bytes(made[:LARGEST])

    def _place(self, made: bytearray, width: int = 1) -> int:
        return self.chance.randrange(max(1, len(made) - width + 1))

    def _flip(self, made: bytearray) -> None:
        if made:
            made[self._place(made)] ^= 1 << self.chance.randrange(8)

    def _odd_byte(self, made: bytearray) -> None:
        if made:
            made[self._place(made)] = self.chance.choice(_ODD_BYTES)

    def _any_byte(self, made: bytearray) -> None:
        if made:
            made[self._place(made)] = self.chance.randrange(256)

    def _odd_number(self, made: bytearray) -> None:
        width = self.chance.choice(_WIDTHS)
        number = self.chance.choice(_ODD_NUMBERS) & ((1 << 8 * width) - 1)
        self._write(made, number, width)

    def _near_number(self, made: bytearray) -> None:
        width = self.chance.choice(_WIDTHS)
        at = self._place(made, width)
        order = self.chance.choice(("big", "little"))
        number = int.from_bytes(made[at : at + width], order) + self.chance.randint(-35, 35)
        made[at : at + width] = (number % (1 << 8 * width)).to_bytes(width, order)

    def _write(self, made: bytearray, number: int, width: int) -> None:
        at = self._place(made, width)
        made[at : at + width] = number.to_bytes(width, self.chance.choice(("big", "little")))

    def _token(self, made: bytearray) -> None:
        token = self.chance.choice(self._tokens)
        at = self._place(made, len(token))
        made[at : at + len(token)] = token

    def _insert_token(self, made: bytearray) -> None:
        at = self._place(made)
        made[at:at] = self.chance.choice(self._tokens)

    def _stretch(self, made: bytearray) -> tuple[int, int]:
        at = self._place(made)
        return at, at + 1 + self.chance.randrange(max(1, min(len(made) - at, 1 << self.chance.randrange(12))))

    def _leave_out(self, made: bytearray) -> None:
        at, end = self._stretch(made)
        del made[at:end]

    def _double(self, made: bytearray) -> None:
        at, end = self._stretch(made)
        made[at:at] = made[at:end]

    def _move(self, made: bytearray) -> None:
        at, end = self._stretch(made)
        piece = made[at:end]
        del made[at:end]
        to = self._place(made)
        made[to:to] = piece

    def _cut(self, made: bytearray) -> None:
        if self.chance.random() < 0.3:
            del made[self._place(made) :]

    def _many_times(self, made: bytearray) -> None:
        if self.chance.random() < 0.3:
            at, end = self._stretch(made)
            piece = made[at : min(end, at + 64)]
            made[at:at] = piece * self.chance.choice((8, 64, 512, 4096))
            del made[LARGEST:]

    def _piece_of(self, made: bytearray, other: bytes) -> None:
        source = bytearray(other)
        at, end = self._stretch(source)
        to = self._place(made)
        made[to : to + self.chance.choice((0, end - at))] = source[at:end]
