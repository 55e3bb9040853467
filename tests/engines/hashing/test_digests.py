"""Digests: three at once, whatever the pieces."""

import hashlib
import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.engines.hashing.digests import Digests, RunningDigests, digest_bytes, digest_stream


def test_the_published_test_vectors() -> None:
    # RFC 1321 A.5, FIPS 180-2 A.1 and B.1
    assert digest_bytes(b"abc") == Digests(
        md5=bytes.fromhex("900150983cd24fb0d6963f7d28e17f72"),
        sha1=bytes.fromhex("a9993e364706816aba3e25717850c26c9cd0d89d"),
        sha256=bytes.fromhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        size=3,
    )


def test_an_empty_file_has_digests_too() -> None:
    assert digest_stream(io.BytesIO()) == digest_bytes(b"")
    assert digest_bytes(b"").md5.hex() == "d41d8cd98f00b204e9800998ecf8427e"


def test_a_file_longer_than_one_read_is_read_to_its_end() -> None:
    content = bytes(range(256)) * 10_000
    assert digest_stream(io.BytesIO(content)) == digest_bytes(content)
    assert digest_bytes(content).size == 2_560_000


@given(st.lists(st.binary(max_size=40)))
def test_pieces_give_what_the_whole_gives(pieces: list[bytes]) -> None:
    running = RunningDigests()
    for piece in pieces:
        running.finish()
        running.update(memoryview(piece))
    assert running.finish() == digest_bytes(b"".join(pieces))


@given(st.lists(st.binary(min_size=1, max_size=40)), st.binary(max_size=40))
def test_pieces_taken_on_two_threads_go_on_from_what_came_before(pieces: list[bytes], before: bytes) -> None:
    running = RunningDigests()
    running.update(before)
    running.take(pieces)
    assert running.finish() == digest_bytes(before + b"".join(pieces))


class Watched(io.BytesIO):
    """A file that counts the threads there are at each read, and breaks where it is told to."""

    def __init__(self, content: bytes, *, breaks_at: int = -1) -> None:
        super().__init__(content)
        self.threads: list[int] = []
        self.breaks_at = breaks_at

    def read(self, size: int | None = -1, /) -> bytes:
        self.threads.append(threading.active_count())
        if len(self.threads) == self.breaks_at:
            raise OSError("the stick was pulled out")
        return super().read(size)


def test_a_long_file_is_digested_by_one_thread_more_and_a_short_one_is_not() -> None:
    content = hashlib.shake_256(b"long").digest(11_000_001)
    long, short = Watched(content), Watched(content[:8_000_000])
    assert digest_stream(long) == Digests(
        hashlib.md5(content, usedforsecurity=False).digest(),
        hashlib.sha1(content, usedforsecurity=False).digest(),
        hashlib.sha256(content).digest(),
        len(content),
    )
    digest_stream(short)
    alone = short.threads[0]
    assert set(short.threads) == {alone}
    assert max(long.threads) == alone + 1
    assert threading.active_count() == alone


def test_a_read_that_fails_is_not_taken_for_the_end() -> None:
    broken = Watched(bytes(12 << 20), breaks_at=11)
    with pytest.raises(OSError, match="pulled out"):
        digest_stream(broken)
