"""Digests: three at once, whatever the pieces."""

import io

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
